"""Several clients, one job at a time; and stopping what runs or waits."""

import os

import pytest

from layerpeel.backend.server.worker import NICENESS
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, Progress, Queued


@pytest.fixture
def held_up(run_backend, make_job, halted):
    """A server for two waiting jobs, whose worker is halted at work on a first one."""
    backend = run_backend("--max-queue", 2)
    worker = backend.worker()
    backend.end_of(backend.submit(make_job("before")).id)
    halted(worker)
    running = backend.submit(make_job("running"))
    assert isinstance(next(backend.events(running.id)), Progress)
    return backend, worker, running


def test_the_worker_lets_others_go_before(run_backend, make_job):
    backend = run_backend()
    backend.end_of(backend.submit(make_job()).id)
    behind = os.getpriority(os.PRIO_PROCESS, backend.worker())
    assert behind == max(NICENESS, os.getpriority(os.PRIO_PROCESS, backend.process.pid))
    assert behind > 0


def test_two_clients_wait_their_turn(held_up, make_job, halted):
    backend, worker, running = held_up
    second, third = backend.submit(make_job("second")), backend.submit(make_job("third"))
    heard_second, heard_third = backend.events(second.id), backend.events(third.id)
    assert next(heard_second) == Queued(1)
    assert next(heard_third) == Queued(2)
    status, message = backend.refusal(
        "POST", "/jobs", headers={"Content-Type": "any"}, data=b"full before it is read"
    )
    assert (status, "2 pictures wait" in message) == (429, True)
    assert backend.refusal("DELETE", f"/jobs/{third.id}")[0] == 409
    assert backend.refusal("GET", f"/jobs/{third.id}/result")[0] == 409

    assert backend.cancel(second.id).state is JobState.CANCELLED
    assert list(heard_second) == [Cancelled()]
    assert next(heard_third) == Queued(1)

    halted.let_go(worker)
    assert backend.end_of(running.id) == Finished()
    rest = list(heard_third)
    assert isinstance(rest[0], Progress)
    assert rest[-1] == Finished()
    assert backend.worker() == worker


def test_a_job_that_does_not_stop_is_ended_with_its_process(held_up, make_job):
    backend, worker, running = held_up
    waiting = backend.submit(make_job())
    assert backend.cancel(running.id).state is JobState.CANCELLED
    assert backend.end_of(running.id) == Cancelled()
    assert backend.end_of(waiting.id) == Finished()
    assert backend.worker() != worker
    for job, state in [(running, JobState.CANCELLED), (waiting, JobState.FINISHED)]:
        assert backend.cancel(job.id).state is state
    assert backend.refusal("POST", "/jobs/nothing/cancel")[0] == 404
    assert not list(backend.jobs_folder.glob("*.request"))


def test_a_job_at_work_is_stopped(run_backend, make_job):
    backend = run_backend()
    job = backend.submit(make_job(side=600))
    assert backend.cancel(job.id).state is JobState.CANCELLED
    assert backend.end_of(backend.submit(make_job()).id) == Finished()


def test_an_ending_server_ends_its_jobs(held_up, run_backend, make_job):
    backend, _, running = held_up
    waiting = backend.submit(make_job())
    heard = backend.events(waiting.id)
    next(heard)
    code, _ = backend.stop()
    assert code == 0
    (end,) = heard
    assert isinstance(end, Failed)
    assert "queued" in end.message
    again = run_backend()
    assert again.job(waiting.id).message == end.message
    assert "running" in again.job(running.id).message
