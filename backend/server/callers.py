"""Connections of callers who have not shown the token yet: few, and not for long.

Anybody on this machine can connect. Who only connects, or sends headers byte by byte, would
otherwise take a file descriptor each, until none is left for the owner.
"""

import asyncio
from functools import partial
from typing import Any

import h11
from starlette.datastructures import Headers
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from layerpeel.backend.server.guard import Door

MOST_NEWCOMERS = 96
"""With what is being accepted beside them they fit into 256 descriptors, which macOS allows."""

ACCEPTED_AT_ONCE = 32
"""So few that a new connection is read from before as many others as are kept have come."""

HEADER_SECONDS = 5.0


class Newcomers:
    """Those who have not shown the token. When there are too many, the oldest one is dropped.

    The owner's programs send the token with the first bytes, and so never become old.
    """

    def __init__(self, most: int = MOST_NEWCOMERS, seconds: float = HEADER_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._here: dict[asyncio.Transport, asyncio.TimerHandle] = {}

    def add(self, transport: asyncio.Transport) -> None:
        """Give a new connection some time to show the token."""
        loop = asyncio.get_running_loop()
        self._here[transport] = loop.call_later(self._seconds, transport.abort)
        if len(self._here) > self._most:
            oldest = next(iter(self._here))
            self.remove(oldest)
            oldest.abort()

    def remove(self, transport: asyncio.Transport) -> None:
        """Let a connection be: it has shown the token, or is gone. May be called again."""
        timer = self._here.pop(transport, None)
        if timer is not None:
            timer.cancel()


class Caller(H11Protocol):
    """One connection, a newcomer until a call with the token has come on it."""

    def __init__(
        self,
        door: Door,
        newcomers: Newcomers,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._door = door
        self._newcomers = newcomers
        self._is_known = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take note of a new connection."""
        super().connection_made(transport)
        self._newcomers.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that a connection is gone."""
        self._newcomers.remove(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what comes, and see whether it brings the token."""
        super().data_received(data)
        if not self._is_known and self.scope is not None:
            headers = Headers(raw=self.headers)
            self._is_known = self._door.is_opened_by(headers.get("authorization", ""))
            if self._is_known:
                self._newcomers.remove(self.transport)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; in the middle of a call nothing else can be said: hang up."""
        if self.conn.our_state is h11.IDLE:
            super().send_400_response(msg)
            return
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.transport.abort()


def callers_at(door: Door) -> "partial[Caller]":
    """Return what makes a `Caller` of each new connection, for `uvicorn.Config`."""
    return partial(Caller, door, Newcomers())
