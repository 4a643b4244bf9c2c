"""The calls by which results travel within documents: packed for one, and taken in from one."""

import contextlib
import uuid
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.server.call import Call, Content, Form
from layerpeel.backend.server.incoming import Incoming
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.refusal import Refused, as_json, unknown_job
from layerpeel.backend.server.result_notes import ResultNote
from layerpeel.backend.server.upload import check_announced, no_room
from layerpeel.shared.enclosed import EnclosedResult
from layerpeel.shared.jobs import Finished, JobSummary
from layerpeel.shared.wire import MESSAGE_TYPE, to_text

MOST_BYTES = 160 << 20
"""Of one that comes: the plugin lets a document carry no more than 128 MiB."""

_TOO_LONG = 413


class EnclosedCalls:
    """The calls about enclosed results, one after the other: they are large."""

    def __init__(self, store: JobStore, limits: Limits, incoming: Incoming) -> None:
        self._store, self._limits, self._incoming = store, limits, incoming
        self._packing = OwnThreads("enclosed results", 1)

    def calls(self) -> list[Call]:
        """Return all calls that are answered here."""
        path = "/jobs/{id}/enclosed"
        packed = Content(EnclosedResult, Form.PACKED)
        handed_over = Content(EnclosedResult, Form.HANDED_OVER)
        return [
            Call("GET", path, self.enclose, gives=packed),
            Call("POST", path, self.take_in, handed_over, Content(JobSummary), 201),
        ]

    async def enclose(self, request: Request) -> Response:
        """Answer a packed `EnclosedResult`, to be kept in a document."""
        job = self._store.find(request.path_params["id"])
        if job is None:
            raise unknown_job()
        outcome = self._store.outcome_of(job) if job.state.is_final else None
        if not isinstance(outcome, Finished):
            raise Refused(409, f"“{job.name}” has no result: it is {job.state.value}.")
        data = await self._packing.run(_enclosed, self._store, job, outcome.notes)
        return Response(data, headers={"Cache-Control": "no-store"}, media_type=MESSAGE_TYPE)

    async def take_in(self, request: Request) -> Response:
        """Take a packed `EnclosedResult` from a document; answer the `JobSummary` of its result.

        One that is known already stays as it is, and for one that comes none is given up.
        """
        job: str = request.path_params["id"]
        files = uuid.uuid4().hex
        with contextlib.ExitStack() as undo:
            for file in self._store.files_of_new(files):
                undo.callback(file.unlink, missing_ok=True)
            came = self._store.request_file(files)
            try:
                await self._receive(request, came)
                note = await self._packing.run(
                    _take_apart, came, job, self._store, files, self._limits
                )
            except OSError as error:
                raise no_room(error) from error
            summary = self._store.take_in(note, files)
        return as_json(to_text(summary), 201)

    async def _receive(self, request: Request, target: Path) -> None:
        limits = replace(self._limits, body_bytes=min(self._limits.body, MOST_BYTES))
        try:
            check_announced(request.headers, limits)
            await self._incoming.receive(request, target, limits)
        except Refused as error:
            if error.status != _TOO_LONG:
                raise
            raise Refused(_TOO_LONG, "It is larger than any that travels.") from error


# Heads of pictures are read by a library: it is loaded when there are some, not at the start.


def _enclosed(store: JobStore, job: JobSummary, notes: tuple[str, ...]) -> bytes:
    from layerpeel.backend.server.enclosing import enclosed

    return enclosed(store, job, notes)


def _take_apart(came: Path, job: str, store: JobStore, files: str, limits: Limits) -> ResultNote:
    from layerpeel.backend.server.enclosing import take_apart

    return take_apart(came.read_bytes(), job, store, files, limits)
