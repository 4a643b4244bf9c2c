"""The models of a store, and which of them have taken part in answering one request."""

from pathlib import Path

from layerpeel.backend.models.model_store import ModelState, ModelStore


class UsedModels:
    """What the stages of one engine take from a store, and what they have to say.

    digests: id and sha256 of every model that was used so far.
    notes: what a person should be told of how it was done so far; each a sentence, once.
    """

    def __init__(self, store: ModelStore) -> None:
        self.store = store
        self.digests: dict[str, str] = {}
        self.notes: list[str] = []

    def use(self, model_id: str) -> Path:
        """Return the path of a model, which from now on has taken part.

        Raises ModelError when it is unknown, missing or damaged.
        """
        path = self.store.path_of(model_id)
        self.digests[model_id] = self.store.digest_of(model_id)
        return path

    def note(self, *notes: str) -> None:
        """Add the notes that were not given before."""
        self.notes += [note for note in notes if note not in self.notes]


def is_there(model_id: str, store: ModelStore) -> bool:
    """Whether a model is installed. A damaged one counts: it is named, and not passed over."""
    return store.state(model_id) is not ModelState.MISSING
