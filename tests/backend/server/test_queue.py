"""Several clients, one job at a time; and stopping what runs or waits."""

import os

import pytest

from layerpeel.backend.server.worker import NICENESS
from layerpeel.shared.jobs import (
    Cancelled,
    Failed,
    Finished,
    JobsInLine,
    JobState,
    MoveJob,
    Progress,
    Queued,
    Step,
)
from layerpeel.shared.wire import from_text, to_text


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


def line_of(answer):
    assert answer.status_code == 200, answer.text
    return [each.job.id for each in from_text(JobsInLine, answer.content).jobs]


def move(backend, job, to):
    return line_of(backend.call("POST", f"/jobs/{job.id}/move", data=to_text(MoveJob(to))))


def test_an_ending_server_ends_what_runs_and_keeps_what_waits(held_up, run_backend, make_job):
    backend, _, running = held_up
    waiting = backend.submit(make_job())
    heard = backend.events(waiting.id)
    next(heard)
    code, _ = backend.stop()
    assert code == 0
    assert list(heard) == []
    again = run_backend()
    assert "running" in again.job(running.id).message
    assert again.end_of(waiting.id) == Finished()
    assert again.result(waiting.id).layers


def test_what_waits_is_put_in_another_order_that_a_crash_does_not_take(
    run_backend, make_job, halted
):
    backend = run_backend()
    worker = backend.worker()
    halted(worker)
    running = backend.submit(make_job("running"))
    next(backend.events(running.id))
    one, two, three = (backend.submit(make_job(name)) for name in ("one", "two", "three"))
    assert line_of(backend.call("GET", "/queue")) == [running.id, one.id, two.id, three.id]
    assert move(backend, three, Step.FIRST) == [running.id, three.id, one.id, two.id]
    assert move(backend, three, Step.FIRST) == [running.id, three.id, one.id, two.id]
    assert move(backend, three, Step.EARLIER) == [running.id, three.id, one.id, two.id]
    assert move(backend, three, Step.LATER) == [running.id, one.id, three.id, two.id]
    assert move(backend, two, Step.EARLIER) == [running.id, one.id, two.id, three.id]
    assert move(backend, three, Step.LATER) == [running.id, one.id, two.id, three.id]
    assert move(backend, one, Step.LATER) == [running.id, two.id, one.id, three.id]
    assert next(backend.events(one.id)) == Queued(2)
    four = backend.submit(make_job("four"))

    backend.process.kill()
    backend.process.wait()
    halted.let_go(worker)
    again = run_backend()
    in_order = [two.id, one.id, three.id, four.id]
    assert [again.end_of(job_id) for job_id in in_order] == [Finished()] * 4
    ended = [line for line in again.log().splitlines() if "ended after" in line]
    assert [line.split("job ")[1].split()[0] for line in ended[-4:]] == in_order
    assert line_of(again.call("GET", "/queue")) == []


def test_only_what_waits_can_be_moved(held_up, make_job):
    backend, _, running = held_up
    path = f"/jobs/{running.id}/move"
    first = to_text(MoveJob(Step.FIRST))
    assert backend.refusal("POST", path, data=first) == (
        409,
        "“running” does not wait any more: it is running.",
    )
    assert backend.refusal("POST", "/jobs/nothing/move", data=first)[0] == 404
    waiting = backend.submit(make_job("waiting"))
    for odd in (b"", b"{}", b'{"to": "nowhere"}', b"[]", b"\xff"):
        assert backend.refusal("POST", f"/jobs/{waiting.id}/move", data=odd)[0] == 400
    assert line_of(backend.call("GET", "/queue")) == [running.id, waiting.id]


def test_who_is_here_is_told_of_the_line(held_up, make_job, halted):
    backend, worker, running = held_up
    with backend.call("GET", "/presence", stream=True) as answer:
        told = (
            from_text(JobsInLine, line[6:]).jobs
            for line in answer.iter_lines()
            if line.startswith(b"data: ")
        )
        (seen,) = next(told)
        assert (seen.job.id, seen.job.state, seen.stage) == (
            running.id,
            JobState.RUNNING,
            "Starting",
        )
        waiting = backend.submit(make_job("waiting"))
        running_now, waits = next(told)
        assert (waits.job, waits.stage) == (waiting, "")
        backend.cancel(waiting.id)
        assert next(told) == (running_now,)
        halted.let_go(worker)
        assert next(line for line in told if not line) == ()


def test_a_picture_that_is_gone_is_said_at_the_restart(held_up, run_backend, make_job):
    backend, _, _ = held_up
    waiting = backend.submit(make_job())
    backend.stop()
    (backend.jobs_folder / f"{waiting.id}.request").unlink()
    end = run_backend().end_of(waiting.id)
    assert end == Failed("The picture of this job is gone. Press Peel again.")
