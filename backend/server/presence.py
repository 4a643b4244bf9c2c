"""Which clients are there, and when nobody is left to serve."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from layerpeel.backend.server.event_stream import HEARTBEAT, HEARTBEAT_SECONDS

_LOOK_EVERY = 0.5


class Presence:
    """Counts the clients that hold `stream` open.

    first_seconds: how long the first one is waited for. last_seconds: how long after the last one
    has gone.
    """

    def __init__(self, first_seconds: float = 60.0, last_seconds: float = 5.0) -> None:
        self._patience = first_seconds
        self._last_seconds = last_seconds
        self._here = 0
        self._closing = asyncio.Event()

    async def stream(self) -> AsyncIterator[str]:
        """Count the reader in for as long as it reads. It is told nothing but that we are here."""
        self._here += 1
        self._patience = self._last_seconds
        try:
            yield HEARTBEAT
            while not self._closing.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._closing.wait()
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            self._here -= 1

    def close(self) -> None:
        """Let every stream end."""
        self._closing.set()

    async def until_nobody_is_left(self, is_busy: Callable[[], bool]) -> None:
        """Wait until no client has been there for long enough, and no work either."""
        needed = time.monotonic()
        while time.monotonic() - needed < self._patience:
            await asyncio.sleep(_LOOK_EVERY)
            if self._here or is_busy():
                needed = time.monotonic()
