"""How much of the device's memory models may fill, where a person has set that."""

import os
import sys

from layerpeel.backend.errors import DeviceError

GIBIBYTE = 1 << 30
MOST_GIBIBYTES = sys.maxsize // GIBIBYTE


def most_memory() -> int | None:
    """Return how many bytes LAYERPEEL_MEMORY, in GiB, lets weights fill; None without it.

    Raises DeviceError when it is no number above 0.
    """
    text = os.environ.get("LAYERPEEL_MEMORY", "").strip()
    if not text:
        return None
    try:
        gibibytes = float(text)
    except ValueError:
        gibibytes = 0.0
    if not 0 < gibibytes <= MOST_GIBIBYTES:
        raise DeviceError(
            f"LAYERPEEL_MEMORY is “{text}”: give a number of GiB above 0, or leave it away."
        )
    return int(gibibytes * GIBIBYTE)
