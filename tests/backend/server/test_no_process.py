"""A process that cannot be started costs one job or question, and never the server."""

import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from layerpeel.shared.generators import PullModel
from layerpeel.shared.jobs import JobState
from layerpeel.shared.wire import to_text
from waiting import has_ended, wait_for

if sys.platform != "linux":
    pytest.skip("limits another process as only Linux can", allow_module_level=True)

import resource


@contextlib.contextmanager
def one_more_file(process):
    """Let a process open one more file, and not the two that a pipe is made of."""
    taken = {int(path.name) for path in Path(f"/proc/{process}/fd").iterdir()}
    free = (number for number in range(4096) if number not in taken)
    next(free)
    unlimited = resource.prlimit(process, resource.RLIMIT_NOFILE)
    resource.prlimit(process, resource.RLIMIT_NOFILE, (next(free), unlimited[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_NOFILE, unlimited)


def kill_worker(backend):
    worker = backend.worker()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: has_ended(worker))


def end_of(backend, job):
    """Ask again and again by the connection that is open: a stream of events needs another."""
    return wait_for(lambda: (seen := backend.job(job.id)).state.is_final and seen)


def test_a_worker_that_cannot_be_started_costs_one_job(run_backend, make_job):
    backend = run_backend()
    assert backend.call("GET", "/health").status_code == 200
    kill_worker(backend)
    with one_more_file(backend.process.pid):
        ended = end_of(backend, backend.submit(make_job()))
        assert ended.state is JobState.FAILED
        assert "cannot be started" in ended.message
        assert "\n" not in ended.message
    assert end_of(backend, backend.submit(make_job())).state is JobState.FINISHED
    assert "Traceback" not in backend.log()


def test_a_worker_that_crashed_and_cannot_be_replaced_costs_one_job(run_backend, make_job, halted):
    backend = run_backend()
    worker = backend.worker()
    backend.end_of(backend.submit(make_job()).id)
    halted(worker)
    job = backend.submit(make_job())
    waiting = backend.submit(make_job())
    with one_more_file(backend.process.pid):
        os.kill(worker, signal.SIGKILL)
        for lost in (job, waiting):
            assert end_of(backend, lost).state is JobState.FAILED
    assert end_of(backend, backend.submit(make_job())).state is JobState.FINISHED


def test_a_pull_that_cannot_be_started_is_refused(run_backend):
    backend = run_backend()
    assert backend.call("GET", "/health").status_code == 200
    backend.worker()
    with one_more_file(backend.process.pid):
        status, message = backend.refusal(
            "POST", "/generators/pull", data=to_text(PullModel("isnet")).encode()
        )
    assert (status, "cannot be started" in message) == (503, True)
    assert "Traceback" not in backend.log()
