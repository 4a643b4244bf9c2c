"""The worker or the server dies, the disk is full: what is lost, and what is kept."""

import contextlib
import os
import signal
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from layerpeel.shared.jobs import Failed, Finished, JobState, Progress
from layerpeel.shared.protocol import ColourModel, Coverage, Depth, Mask, Picture, PixelBlock
from layerpeel.shared.wire import pack
from waiting import has_ended, wait_for


@pytest.mark.parametrize(("sign", "words"), [("SIGKILL", "memory"), ("SIGSEGV", "crashed")])
def test_a_crash_takes_the_job_and_not_the_server(backend, make_job, sign, words):
    backend.end_of(backend.submit(make_job()).id)
    worker = backend.worker()
    job = backend.submit(make_job(side=600))
    events = backend.events(job.id)
    next(event for event in events if isinstance(event, Progress) and event.done > 0)
    os.kill(worker, getattr(signal, sign))
    (*_, end) = events
    assert isinstance(end, Failed)
    assert words in end.message
    assert backend.end_of(backend.submit(make_job()).id) == Finished()
    assert backend.worker() != worker
    assert end.message in backend.log()


def test_a_worker_that_dies_before_it_begins_takes_nothing_with_it(backend, make_job, halted):
    backend.end_of(backend.submit(make_job()).id)
    worker = backend.worker()
    halted(worker)
    job = backend.submit(make_job())
    os.kill(worker, signal.SIGKILL)
    assert backend.end_of(job.id) == Finished()
    os.kill(backend.worker(), signal.SIGKILL)
    assert backend.end_of(backend.submit(make_job()).id) == Finished()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process as only Linux can")
def test_a_full_disk_fails_the_job_and_leaves_nothing(backend, make_job):
    import resource

    backend.end_of(backend.submit(make_job()).id)
    worker = backend.worker()
    unlimited = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
    job = backend.submit(make_job())
    end = backend.end_of(job.id)
    assert isinstance(end, Failed)
    assert "cannot be kept" in end.message
    assert not list(backend.jobs_folder.glob(f"{job.id}*"))
    resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)
    assert backend.end_of(backend.submit(make_job()).id) == Finished()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process as only Linux can")
def test_too_little_memory_is_said_and_the_worker_goes_on(backend, make_job):
    import resource

    backend.end_of(backend.submit(make_job()).id)
    worker = backend.worker()
    unlimited = resource.prlimit(worker, resource.RLIMIT_AS)
    status = Path(f"/proc/{worker}/statm").read_text()
    in_use = int(status.split()[0]) * resource.getpagesize()
    resource.prlimit(worker, resource.RLIMIT_AS, (in_use + 20_000_000, unlimited[1]))
    wide = PixelBlock(3000, 2000, ColourModel.RGBA, Depth.U8, bytes(3000 * 2000 * 4))
    everything = Mask(Coverage(3000, 2000, b"\xff" * (3000 * 2000)))
    job = backend.submit(replace(make_job(lift=everything), picture=Picture(wide)))
    end = backend.end_of(job.id)
    assert isinstance(end, Failed)
    assert "not enough memory" in end.message
    resource.prlimit(worker, resource.RLIMIT_AS, unlimited)
    assert backend.end_of(backend.submit(make_job()).id) == Finished()
    assert backend.worker() == worker


def test_after_a_kill_results_are_there_and_what_waited_is_done(
    run_backend, make_job, halted, without_times
):
    backend = run_backend()
    finished = backend.submit(make_job("finished"))
    backend.end_of(finished.id)
    result = pack(backend.result(finished.id))
    worker = backend.worker()
    halted(worker)
    running, queued = backend.submit(make_job("running")), backend.submit(make_job("queued"))
    next(backend.events(running.id))
    (backend.jobs_folder / "stray.draft").write_bytes(b"half")
    backend.process.kill()
    backend.process.wait()
    halted.let_go(worker)
    wait_for(lambda: has_ended(worker))

    again = run_backend()
    assert again.server.token != backend.server.token
    assert [job.name for job in again.jobs()] == ["queued", "running", "finished"]
    assert pack(again.result(finished.id)) == result
    seen = again.job(running.id)
    assert seen.state is JobState.FAILED
    assert seen.message == "The backend ended while this job was running. Press Peel again."
    assert again.end_of(running.id) == Failed(seen.message)
    assert again.end_of(queued.id) == Finished()
    assert pack(without_times(again.result(queued.id))) == pack(
        without_times(again.result(finished.id))
    )
    kept = {path.name for path in again.jobs_folder.iterdir() if "sqlite" not in path.name}
    kinds = ("result", "note", "thumbnails", "original")
    assert kept == {f"{job.id}.{kind}" for job in (finished, queued) for kind in kinds}
    assert again.end_of(again.submit(make_job()).id) == Finished()


def test_a_result_that_cannot_be_recorded_is_kept(run_backend, make_job):
    backend = run_backend()
    with contextlib.closing(sqlite3.connect(backend.jobs_folder / "jobs.sqlite")) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.state = 'finished' "
            "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
        job = backend.submit(make_job())
        end = backend.end_of(job.id)
        assert isinstance(end, Failed)
        assert "disk is full" in end.message
        assert "result is kept" in end.message
        assert backend.end_of(job.id) == end
        backend.stop()
        database.execute("DROP TRIGGER full")
    again = run_backend()
    assert again.end_of(job.id) == Finished()
    assert again.result(job.id).layers
