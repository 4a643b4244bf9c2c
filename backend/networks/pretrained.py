"""Loading what diffusers and transformers have saved: whole, from this disk and without a word.

Both libraries make up weights that are missing and only warn of it; here that is an error.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from diffusers.utils import logging as diffusers_logging
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from torch import nn
from transformers.utils import logging as transformers_logging

Network = TypeVar("Network", bound=nn.Module)

# Raised by the libraries when files are missing, damaged or inconsistent.
LOADING_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    StrictDataclassError,
    TypeError,
    ValueError,
)


class NotWholeError(Exception):
    """Why something cannot be loaded; the message completes “It cannot be loaded (…)”.

    astray: names of the tensors that are missing, too many or of another size; empty when the files
    themselves are not there, damaged, or describe no network.
    """

    def __init__(self, reason: str, astray: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.astray = astray


def load_whole(
    from_pretrained: Callable[..., tuple[Network, Mapping[str, Collection[object]]]],
    folder: Path,
    *,
    surplus_allowed: bool = True,
    **how: object,
) -> Network:
    """Load a network into main memory, from nothing but the safetensors in `folder`.

    from_pretrained: of its class. surplus_allowed: whether there may be tensors that it has no use
    for. how: goes to `from_pretrained` as it is.

    Raises NotWholeError when files are missing or damaged, or tensors missing or of another size.
    """
    with quiet():
        try:
            network, report = from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                **how,
            )
        except LOADING_ERRORS as error:
            raise NotWholeError(first_line_of(error)) from error
    faults = ["missing_keys", "mismatched_keys"]
    if not surplus_allowed:
        faults.append("unexpected_keys")
    astray = sorted(str(name) for fault in faults for name in report.get(fault, ()))
    if astray:
        count = f"{len(astray)} tensors are missing or of another size"
        raise NotWholeError(f"{count}, the first is {astray[0]}", astray)
    return network


def first_line_of(error: Exception) -> str:
    """Return the first line of a library's error, which may have many."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what the libraries print while they load: what matters is raised."""
    before = []
    for logging in (diffusers_logging, transformers_logging):
        before.append((logging, logging.get_verbosity(), logging.is_progress_bar_enabled()))
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
    try:
        yield
    finally:
        for logging, verbosity, bars in before:
            logging.set_verbosity(verbosity)
            if bars:
                logging.enable_progress_bar()
