"""How much the server accepts."""

from dataclasses import dataclass

from layerpeel.shared.wire import LONGEST_HEADER

# The costliest picture that one message can hold: 32-bit RGBA, its 8-bit proxy, and a mask.
BYTES_OF_A_PIXEL = 16 + 4 + 1
LONGEST_PROFILE = 16 << 20


@dataclass(frozen=True)
class Limits:
    """Beyond these a job is refused, or an old result removed.

    pixels: of one picture. waiting: jobs in the queue, without the running one.
    result_bytes: of all results together. body_bytes: of one call; None derives it from `pixels`.
    """

    pixels: int = 100_000_000
    waiting: int = 32
    result_bytes: int = 2 << 30
    body_bytes: int | None = None

    @property
    def body(self) -> int:
        """How many bytes one call may send."""
        if self.body_bytes is not None:
            return self.body_bytes
        return self.pixels * BYTES_OF_A_PIXEL + LONGEST_PROFILE + LONGEST_HEADER
