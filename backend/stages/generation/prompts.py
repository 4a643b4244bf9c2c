"""Whether all words of a prompt reach the generator: the rest would be cut off without a word."""

from collections.abc import Mapping
from typing import Any

from layerpeel.backend.errors import BadInputError


def check_length(text: str, what: str, tokenizers: Mapping[str, Any], limit: int) -> None:
    """Raise BadInputError, quoting the words that would be lost, when a text is too long.

    what: the text's name, at the beginning of a sentence. tokenizers: by name; each must be of the
    fast kind, which knows where in the text a token lies. limit: tokens that each of them takes.
    """
    for name, tokenizer in tokenizers.items():
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        places = encoded["offset_mapping"]
        if len(places) > limit:
            # The whole word, of which a part may still have been heard.
            begin = max(text.rfind(space, 0, places[limit][0] + 1) for space in " \t\r\n") + 1
            raise BadInputError(
                f"{what} is too long: it has {len(places)} tokens (for {name}) where the generator "
                f"hears {limit}. It would not hear: “{text[begin:]}”. Say it in fewer words."
            )
