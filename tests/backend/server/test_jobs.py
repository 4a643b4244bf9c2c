"""A job from its picture to its layers, over HTTP."""

import contextlib
import io
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.api import peel
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.engines.stage_wishes import AUTO
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.server.job_in_worker import PREVIEW_SIDE, peel_into_file, small_png
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.orders import PeelOrder
from layerpeel.backend.server.routes import MOST_LISTED
from layerpeel.shared.jobs import (
    Cancelled,
    Cause,
    Failed,
    Finished,
    Health,
    JobState,
    Preview,
    Progress,
    Queued,
    SubmitJob,
)
from layerpeel.shared.protocol import Coverage, Mask, Picture, RefillRequest, Subject
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import from_text, pack


def test_layers_flatten_to_the_picture_and_are_those_of_peel(backend, make_job, without_times):
    job = make_job()
    here = peel(job.picture, lift=job.request.lift, band=job.request.band)
    for _ in range(2):  # cold, and warm
        submitted = backend.submit(job)
        assert backend.end_of(submitted.id) == Finished()
        stack = backend.result(submitted.id)
        np.testing.assert_array_equal(flatten(stack), array_of(job.picture.pixels))
        assert pack(without_times(stack)) == pack(without_times(here))


def test_a_stack_names_its_own_models_only(backend, make_job, isnet_store):
    (subject, mask) = (backend.submit(make_job(lift=Subject())), backend.submit(make_job()))
    assert backend.end_of(mask.id) == Finished()
    sha256 = isnet_store.manifest.usable("isnet").sha256
    assert backend.result(subject.id).made_with.models["isnet"] == sha256
    assert backend.result(mask.id).made_with.models == {}


def test_a_background_is_filled_in_otherwise(backend, make_job):
    peeled = backend.submit(make_job())
    assert backend.end_of(peeled.id) == Finished()
    background, foreground = backend.result(peeled.id).layers
    covers = np.zeros((96, 96), np.uint8)
    (x, y), block = foreground.offset, foreground.pixels
    covers[y : y + block.height, x : x + block.width] = array_of(block)[..., 3]
    request = RefillRequest(Coverage(96, 96, covers.tobytes()), number=1)
    job = SubmitJob("Another background", request, Picture(background.pixels))
    submitted = backend.submit(job)
    assert backend.end_of(submitted.id) == Finished()
    (other,) = backend.result(submitted.id).layers
    (x, y), block = other.offset, other.pixels
    opaque = array_of(block)[..., 3] == 255
    assert opaque.any()
    assert (covers[y : y + block.height, x : x + block.width][opaque] == 255).all()
    nothing = replace(request, hidden=Coverage(96, 96, bytes(96 * 96)))
    refused = backend.submit(replace(job, request=nothing))
    assert "no other background" in backend.end_of(refused.id).message


def test_events_tell_the_whole_course(backend, make_job):
    job = backend.submit(make_job())
    events = list(backend.events(job.id))
    assert isinstance(events[0], Queued | Progress)
    assert events[-1] == Finished()
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert done[-1] == 1
    (preview,) = [event for event in events if isinstance(event, Preview)]
    assert Image.open(io.BytesIO(preview.png)).mode == "RGBA"
    assert list(backend.events(job.id)) == [Finished()]


def test_a_preview_is_small_and_keeps_the_shape():
    found = np.zeros((300, 1000, 4), np.float32)
    found[:, 500:] = (1, 0.5, 0, 1)
    picture = Image.open(io.BytesIO(small_png(found)))
    assert picture.size == (PREVIEW_SIDE, 77)
    assert picture.getpixel((10, 10))[3] == 0
    assert picture.getpixel((200, 40)) == (255, 128, 0, 255)


def test_jobs_are_remembered_newest_first_until_forgotten(backend, make_job):
    first, second = backend.submit(make_job("first")), backend.submit(make_job("second"))
    backend.end_of(second.id)
    listed = backend.jobs()
    assert [job.name for job in listed[:2]] == ["second", "first"]
    assert listed[1] == backend.job(first.id)
    assert (listed[1].state, listed[1].size) == (JobState.FINISHED, (96, 96))
    assert listed[1].keepsake == "note"
    assert not list(backend.jobs_folder.glob("*.request"))
    assert backend.call("DELETE", f"/jobs/{first.id}").status_code == 204
    for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/result"), ("GET", "/events")]:
        assert backend.refusal(method, f"/jobs/{first.id}{path}")[0] == 404
    assert not (backend.jobs_folder / f"{first.id}.result").exists()
    assert backend.result(second.id)


