"""The calls that the server answers. `Guard` has checked each before it comes here."""

import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.adjustments import write_adjustment
from layerpeel.backend.server.call import Call, Content, Form
from layerpeel.backend.server.enclosed_calls import EnclosedCalls
from layerpeel.backend.server.event_stream import job_events, line_events, stream
from layerpeel.backend.server.generator_calls import GeneratorCalls
from layerpeel.backend.server.guard import HEALTH
from layerpeel.backend.server.health import auto_info_of, health_of
from layerpeel.backend.server.incoming import Incoming
from layerpeel.backend.server.job_queue import JobQueue
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.model_calls import ModelCalls
from layerpeel.backend.server.openapi import OPENAPI_PATH, described
from layerpeel.backend.server.own_threads import OwnThreads
from layerpeel.backend.server.pointing_calls import PointingCalls
from layerpeel.backend.server.pointing_desk import PointingDesk
from layerpeel.backend.server.presence import Presence
from layerpeel.backend.server.preset_calls import PresetCalls
from layerpeel.backend.server.pulls import Pulls
from layerpeel.backend.server.refusal import HANDLERS, Refused, as_json, unknown_job
from layerpeel.backend.server.upload import check_announced, no_room, read_job, read_message
from layerpeel.shared.jobs import (
    AdjustJob,
    AutoInfo,
    Health,
    JobEvent,
    JobList,
    JobsInLine,
    JobState,
    JobSummary,
    MoveJob,
    SubmitJob,
)
from layerpeel.shared.protocol import LayerStack
from layerpeel.shared.thumbnails import Thumbnails
from layerpeel.shared.wire import MESSAGE_TYPE, to_text

MOST_LISTED = 200
"""Jobs in a list: nobody reads more, and Krita's GUI thread does."""

_PIECE = 1 << 20


