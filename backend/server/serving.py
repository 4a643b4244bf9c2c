"""Starts the server, runs it, and ends it without leaving anything behind."""

import asyncio
import contextlib
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from layerpeel.backend.errors import BadInputError, OutputError, reason_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.callers import ACCEPTED_AT_ONCE, callers_at
from layerpeel.backend.server.guard import Door, Guard
from layerpeel.backend.server.home_folder import make_home
from layerpeel.backend.server.incoming import Incoming
from layerpeel.backend.server.instance import only_server
from layerpeel.backend.server.job_queue import JobQueue
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.log import log, logging_to
from layerpeel.backend.server.pointing_desk import PointingDesk
from layerpeel.backend.server.presence import Presence
from layerpeel.backend.server.pulls import Pulls
from layerpeel.backend.server.routes import Backend
from layerpeel.shared.places import (
    ServerAddress,
    incoming_folder,
    log_file,
    presets_folder,
    read_server_file,
    server_file,
    state_folder,
    write_server_file,
)

_ENDING_SECONDS = 5


@dataclass(frozen=True)
class ServerSettings:
    """How to serve.

    port: 0 takes a free one. open_to_network: whether `host` may be reached by other machines.
    with_clients: whether to end when the last client has gone. log_level: a name of `logging`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    open_to_network: bool = False
    with_clients: bool = False
    log_level: str = "INFO"
    limits: Limits = field(default_factory=Limits)


def serve(settings: ServerSettings) -> None:
    """Serve until a signal, or until the last client has gone.

    Raises AlreadyRunningError when another server uses the same state folder, BadInputError for an
    address that cannot be used, OutputError for a state folder that cannot be written, or others
    can write.
    """
    _check_host(settings)
    # Pictures, results, log and token: only the owner may read what is written from here on.
    os.umask(0o077)
    folder = state_folder()
    with contextlib.ExitStack() as held:
        try:
            make_home(folder)
            held.enter_context(only_server(folder))
            held.enter_context(logging_to(log_file(), settings.log_level))
        except OSError as error:
            raise _cannot_work_in(folder, error) from error
        listener, door = held.enter_context(_listening(settings))
        asyncio.run(_serve(settings, listener, door))


async def _serve(settings: ServerSettings, listener: socket.socket, door: Door) -> None:
    store = JobStore(state_folder() / "jobs", settings.limits.result_bytes)
    if store.mended:
        log.warning("%s", store.mended)
        print(f"layerpeel: {store.mended}", file=sys.stderr, flush=True)
    queue = JobQueue(store, settings.limits.waiting)
    presence = Presence()
    models = ModelStore()
    pulls = Pulls(models)
    pointing = PointingDesk(state_folder() / "pointing", models)
    try:
        incoming = Incoming(incoming_folder())
    except OSError as error:
        raise _cannot_work_in(state_folder(), error) from error
    presets = presets_folder()
    limits = settings.limits
    backend = Backend(store, queue, presence, models, pulls, pointing, limits, incoming, presets)

    def end_streams() -> None:
        queue.close()
        pulls.close()
        pointing.close()

    server = _Server(backend.application(), door, end_streams)
    background = [asyncio.create_task(queue.run())]
    if settings.with_clients:

        def is_busy() -> bool:
            return queue.is_busy or pulls.is_busy or pointing.is_busy

        background.append(asyncio.create_task(presence.until_nobody_is_left(is_busy)))
    for task in background:
        # One of them is done, or has failed: either way the server ends.
        task.add_done_callback(lambda _: server.end())
    try:
        with _announced(door, listener.getsockname()[0]):
            await server.serve(sockets=[listener])
    finally:
        end_streams()
        for task in background:
            task.cancel()
        outcomes = await asyncio.gather(*background, return_exceptions=True)
        store.close()
        log.info("ended")
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


class _Server(uvicorn.Server):
    """uvicorn waits for every answer when it ends, so endless streams are ended first."""

    def __init__(self, app: ASGIApp, door: Door, end_streams: Callable[[], None]) -> None:
        config = uvicorn.Config(
            Guard(app, door),
            # Called with arguments as a class is; uvicorn's own type names only its two classes.
            http=cast("Any", callers_at(door)),
            backlog=ACCEPTED_AT_ONCE,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_ENDING_SECONDS,
        )
        super().__init__(config)
        self._end_streams = end_streams

    def end(self) -> None:
        """End soon, and tidily."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams and jobs, then close connections."""
        self._end_streams()
        await super().shutdown(sockets)


def _cannot_work_in(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The backend cannot work in {folder}: {reason_of(error)}. Make room there and "
        "make it writable for you, or set LAYERPEEL_HOME to another folder."
    )


def _check_host(settings: ServerSettings) -> None:
    if settings.open_to_network or settings.host == "localhost":
        return
    try:
        is_here = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise BadInputError(
            f"--host {settings.host} would let other machines in: their users could read your "
            "pictures on the way, for nothing is encrypted. If that is what you want, add "
            "--allow-network."
        )


@contextlib.contextmanager
def _listening(settings: ServerSettings) -> Iterator[tuple[socket.socket, Door]]:
    """Listen on the address asked for. Raises BadInputError when it cannot be used."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        raise BadInputError(
            f"The backend cannot listen on {settings.host}, port {settings.port}: "
            f"{reason_of(error)}. Choose another --host or --port."
        ) from error
    with listener:
        # An answer goes out in two pieces; without this the second waits some 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(32)
        yield listener, Door(settings.host, port, token, settings.open_to_network)


@contextlib.contextmanager
def _announced(door: Door, listens_at: str) -> Iterator[None]:
    """Write the server file for the owner's programs, and print the address.

    listens_at: the address itself. By a name that has several, as localhost, clients may reach
    another program at the same port.
    """
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (to be reached, not bound)
    host = anywhere.get(listens_at, listens_at)
    shown = f"[{host}]" if ":" in host else host
    ours = ServerAddress(f"http://{shown}:{door.port}", door.token, os.getpid())
    try:
        write_server_file(ours)
    except OSError as error:
        raise _cannot_work_in(state_folder(), error) from error
    log.info("listening on %s", ours.address)
    print(f"layerpeel: Listening on {ours.address}. Log: {log_file()}", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if read_server_file() == ours:
            server_file().unlink(missing_ok=True)
