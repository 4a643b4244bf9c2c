"""Results never take more room than allowed, and jobs that wait or run are never forgotten."""

import contextlib
import itertools
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend.errors import OutputError
from layerpeel.backend.server import job_store as module
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.result_notes import ResultNote
from layerpeel.shared.jobs import (
    Cancelled,
    Cause,
    Failed,
    Finished,
    JobState,
    JobSummary,
    SubmitJob,
)
from layerpeel.shared.protocol import ColourModel, Depth, PeelRequest, Picture, PixelBlock, Subject
from layerpeel.shared.wire import pack

MOST = 100
RESULT = b'{"message": {"size": [6, 7]}}\n'
PICTURE = Picture(PixelBlock(2, 1, ColourModel.RGBA, Depth.U8, bytes(8)))
numbers = itertools.count()

steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.just(0)),
        st.tuples(st.just("begin"), st.integers(0, 5)),
        st.tuples(st.just("finish"), st.integers(0, MOST + 20)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("fetch"), st.integers(0, 5)),
        st.tuples(st.just("forget"), st.integers(0, 5)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=30,
)


def new_job(name="job"):
    return JobSummary(f"id{next(numbers)}", name, JobState.QUEUED, 1.5, (3, 4), keepsake="k")


def write_sql(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def write_bytes_at(path, place, content):
    with path.open("rb+") as file:
        file.seek(place)
        file.write(content)


def take_on(store, keepsake="k"):
    job = replace(new_job(), keepsake=keepsake)
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
        self.fetched = set()

    def finished(self):
        jobs = self.store.newest_first()
        return [job.id for job in jobs if job.state is JobState.FINISHED]

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
        elif what == "fetch" and (finished := self.finished()):
            self.store.note_fetched(finished[number % len(finished)])
            self.fetched.add(finished[number % len(finished)])
        elif what == "begin" and alive:
            self.store.begin(alive[number % len(alive)])
        elif what == "cancel" and alive:
            self.store.end(alive[number % len(alive)], Cancelled())
        elif what == "finish" and alive:
            self.finish(alive[-1], number)

    def finish(self, job_id, size):
        finished = self.finished()
        if size + 1 > MOST:
            with pytest.raises(OutputError):
                finish(self.store, job_id, size)
            self.store.end(job_id, Failed("too large"))
            return
        finish(self.store, job_id, size)
        # Forgotten results were fetched, or all that were are forgotten; and they are the oldest.
        finished.sort(key=lambda one: (one not in self.fetched, self.order.index(one)))
        kept = [self.store.find(one) is not None for one in finished]
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
        keepsakes = sum(job.state.is_final for job in jobs)
        assert sum(path.stat().st_size for path in results) + keepsakes <= MOST
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
        store.note_fetched(job_id)
    store.close()
    store = JobStore(tmp_path, 62)
    assert [job.id for job in store.newest_first()] == [jobs[2], jobs[1]]
    assert {path.stem for path in tmp_path.glob("*.result")} == {jobs[2], jobs[1]}
    store.close()


def test_a_smaller_cap_by_itself_costs_nothing_that_nobody_has_fetched(tmp_path):
    store = JobStore(tmp_path, MOST)
    fetched, *jobs = [take_on(store) for _ in range(4)]
    for job_id in (fetched, *jobs):
        finish(store, job_id, 20)
    store.note_fetched(fetched)
    store.close()
    for _ in range(2):
        store = JobStore(tmp_path, 30)
        assert [job.id for job in store.newest_first()] == jobs[::-1]
        store.close()
    store = JobStore(tmp_path, 30)
    another = take_on(store)
    finish(store, another, 20)
    # What comes takes the place of the oldest: there is no more than before.
    assert [job.id for job in store.newest_first()] == [another, *jobs[:0:-1]]
    store.close()


def test_failures_do_not_pile_up_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_WITHOUT_RESULT", 3)
    store = JobStore(tmp_path, MOST)
    waiting = take_on(store)
    ended = [take_on(store) for _ in range(5)]
    for job_id in ended:
        store.end(job_id, Failed("no"))
    assert [job.id for job in store.newest_first()] == [*reversed(ended[2:]), waiting]
    store.close()


def test_results_do_not_leave_because_others_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_WITHOUT_RESULT", 3)
    store = JobStore(tmp_path, MOST)
    finished = [take_on(store) for _ in range(5)]
    for job_id in finished:
        finish(store, job_id, 5)
    for _ in range(5):
        store.end(take_on(store), Failed("no"))
    jobs = store.newest_first()
    assert [job.id for job in jobs if job.state is JobState.FINISHED] == finished[::-1]
    assert len(jobs) == 5 + 3
    store.close()


def test_keepsakes_take_room_too(tmp_path):
    store = JobStore(tmp_path, MOST)
    first, second = take_on(store, "k" * 40), take_on(store, "k" * 40)
    finish(store, first, 15)
    finish(store, second, 15)
    assert store.find(first) is None
    with pytest.raises(OutputError, match="bytes"):
        finish(store, take_on(store, "k" * 60), 60)
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no database at all" * 999),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.unlink(),
        lambda path: write_sql(path, "UPDATE jobs SET state = 'odd', name = x'ff'"),
        lambda path: write_sql(path, "DROP TABLE jobs"),
        lambda path: write_sql(path, "PRAGMA user_version = 1234567890"),
        lambda path: write_bytes_at(path, 18, b"\x03"),
        lambda path: write_bytes_at(path, path.read_bytes().index(b"L UNIQUE"), b"\xc9nv\xf2(("),
        lambda path: write_sql(path, "ALTER TABLE jobs RENAME COLUMN name TO nobody"),
    ],
    ids=[
        "empty",
        "foreign",
        "cut",
        "gone",
        "odd rows",
        "no table",
        "no such version",
        "no such format",
        "no text",
        "other columns",
    ],
)
def test_results_are_found_again_when_their_records_are_damaged(tmp_path, damage):
    store = JobStore(tmp_path, MOST)
    job = new_job("Ritter → 🏰")
    store.add(job)
    finish(store, job.id, 5, ("note",))
    store.note_fetched(job.id)
    other = take_on(store)
    finish(store, other, 7)
    store.close()
    damage(tmp_path / "jobs.sqlite")
    store = JobStore(tmp_path, MOST)
    assert [each.id for each in store.newest_first()] == [other, job.id]
    assert store.find(job.id) == replace(job, state=JobState.FINISHED)
    assert store.outcome_of(store.find(job.id)) == Finished(("note",))
    assert store.result_file(other).read_bytes() == bytes(7)
    assert "2 results were found again" in store.mended
    set_aside = list(tmp_path.glob("*.damaged*"))
    assert bool(set_aside) == ("set aside" in store.mended)
    store.close()
    store = JobStore(tmp_path, MOST)
    assert (len(store.newest_first()), store.mended) == (2, "")
    assert list(tmp_path.glob("*.damaged*")) == set_aside
    store.close()


