"""What a checkpoint in one file lacks, and what is known of it: descriptions, tokenizers, schedule.

`descriptions/` holds, for each family, how the parts are laid out, in diffusers' format; and the
merges of CLIP's tokenizer (github.com/openai/CLIP, MIT), which all three families share.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from layerpeel.backend.models.single_file import SingleFile
from layerpeel.backend.networks.checkpoint_folder import read_json

_DESCRIPTIONS = Path(__file__).parent / "descriptions"
_MERGES = _DESCRIPTIONS / "clip_merges.txt"

BEGIN, END = "<|startoftext|>", "<|endoftext|>"


def shipped_descriptions(family: str) -> Path:
    """Return the folder that describes a family's parts: one of `config.FAMILIES`."""
    return _DESCRIPTIONS / family


def shipped_tokenizer(folder: Path) -> CLIPTokenizer:
    """Make the tokenizer that a folder of ours describes: CLIP's, with the padding it names."""
    about = read_json(folder / "tokenizer_config.json")
    vocabulary, merges = _clip_vocabulary()
    return CLIPTokenizer(
        vocab=vocabulary,
        merges=list(merges),
        pad_token=about["pad_token"],
        model_max_length=about["model_max_length"],
    )


def noise_schedule(found: SingleFile) -> dict[str, Any]:
    """Return what differs in the scheduler of a file from that of its family.

    A schedule that ends in nothing but noise begins a picture there, at its very last step (Lin et
    al., “Common Diffusion Noise Schedules and Sample Steps are Flawed”, 2023).
    """
    differs: dict[str, Any] = {}
    if found.velocity:
        differs["prediction_type"] = "v_prediction"
    if found.ends_in_noise:
        differs |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return differs


@lru_cache(maxsize=1)
def _clip_vocabulary() -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """Return the number of each token, and which are merged, first to last.

    Tokens are numbered so: every byte, every byte at the end of a word, each merge, begin, end.
    """
    letters = sorted(ByteLevel.alphabet())
    merges = [line.split(" ") for line in _MERGES.read_text(encoding="utf-8").splitlines()]
    ends = [f"{letter}</w>" for letter in letters]
    tokens = [*letters, *ends, *(first + second for first, second in merges), BEGIN, END]
    pairs = tuple((first, second) for first, second in merges)
    return {token: number for number, token in enumerate(tokens)}, pairs
