"""Which clients are connected, and when none is left to serve."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

_LOOK_EVERY = 0.5


class Presence:
    """Counts the clients that hold `stream` open.

    first_seconds: how long to wait for the first client. last_seconds: how long to wait after the
    last one has gone.
    """

    def __init__(self, first_seconds: float = 60.0, last_seconds: float = 5.0) -> None:
        self._patience = first_seconds
        self._last_seconds = last_seconds
        self._here = 0

    async def stream(self, events: AsyncIterator[str]) -> AsyncIterator[str]:
        """Yield events, and count the reader for as long as it reads them."""
        self._here += 1
        self._patience = self._last_seconds
        try:
            async for event in events:
                yield event
        finally:
            self._here -= 1

    async def until_nobody_is_left(self, is_busy: Callable[[], bool]) -> None:
        """Wait until there has been neither a client nor work for long enough."""
        needed = time.monotonic()
        while time.monotonic() - needed < self._patience:
            await asyncio.sleep(_LOOK_EVERY)
            if self._here or is_busy():
                needed = time.monotonic()