@pytest.mark.parametrize("is_gone", [True, False])
def test_jobs_whose_records_are_lost_wait_again(tmp_path, is_gone):
    store = JobStore(tmp_path, MOST)
    request = PeelRequest(Subject())
    asked = [SubmitJob(f"Ritter {n} 🏰", request, PICTURE, f"of {n}") for n in range(3)]
    jobs = [replace(new_job(each.name), size=(2, 1), keepsake=each.keepsake) for each in asked]
    for number, (job, each) in enumerate(zip(jobs, asked, strict=True)):
        store.request_file(job.id).write_bytes(pack(each))
        os.utime(store.request_file(job.id), (number, number))
        store.add(job)
    store.request_file("cut").write_bytes(pack(asked[0])[:-1])
    store.close()
    path = tmp_path / "jobs.sqlite"
    path.unlink() if is_gone else path.write_bytes(b"no database" * 999)
    store = JobStore(tmp_path, MOST)
    wanted = [replace(job, created=float(number)) for number, job in enumerate(jobs)]
    assert list(store.waiting()) == wanted
    assert "and 3 jobs wait again." in store.mended
    assert all(store.request_file(job.id).is_file() for job in jobs)
    assert (tmp_path / "cut.request.damaged").is_file()
    store.close()
    store = JobStore(tmp_path, MOST)
    assert (list(store.waiting()), store.mended) == (wanted, "")
    store.close()


