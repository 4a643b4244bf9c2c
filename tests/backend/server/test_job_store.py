"""Results never take more room than allowed, and jobs that wait or run are never forgotten."""

import contextlib
import itertools
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend.errors import OutputError
from layerpeel.backend.server import job_store as module
from layerpeel.backend.server.job_store import JobStore
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, JobSummary

MOST = 100
numbers = itertools.count()

steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.just(0)),
        st.tuples(st.just("begin"), st.integers(0, 5)),
        st.tuples(st.just("finish"), st.integers(0, MOST + 20)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("forget"), st.integers(0, 5)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=30,
)


def new_job(name="job"):
    return JobSummary(f"id{next(numbers)}", name, JobState.QUEUED, 1.5, (3, 4), keepsake="k")


def take_on(store):
    job = new_job()
    store.request_file(job.id).write_bytes(b"request")
    store.add(job)
    return job.id


def finish(store, job_id, size, notes=()):
    store.draft_file(job_id).write_bytes(bytes(size))
    store.end(job_id, Finished(notes))


class StoreHistory:
    """Applies steps to a store, where its jobs allow them."""

    def __init__(self, folder):
        self.folder = folder
        self.store = JobStore(folder, MOST)
        self.order = []

    def take(self, what, number):
        jobs = self.store.newest_first()
        alive = [job.id for job in jobs if not job.state.is_final]
        ended = [job.id for job in jobs if job.state.is_final]
        if what == "add":
            self.order.append(take_on(self.store))
        elif what == "restart":
            self.store.close()
            self.store = JobStore(self.folder, MOST)
        elif what == "forget" and ended:
            self.store.forget(ended[number % len(ended)])
        elif what == "begin" and alive:
            self.store.begin(alive[number % len(alive)])
        elif what == "cancel" and alive:
            self.store.end(alive[number % len(alive)], Cancelled())
        elif what == "finish" and alive:
            self.finish(alive[-1], number)

    def finish(self, job_id, size):
        ended = [job.id for job in self.store.newest_first() if job.state.is_final]
        if size > MOST:
            with pytest.raises(OutputError):
                finish(self.store, job_id, size)
            self.store.end(job_id, Failed("too large"))
            return
        finish(self.store, job_id, size)
        # Forgotten jobs are older than all that were kept.
        kept = [self.store.find(one) is not None for one in reversed(ended)]
        assert kept == sorted(kept)
        assert self.store.find(job_id).state is JobState.FINISHED


@settings(max_examples=40)
@given(steps)
def test_the_store_keeps_its_promises(tmp_path_factory, steps):
    history = StoreHistory(tmp_path_factory.mktemp("jobs"))
    for what, number in steps:
        before = {j.id for j in history.store.newest_first() if not j.state.is_final}
        history.take(what, number)
        jobs = history.store.newest_first()
        assert before <= {job.id for job in jobs}
        results = list(history.folder.glob("*.result"))
        assert sum(path.stat().st_size for path in results) <= MOST
        finished = {job.id for job in jobs if job.state is JobState.FINISHED}
        assert {path.stem for path in results} == finished
        alive = {job.id for job in jobs if not job.state.is_final}
        assert {path.stem for path in history.folder.glob("*.request")} == alive
        assert not list(history.folder.glob("*.draft"))
        places = [history.order.index(job.id) for job in jobs]
        assert places == sorted(places, reverse=True)
    history.store.close()


def test_what_is_kept_comes_back(tmp_path):
    store = JobStore(tmp_path, MOST)
    job = new_job("Ritter → 🏰")
    store.add(job)
    assert store.find(job.id) == job
    with pytest.raises(ValueError, match="not ended"):
        store.outcome_of(job)
    finish(store, job.id, 5, ("note",))
    store.close()
    store = JobStore(tmp_path, MOST)
    assert store.outcome_of(store.find(job.id)) == Finished(("note",))
    store.result_file(job.id).unlink()
    store.close()
    store = JobStore(tmp_path, MOST)
    assert store.find(job.id).state is JobState.FAILED
    store.close()


def test_a_smaller_cap_holds_from_the_next_start(tmp_path):
    store = JobStore(tmp_path, MOST)
    jobs = [take_on(store) for _ in range(3)]
    for job_id in jobs:
        finish(store, job_id, 30)
    store.close()
    store = JobStore(tmp_path, 60)
    assert [job.id for job in store.newest_first()] == [jobs[2], jobs[1]]
    assert {path.stem for path in tmp_path.glob("*.result")} == {jobs[2], jobs[1]}
    store.close()


def test_failures_do_not_pile_up_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENDED", 3)
    store = JobStore(tmp_path, MOST)
    waiting = take_on(store)
    ended = [take_on(store) for _ in range(5)]
    for job_id in ended:
        store.end(job_id, Failed("no"))
    assert [job.id for job in store.newest_first()] == [*reversed(ended[2:]), waiting]
    store.close()


def test_jobs_of_another_version_are_left_alone(tmp_path):
    store = JobStore(tmp_path, MOST)
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(OutputError, match="another version"):
        JobStore(tmp_path, MOST)