def test_no_list_is_longer_than_anybody_reads(run_backend, tmp_path):
    folder = tmp_path / "home" / "jobs"
    JobStore(folder, 10**6).close()
    ids = [f"job{number}" for number in range(MOST_LISTED + 9)]
    with contextlib.closing(sqlite3.connect(folder / "jobs.sqlite")) as database, database:
        database.executemany(
            "INSERT INTO jobs (id, name, state, created, width, height, bytes) "
            "VALUES (?, 'Knight', 'finished', 1.5, 3, 4, 5)",
            [(job_id,) for job_id in ids],
        )
    for job_id in ids:
        (folder / f"{job_id}.result").write_bytes(bytes(5))
    backend = run_backend()
    assert [job.id for job in backend.jobs()] == ids[: -MOST_LISTED - 1 : -1]
    assert backend.job(ids[0]).state is JobState.FINISHED


def test_what_cannot_be_peeled_fails_with_the_reason(backend, make_job):
    empty = Mask(Coverage(96, 96, bytes(96 * 96)))
    for request, words, cause in [
        ({"lift": empty}, "empty", Cause.NOTHING_FOUND),
        ({"engine": "none"}, "no engine", Cause.OTHER),
    ]:
        job = backend.submit(make_job(**request))
        end = backend.end_of(job.id)
        assert isinstance(end, Failed)
        assert words in end.message
        assert end.cause is cause
        assert backend.job(job.id).message == end.message
        status, message = backend.refusal("GET", f"/jobs/{job.id}/result")
        assert (status, end.message in message) == (409, True)
        assert list(backend.events(job.id)) == [end]


def test_an_unforeseen_error_is_in_the_log_and_the_next_job_runs(backend, make_job, halted):
    backend.end_of(backend.submit(make_job()).id)
    worker = backend.worker()
    halted(worker)
    job = backend.submit(make_job())
    (backend.jobs_folder / f"{job.id}.request").unlink()
    halted.let_go(worker)
    end = backend.end_of(job.id)
    assert "FileNotFoundError" in end.message
    assert end.cause is Cause.UNFORESEEN
    assert str(backend.home / "backend.log") in end.message
    assert "Traceback" in backend.log()
    assert backend.end_of(backend.submit(make_job()).id) == Finished()
    assert backend.worker() == worker


def test_a_worker_stops_by_itself_and_writes_nothing(make_job, tmp_path):
    (tmp_path / "request").write_bytes(pack(make_job()))
    files = [tmp_path / name for name in ("request", "result", "thumbnails", "original")]
    order = PeelOrder("id", *files)
    told = []
    for steps in (0, 2, 4):
        end = peel_into_file(order, told.append, lambda steps=steps: len(told) >= steps)
        assert end == Cancelled()
        assert not any(file.exists() for file in files[1:])
    assert told


@pytest.mark.torch
def test_health_says_who_answers_and_what_is_missing(backend, run_backend, tmp_path, monkeypatch):
    health = from_text(Health, backend.call("GET", "/health").content)
    assert (health.version, health.protocol) == (VERSION, PROTOCOL)
    assert [engine.name for engine in health.engines] == [AUTO, *ENGINES]
    engines = {engine.name: engine for engine in health.engines}
    for name in (AUTO, "compact"):
        assert (engines[name].missing, engines[name].words) == ("", False)
        assert engines[name].words_hint
    # However much is missing, it is one line that says what to do.
    for part in ("`layerpeel models pull layeringdiff`", "sam", "fbdd and hfa", "models import"):
        assert part in engines["layeringdiff"].missing
    assert "sdxl" not in engines["layeringdiff"].missing
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "none"))
    best, compact, *_ = from_text(Health, run_backend().call("GET", "/health").content).engines
    assert "`layerpeel models pull compact`, which brings isnet" in compact.missing
    assert best.missing == compact.missing