@dataclass(frozen=True)
class Backend:
    """What the calls work on."""

    store: JobStore
    queue: JobQueue
    presence: Presence
    models: ModelStore
    pulls: Pulls
    pointing: PointingDesk
    limits: Limits
    incoming: Incoming
    presets: Path
    _health: OwnThreads = field(default_factory=lambda: OwnThreads("health", 2))
    _sending: OwnThreads = field(default_factory=lambda: OwnThreads("results", 2))
    _showing: OwnThreads = field(default_factory=lambda: OwnThreads("views of results", 2))
    _reading: OwnThreads = field(default_factory=lambda: OwnThreads("submitted jobs", 2))

    def application(self) -> Starlette:
        """Return the calls as an ASGI application."""
        routes = [call.route() for call in self.calls()]
        application = Starlette(routes=routes, exception_handlers=HANDLERS)
        application.router.redirect_slashes = False  # No path has two names.
        return application

    def calls(self) -> list[Call]:
        """Return all calls that are answered here."""
        summary, layers = Content(JobSummary), Content(LayerStack, Form.PACKED)
        job, events = Content(SubmitJob, Form.HANDED_OVER), Content(JobEvent, Form.EVENTS)
        line, lines = Content(JobsInLine), Content(JobsInLine, Form.EVENTS)
        small, original = Content(Thumbnails, Form.PACKED), Content(None, Form.PICTURE)
        return [
            Call("GET", OPENAPI_PATH, self.describe, gives=Content(None)),
            Call("GET", HEALTH, self.tell_health, gives=Content(Health)),
            Call("GET", "/auto", self.tell_auto, gives=Content(AutoInfo)),
            Call("GET", "/presence", self.hold_presence, gives=lines),
            Call("POST", "/jobs", self.submit, job, summary, 201),
            Call("GET", "/jobs", self.list_jobs, gives=Content(JobList)),
            Call("GET", "/queue", self.show_line, gives=line),
            Call("GET", "/jobs/{id}", self.show, gives=summary),
            Call("DELETE", "/jobs/{id}", self.forget, status=204),
            Call("GET", "/jobs/{id}/events", self.tell_events, gives=events),
            Call("POST", "/jobs/{id}/cancel", self.cancel, gives=summary),
            Call("POST", "/jobs/{id}/move", self.move, Content(MoveJob), line),
            Call("POST", "/jobs/{id}/adjust", self.adjust, Content(AdjustJob), summary, 201),
            Call("GET", "/jobs/{id}/result", self.give_result, gives=layers),
            Call("GET", "/jobs/{id}/look", self.give_look, gives=layers),
            Call("GET", "/jobs/{id}/thumbnails", self.give_thumbnails, gives=small),
            Call("GET", "/jobs/{id}/original", self.give_original, gives=original),
            *EnclosedCalls(self.store, self.limits, self.incoming).calls(),
            *PresetCalls(self.presets).calls(),
            *GeneratorCalls(self.models, self.pulls).calls(),
            *ModelCalls(self.models, self.pulls, self.queue).calls(),
            *PointingCalls(self.pointing, self.models, self.limits, self.incoming).calls(),
        ]

    async def describe(self, _request: Request) -> Response:
        """Answer this description of all calls."""
        return as_json(json.dumps(described(self.calls()), ensure_ascii=False))

    async def tell_health(self, _request: Request) -> Response:
        """Answer `Health`."""
        return as_json(to_text(await self._health.run(health_of, self.models)))

    async def tell_auto(self, _request: Request) -> Response:
        """Answer `AutoInfo`."""
        return as_json(to_text(await self._health.run(auto_info_of, self.models)))

    async def hold_presence(self, _request: Request) -> Response:
        """Answer with events, each a `JobsInLine`, to who is here for as long as it reads them."""
        return stream(self.presence.stream(line_events(self.queue)))

    async def submit(self, request: Request) -> Response:
        """Take a packed `SubmitJob`, answer `JobSummary`."""
        self._check_room()
        check_announced(request.headers, self.limits)
        job_id = uuid.uuid4().hex
        path = self.store.request_file(job_id)
        with contextlib.ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            try:
                await self.incoming.receive(request, path, self.limits)
                job = await self._reading.run(read_job, path, self.limits)
            except OSError as error:
                raise no_room(error) from error
            # Others may have been queued while this one was being received.
            self._check_room()
            summary = _summary_of(job_id, job)
            self.queue.submit(summary)
            undo.pop_all()
        return as_json(to_text(summary), 201)

    async def adjust(self, request: Request) -> Response:
        """Take an `AdjustJob` for a job that has a result, answer the new job's `JobSummary`."""
        self._check_room()
        asked = await read_message(AdjustJob, request)
        of = self._job_with_result(request)
        job_id = uuid.uuid4().hex
        with contextlib.ExitStack() as undo:
            for file in (self.store.request_file, self.store.original_file):
                undo.callback(file(job_id).unlink, missing_ok=True)
            try:
                job = await self._reading.run(write_adjustment, self.store, of.id, job_id, asked)
            except OSError as error:
                raise no_room(error) from error
            self._check_room()
            summary = _summary_of(job_id, job)
            self.queue.submit(summary)
            undo.pop_all()
        return as_json(to_text(summary), 201)

    async def list_jobs(self, _request: Request) -> Response:
        """Answer `JobList`, the newest `MOST_LISTED` jobs, and as many from elsewhere."""
        return as_json(to_text(JobList(self.store.newest_first(MOST_LISTED))))

    async def show(self, request: Request) -> Response:
        """Answer `JobSummary`."""
        return as_json(to_text(self._job(request)))

    async def tell_events(self, request: Request) -> Response:
        """Answer with events, each a `JobEvent`."""
        return stream(job_events(self.queue.feed_of(self._job(request))))

    async def cancel(self, request: Request) -> Response:
        """Stop a job; answer `JobSummary` once it has ended, in whichever way."""
        await self.queue.cancel(self._job(request).id)
        return as_json(to_text(self._job(request)))

    async def show_line(self, _request: Request) -> Response:
        """Answer `JobsInLine`."""
        return as_json(to_text(self.queue.line()))

    async def move(self, request: Request) -> Response:
        """Take a `MoveJob` for a job that waits, answer `JobsInLine`."""
        asked = await read_message(MoveJob, request)
        job = self._job(request)
        if not self.queue.move(job.id, asked.to):
            raise Refused(409, f"“{job.name}” does not wait any more: it is {job.state.value}.")
        return as_json(to_text(self.queue.line()))

    async def give_result(self, request: Request) -> Response:
        """Answer a packed `LayerStack`."""
        return self._result_of(self._job_with_result(request), is_fetched=True)

    async def give_look(self, request: Request) -> Response:
        """Answer the same to who only looks: it counts as one that nobody has fetched."""
        return self._result_of(self._job_with_result(request), is_fetched=False)

    def _result_of(self, job: JobSummary, is_fetched: bool) -> Response:
        file = self.store.result_file(job.id).open("rb")
        length = self.store.result_file(job.id).stat().st_size
        headers = {"Content-Length": str(length), "Cache-Control": "no-store"}
        pieces = self._pieces_of(job.id, file, is_fetched)
        return StreamingResponse(pieces, headers=headers, media_type=MESSAGE_TYPE)

    async def give_thumbnails(self, request: Request) -> Response:
        """Answer packed `Thumbnails`."""
        file = self.store.thumbnails_file(self._job(request).id)
        return await self._view_in(file, MESSAGE_TYPE)

    async def give_original(self, request: Request) -> Response:
        """Answer the picture that was taken apart, small: a JPEG, or a PNG with transparency."""
        return await self._view_in(self.store.original_file(self._job(request).id), "image/*")

    async def forget(self, request: Request) -> Response:
        """Forget a job that has ended, and its result."""
        job = self._job(request)
        if not job.state.is_final:
            raise Refused(409, f"“{job.name}” has not ended: cancel it first.")
        self.store.forget(job.id)
        return Response(status_code=204)

    async def _view_in(self, file: Path, kind: str) -> Response:
        try:
            data = await self._showing.run(file.read_bytes)
        except OSError as error:
            raise Refused(404, "Of this result no picture is kept.") from error
        headers = {"Cache-Control": "no-store"}
        return Response(data, headers=headers, media_type=kind)

    async def _pieces_of(
        self, job_id: str, file: BinaryIO, is_fetched: bool
    ) -> AsyncIterator[bytes]:
        """Read a result; if it is fetched, note so once the whole of it was handed over."""
        with file:
            while piece := await self._sending.run(file.read, _PIECE):
                yield piece
        if is_fetched:
            self.store.note_fetched(job_id)

    def _job_with_result(self, request: Request) -> JobSummary:
        job = self._job(request)
        if job.state is not JobState.FINISHED:
            why = f" {job.message}" if job.message else ""
            raise Refused(409, f"“{job.name}” has no result: it is {job.state.value}.{why}")
        return job

    def _job(self, request: Request) -> JobSummary:
        job = self.store.find(request.path_params["id"])
        if job is None:
            raise unknown_job()
        return job

    def _check_room(self) -> None:
        if self.queue.is_closed:
            raise Refused(503, "The backend is ending. Start it again, then press Peel again.")
        if self.queue.is_full:
            raise Refused(
                429,
                f"{self.limits.waiting} pictures wait already. Press Peel again when one is done, "
                "or start the backend with a larger --max-queue.",
            )


def _summary_of(job_id: str, job: SubmitJob) -> JobSummary:
    return JobSummary(
        job_id, job.name, JobState.QUEUED, time.time(), job.size, keepsake=job.keepsake
    )