def test_a_result_that_is_whole_is_finished_though_its_record_does_not_say_so(tmp_path):
    store = JobStore(tmp_path, MOST)
    job_id = take_on(store)
    store.begin(job_id)
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database:
        before = database.execute("SELECT * FROM jobs").fetchall()
    finish(store, job_id, 5)
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database, database:
        database.execute("DELETE FROM jobs")
        places = ", ".join("?" for _ in before[0])
        database.execute(f"INSERT INTO jobs VALUES ({places})", before[0])  # noqa: S608
    store = JobStore(tmp_path, MOST)
    assert store.find(job_id).state is JobState.FINISHED
    assert store.result_file(job_id).is_file()
    store.close()


def test_finding_results_again_may_end_halfway(tmp_path):
    store = JobStore(tmp_path, MOST)
    jobs = [take_on(store) for _ in range(3)]
    for job_id in jobs:
        finish(store, job_id, 5)
    store.close()
    path = tmp_path / "jobs.sqlite"
    write_sql(path, "DELETE FROM jobs")
    # Where there is a note it says more than the result; without one there is only the result.
    (tmp_path / f"{jobs[2]}.note").unlink()
    (tmp_path / f"{jobs[2]}.result").write_bytes(RESULT)
    write_sql(
        path,
        f"CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.id = '{jobs[1]}' "
        "BEGIN SELECT RAISE(FAIL, 'disk is full'); END",
    )
    with pytest.raises(OutputError, match="disk is full"):
        JobStore(tmp_path, MOST)
    write_sql(path, "DROP TRIGGER full")
    store = JobStore(tmp_path, MOST)
    assert {job.id for job in store.newest_first()} == set(jobs)
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM jobs WHERE bytes = 0").fetchone() == (0,)
    store.close()


@pytest.mark.parametrize("are_records_lost", [False, True])
def test_a_note_that_cannot_be_read_costs_no_result(tmp_path, are_records_lost):
    store = JobStore(tmp_path, MOST)
    kept, job_id = take_on(store), take_on(store)
    finish(store, kept, 5)
    finish(store, job_id, 5)
    store.close()
    (tmp_path / f"{job_id}.note").write_bytes(b"\0" * 9)
    (tmp_path / f"{job_id}.result").write_bytes(RESULT)
    lost = [kept, job_id] if are_records_lost else [job_id]
    for each in lost:
        write_sql(tmp_path / "jobs.sqlite", f"DELETE FROM jobs WHERE id = '{each}'")  # noqa: S608
    store = JobStore(tmp_path, MOST)
    assert {job.id for job in store.newest_first()} == {kept, job_id}
    assert store.find(job_id).size == (6, 7)
    assert store.result_file(job_id).read_bytes() == RESULT
    store.close()


@pytest.mark.parametrize("are_records_lost", [False, True])
def test_a_result_that_cannot_be_read_is_set_aside(tmp_path, are_records_lost):
    store = JobStore(tmp_path, MOST)
    kept, job_id = take_on(store), take_on(store)
    finish(store, kept, 5)
    finish(store, job_id, 5)
    store.close()
    (tmp_path / f"{job_id}.note").write_bytes(b"\0" * 9)
    (tmp_path / f"{job_id}.result").write_bytes(b"\0" * 9)
    lost = [kept, job_id] if are_records_lost else [job_id]
    for each in lost:
        write_sql(tmp_path / "jobs.sqlite", f"DELETE FROM jobs WHERE id = '{each}'")  # noqa: S608
    store = JobStore(tmp_path, MOST)
    assert [job.id for job in store.newest_first()] == [kept]
    assert (tmp_path / f"{job_id}.result.damaged").read_bytes() == b"\0" * 9
    store.close()


def test_a_result_that_is_being_given_up_costs_no_other(tmp_path, monkeypatch):
    store = JobStore(tmp_path, MOST)
    fetched, first, second = (take_on(store) for _ in range(3))
    finish(store, fetched, 40)
    store.note_fetched(fetched)
    finish(store, first, 40)
    unlink = Path.unlink

    def die(path, missing_ok=False):
        if path.stem == fetched:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        # The process is killed when the records are on the disk, and no file is removed yet.
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            finish(store, second, 40)
    store.close()
    assert (tmp_path / f"{fetched}.result").exists()
    store = JobStore(tmp_path, MOST)
    assert [job.id for job in store.newest_first()] == [second, first]
    assert not (tmp_path / f"{fetched}.result").exists()
    store.close()


