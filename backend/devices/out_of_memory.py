"""What happens when a GPU's memory runs out: once more, smaller; then a word to the person."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.errors import DeviceError

Result = TypeVar("Result")


def smaller_until_it_fits(
    pool: NetworkPool, sizes: Sequence[int], attempt: Callable[[int], Result], what: str
) -> tuple[Result, int]:
    """Call `attempt` with one size after the other, largest first, until memory suffices.

    Gives its result and the size that fitted, which whoever asked is to be told when it is not the
    first. Before another try everything else is moved off the device.

    what: what was being done, for the message. Raises DeviceError when not even the last size fits.
    """
    for size in sizes:
        try:
            return attempt(size), size
        except torch.OutOfMemoryError:
            pass  # Left here first: while it is handled, its traceback holds on to the memory.
        pool.clear_device()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    raise DeviceError(
        f"The {pool.compute.words} has not enough memory for {what}, not even at "
        f"{sizes[-1]} pixels. Close other programs that use it, or let the processor compute "
        "(--device cpu)."
    )
