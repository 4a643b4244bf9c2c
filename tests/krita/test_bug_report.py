"""“Copy for a bug report”: versions, what was said and what is wrong, and nobody's names."""

import json
import shlex

import pytest

from layerpeel.shared.version import VERSION
from waiting import has_ended, wait_for

pytestmark = pytest.mark.krita

SECONDS_TO_EXAMINE = 180
CLIPBOARD = "from layerpeel.plugin.qt import QApplication\nresult = QApplication.clipboard().text()"
CLEAR = "from layerpeel.plugin.qt import QApplication\nQApplication.clipboard().clear()"


@pytest.fixture
def copied(krita):
    """Press the button, and return what is on the clipboard then."""

    def copy():
        krita.run(CLEAR)
        krita.click("layerpeel_copy_report")
        krita.wait_until(lambda: krita.run(CLIPBOARD), SECONDS_TO_EXAMINE, "the report")
        return krita.run(CLIPBOARD)

    return copy


def test_from_the_settings_while_no_backend_runs(krita, docker, session_backend, copied):
    session_backend.end()
    secret = "s" * 43
    with (session_backend.folder / "backend.log").open("a", encoding="utf-8") as log:
        log.write(f"peeled “my secret plan” with {secret}\n")
    docker.change_settings(engine="compact", token=secret)
    krita.wait_until(lambda: "starts when it is needed" in docker.status, 10, "the status")
    docker.open_settings()
    with krita.watched_gui() as watched:
        report = copied()
    krita.screenshot_of("layerpeel_settings", "bug-report")
    docker.close_settings("cancel")
    versions = krita.run(
        "import platform\nfrom layerpeel.plugin.qt import qVersion\n"
        "result = [krita.version(), qVersion(), platform.python_version()]"
    )
    for fact in (*versions, f"Layerpeel {VERSION}", "Engine compact", "Backend stopped"):
        assert fact in report
    assert "The docker says: The backend starts when it is needed." in report
    assert "  backend: does not run" in report  # Said by the doctor,
    assert "The end of the log:" in report  # which shows the log too.
    for private in (secret, "my secret plan", str(krita.home.layerpeel.parent)):
        assert private not in report
    assert watched.longest_gap < 1.0
    assert session_backend.pid is None


def test_beside_the_log_of_a_backend_that_ends_at_once(
    krita, docker, easel, session_backend, small_painting, copied, tmp_path
):
    session_backend.end()
    program = tmp_path / "ends"
    program.write_text("#!/bin/sh\necho 'There is no numpy here.' >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    docker.set_backend(command=str(program))
    easel.picture(small_painting)
    line = docker.peel()
    krita.click("layerpeel_remedy_log")
    krita.wait_until("widgets.open_dialog() is not None", 10, "the log")
    report = copied()
    krita.screenshot_of("layerpeel_log", "bug-report-log")
    krita.click("layerpeel_log_close")
    assert f"The docker says: {line}" in report
    assert "layerpeel doctor ended with 3.\nThere is no numpy here." in report
    assert "The end of start.log:\nThere is no numpy here." in report


def test_without_any_command(krita, docker, session_backend, copied):
    session_backend.end()
    command = session_backend.folder / "command.json"
    kept = json.loads(command.read_text(encoding="utf-8"))
    session_backend.unregister()
    path = krita.run("import os\nresult = os.environ['PATH']\nos.environ['PATH'] = '/nowhere'")
    try:
        docker.open_settings()
        report = copied()
        docker.close_settings("cancel")
    finally:
        command.write_text(json.dumps(kept), encoding="utf-8")
        krita.run("import os\nos.environ['PATH'] = path", path=path)
    assert f"Layerpeel {VERSION}" in report
    assert "layerpeel doctor cannot be run: there is no command" in report


def test_the_window_may_be_closed_before_it_is_done(krita, docker, session_backend, tmp_path):
    session_backend.end()
    began = tmp_path / "began"
    program = tmp_path / "examines for ever"
    program.write_text(
        f"#!/bin/sh\necho $$ > '{began}.new'\nmv '{began}.new' '{began}'\nexec sleep 600\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    docker.change_settings(engine="compact", command=shlex.quote(str(program)))
    docker.open_settings()
    krita.run(CLEAR)
    krita.click("layerpeel_copy_report")
    process = int(wait_for(lambda: began.exists() and began.read_text(encoding="utf-8")))
    docker.close_settings("cancel")
    wait_for(lambda: has_ended(process))
    assert krita.run(CLIPBOARD) == ""