def test_what_was_forgotten_stays_forgotten(tmp_path):
    store = JobStore(tmp_path, MOST)
    job_id = take_on(store)
    finish(store, job_id, 5)
    store.forget(job_id)
    store.close()
    store = JobStore(tmp_path, MOST)
    assert store.newest_first() == ()
    assert not list(tmp_path.glob(f"{job_id}*"))
    store.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_records_of_earlier_versions_are_taken_on(tmp_path, version):
    fetched = ", fetched INTEGER NOT NULL DEFAULT 0"
    later = {1: "", 2: fetched, 3: f"{fetched}, cause TEXT NOT NULL DEFAULT 'other'"}[version]
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database, database:
        database.execute(
            "CREATE TABLE jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
            " name TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL,"
            " width INTEGER NOT NULL, height INTEGER NOT NULL, message TEXT NOT NULL DEFAULT '',"
            " keepsake TEXT NOT NULL DEFAULT '', notes TEXT NOT NULL DEFAULT '[]',"
            f" bytes INTEGER NOT NULL DEFAULT 0{later})"
        )
        database.execute(
            "INSERT INTO jobs (id, name, state, created, width, height, keepsake, bytes)"
            " VALUES ('old', 'Old', 'finished', 1.5, 3, 4, 'k', 5)"
        )
        database.execute(f"PRAGMA user_version = {version}")
    (tmp_path / "old.result").write_bytes(bytes(5))
    store = JobStore(tmp_path, MOST)
    assert store.find("old") == JobSummary(
        "old", "Old", JobState.FINISHED, 1.5, (3, 4), keepsake="k"
    )
    failed = take_on(store)
    store.end(failed, Failed("no", Cause.MODEL))
    assert store.outcome_of(store.find(failed)) == Failed("no", Cause.MODEL)
    store.close()


def test_records_are_brought_to_this_version_whole_or_not_at_all(tmp_path):
    path = tmp_path / "jobs.sqlite"
    JobStore(tmp_path, MOST).close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE jobs DROP COLUMN fetched")
        database.execute("PRAGMA user_version = 1")
    # The second of two changes fails, as the column that it adds is there.
    store = JobStore(tmp_path, MOST)
    assert store.mended
    store.close()
    (aside,) = tmp_path.glob("jobs.sqlite.damaged-*")
    with contextlib.closing(sqlite3.connect(aside)) as database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(jobs)")]
    assert "cause" in columns
    assert "fetched" not in columns


def test_jobs_of_another_version_are_left_alone(tmp_path):
    store = JobStore(tmp_path, MOST)
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(OutputError, match="another version"):
        JobStore(tmp_path, MOST)


def bring(store, size):
    """Take in a result from elsewhere, of so many bytes; return its id."""
    job = replace(new_job(), state=JobState.FINISHED, created=9.5)
    store.draft_file("came").write_bytes(bytes(size))
    store.take_in(ResultNote(job, ()), "came")
    return job.id


def test_what_comes_from_elsewhere_hides_nothing_of_ones_own(tmp_path):
    store = JobStore(tmp_path, MOST)
    own = [take_on(store) for _ in range(2)]
    for job_id in own:
        finish(store, job_id, 5)
    came = [bring(store, 1) for _ in range(4)]
    assert [job.id for job in store.newest_first(2)] == [*own[::-1], *came[:1:-1]]
    assert [job.id for job in store.newest_first()] == [*own[::-1], *came[::-1]]
    store.close()
    store = JobStore(tmp_path, MOST)
    later = take_on(store)
    assert [job.id for job in store.newest_first(1)] == [later, came[-1]]
    store.close()


def test_what_came_from_elsewhere_is_given_up_before_ones_own(tmp_path):
    store = JobStore(tmp_path, MOST)
    own = take_on(store)
    finish(store, own, 30)
    store.note_fetched(own)
    first, second = bring(store, 20), bring(store, 20)
    last = take_on(store)
    finish(store, last, 30)
    assert [job.id for job in store.newest_first()] == [last, own, second]
    assert store.find(first) is None
    store.close()
