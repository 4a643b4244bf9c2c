"""From the bare zip to the first layers by clicks alone; broken steps, cancel, resume, remove."""

import json
import resource
import runpy
import time
from pathlib import Path

import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.given_krita import ROOT
from krita_harness.installing import SetupPage, base_python, copy_models, lock_of, small_wheel
from krita_harness.running import DOCKER
from PyQt5.QtCore import QLockFile

from layerpeel.shared.version import PROTOCOL, VERSION

pytestmark = [
    pytest.mark.krita,
    pytest.mark.skipif(bool(ROOT), reason="set-up would need this machine's Python in that folder"),
]

REPOSITORY = Path(__file__).parents[2]
OLD_PYTHON = '{"path": "/old/python", "version": [3, 9, 2], "bits": 64, "lacks": []}'
# Of a backend that ends at once; half of what one that starts is waited for.
SECONDS_TO_BE_TOLD = 45
TORCH = "layerpeel_torch_thing"  # stands for it
STEPS = ("environment", "fetch", "install", "compile", "models", "register")


@pytest.fixture(scope="module")
def builder():
    return runpy.run_path(str(REPOSITORY / "packaging" / "plugin_zip.py"))


@pytest.fixture(scope="module")
def wheel(builder, tmp_path_factory):
    return builder["build_backend"](tmp_path_factory.mktemp("wheel"), isolated=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory, pointing_store):
    """A folder with all that is installed: a package, and the models."""
    folder = tmp_path_factory.mktemp("source")
    small_wheel(folder)
    small_wheel(folder, TORCH)
    copy_models(pointing_store, folder)
    return folder


@pytest.fixture(scope="module")
def setup_zip(builder, wheel, source, tmp_path_factory):
    """The plugin with the real wheel, and a lock of the one package."""
    folder = tmp_path_factory.mktemp("zip")
    small, torch = sorted(source.glob("*.whl"))
    locks = [lock_of(small, folder / name) for name in ("requirements.lock", "npm.lock")]
    locks.append(lock_of(torch, folder / "torch.lock"))
    return builder["build_plugin_zip"](folder, payload=[wheel, *locks])


@pytest.fixture
def start_bare(launch_krita, setup_zip, source, tmp_path):
    """Start a Krita that has the plugin, a Python, and no backend; fetching leads to `source`."""

    def start(plugin_zip=setup_zip, **more):
        programs = base_python(tmp_path / "programs")
        environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "LAYERPEEL_MODELS": str(tmp_path / "models"),
            "LAYERPEEL_MODEL_MIRROR": str(source),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(source),
            "LANG": "C",  # Krita's Python then has ASCII file names, as it has for artists.
            **more,
        }
        return launch_krita(environment, "bäre", plugin_zip)

    return start


@pytest.fixture
def end_backends():
    """End the backends that a test's Kritas have started."""
    homes = []
    yield homes.append
    for home in homes:
        Backend(home).end()


FAILING_REMOVAL = """
from layerpeel.plugin.setup import setting_up
def fail(_folders):
    yield "remove files"
    return ["/x: It is in use"]
setting_up.remove_in_turns = fail
"""
REAL_REMOVAL = """
from layerpeel.plugin.setup import removal, setting_up
setting_up.remove_in_turns = removal.remove_in_turns
"""
# Whatever this machine has: torch is not fetched here.
ROOM = """
import shutil
from types import SimpleNamespace
shutil.disk_usage = lambda _folder: SimpleNamespace(free=free)
"""
# The backend sees torch in the test's own environment.
WITHOUT_TORCH = """
from dataclasses import replace
page = widgets.the("layerpeel_models_heading").parent()
offers = tuple(replace(each, lacks="It lacks torch.") for each in page._told.offers)
page._show(replace(page._told, offers=offers))
"""
SPEAK = """
from layerpeel.plugin.backend import connection
connection.PROTOCOL = protocol
"""


def get_ready(krita, small_painting, soft_disc):
    easel, docker = Easel(krita), Docker(krita)
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    return docker


def peel(krita, small_painting, soft_disc):
    return get_ready(krita, small_painting, soft_disc).peel()


def command_of(krita):
    """The registered command; None when there is none."""
    path = krita.home.layerpeel / "command.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def environments(krita):
    return sorted(path.name for path in (krita.home.layerpeel / "setup").glob("environment-*"))


def picture(krita, name):
    """Take a screenshot of the docker at the least width that artists use."""
    krita.run("widgets.narrow_docker(250)")
    krita.screenshot_of("layerpeel_docker", f"setup-{name}")


def test_from_the_bare_zip_to_the_first_layers(start_bare, end_backends, small_painting, soft_disc):
    krita = start_bare()
    end_backends(krita.home)
    page = SetupPage(krita)
    page.wait_for_offer()
    picture(krita, "offer")
    assert not (krita.home.layerpeel / "setup").exists()  # Nothing is done before the click.
    assert "MB" in page.text("set_up")
    assert "MIT" in page.text("setup_text")
    assert "programs/python3.13" in page.text("setup_with")
    page.press("set_up")
    page.show_log()
    page.wait_for_step(STEPS.index("install") + 1)
    picture(krita, "running")
    assert page.wait_for_end() == ""
    assert environments(krita) == ["environment-1"]
    assert [each.name for each in (krita.home.layerpeel / "setup").iterdir()] == ["environment-1"]
    assert Docker(krita).message == "The backend is set up."
    picture(krita, "done")
    assert peel(krita, small_painting, soft_disc) == DONE
    assert "/setup/environment-1/" in command_of(krita)[0]


def test_installed_again_updated_and_removed(start_bare, end_backends, small_painting, soft_disc):
    krita = start_bare()
    end_backends(krita.home)
    docker, page, backend = Docker(krita), SetupPage(krita), Backend(krita.home)
    page.set_up()
    page.open_from_settings()
    assert page.text("setup_text").startswith(f"Version {VERSION} is installed.")
    picture(krita, "again")
    page.press("setup_back")
    assert page.text("set_up") == ""

    setup = krita.home.layerpeel / "setup"
    (part,) = setup.glob("environment-1/lib/*/site-packages/layerpeel/backend/server/serving.py")
    part.unlink()
    get_ready(krita, small_painting, soft_disc)
    begun = time.monotonic()
    line = docker.peel()
    assert time.monotonic() - begun < SECONDS_TO_BE_TOLD
    assert line.startswith("The backend ended as soon as it was started: ModuleNotFoundError")
    picture(krita, "does-not-start")
    page.open_log()
    assert "serving" in krita.evaluate("widgets.the('layerpeel_log_text').toPlainText()")
    krita.screenshot_of("layerpeel_log", "setup-log-window")
    krita.click("layerpeel_log_close")
    page.press("remedy_set_up")
    page.wait_for_offer()
    assert page.text("set_up").startswith("Install again")
    page.press("set_up")
    assert page.wait_for_end() == ""
    assert environments(krita) == ["environment-2"]
    assert docker.peel() == DONE
    process = backend.pid

    # As a newer plugin finds it: what is installed came from another one.
    (record,) = setup.glob("*/layerpeel-setup.json")
    told = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**told, "fingerprint": "old", "version": "0.1.0"}))
    # And the backend that runs speaks another protocol than that plugin.
    krita.run(SPEAK, protocol=PROTOCOL + 1)
    docker.look_at_backend()
    krita.wait_until(lambda: "older than this plugin" in docker.status, 20, "the refusal")
    picture(krita, "update-notice")
    page.press("remedy_set_up")
    page.wait_for_offer()
    assert f"another backend ({VERSION}) than is installed (0.1.0)" in page.text("setup_text")
    picture(krita, "update")
    page.press("set_up")
    assert page.wait_for_end() == ""
    backend.wait_for_end_of(process)
    krita.run(SPEAK, protocol=PROTOCOL)
    assert environments(krita) == ["environment-3"]

    (python,) = setup.glob("environment-3/bin/python")
    away = python.rename(python.with_name("away"))
    docker.look_at_backend()
    page.wait_for_offer()
    assert "the Python that it was set up with has gone" in page.text("setup_text")
    assert page.text("set_up").startswith("Install again")
    away.rename(python)
    docker.look_at_backend()
    krita.wait_until(lambda: not page.shown("set_up"), 20, "the backend to be found")

    page.open_from_settings()
    krita.run(FAILING_REMOVAL)
    page.press("setup_remove")
    assert page.wait_for_end() == "Not all could be removed: /x: It is in use"
    assert page.text("set_up") == "Try again"
    assert page.text("setup_online").startswith("Set up online")
    assert not page.shown("setup_torch")
    picture(krita, "not-removed")
    krita.run(REAL_REMOVAL)
    page.press("set_up")
    krita.wait_until(
        lambda: page.text("setup_heading") == "Set up Layerpeel", 60, "the removal to end"
    )
    assert not setup.exists()
    assert command_of(krita) is None


def test_cancelled_in_each_step_and_killed_it_is_never_taken_for_whole(start_bare, end_backends):
    krita = start_bare()
    end_backends(krita.home)
    page = SetupPage(krita)
    page.wait_for_offer()
    for number in range(1, len(STEPS)):
        page.press("set_up")
        page.wait_for_step(number)
        assert page.cancel_at_once()
        page.wait_for_offer()
        assert command_of(krita) is None
        goes_on = number > STEPS.index("install") + 1
        assert (page.text("set_up") == "Go on") == goes_on
    picture(krita, "unfinished")
    before = environments(krita)
    python = krita.home.layerpeel / "setup" / before[-1] / "bin" / "python"
    away = python.rename(python.with_name("away"))
    Docker(krita).look_at_backend()
    assert page.text("set_up").startswith("Set up (")  # Nothing can go on without it.
    away.rename(python)
    Docker(krita).look_at_backend()
    assert page.text("set_up") == "Go on"
    page.press("set_up")
    page.wait_for_step(STEPS.index("models") + 1)
    krita.kill()
    krita.start()
    page.wait_for_offer()
    assert page.text("set_up") == "Go on"
    page.press("set_up")
    assert page.wait_for_end() == ""
    assert [name for name in before if f"/{name}/" in command_of(krita)[0]] == before[-1:]
    assert environments(krita) == before[-1:]


def test_what_breaks_a_step_is_told_and_mended_by_trying_again(
    start_bare, end_backends, source, tmp_path
):
    krita = start_bare()
    end_backends(krita.home)
    page, setup = SetupPage(krita), krita.home.layerpeel / "setup"
    page.wait_for_offer()

    theirs = QLockFile(str(setup.with_name("setup.lock")))
    assert theirs.tryLock(0)
    page.press("set_up")
    assert page.wait_for_end() == "Another Krita is setting the backend up: wait for it."
    theirs.unlock()

    setup.rmdir()
    setup.write_text("in the way", encoding="utf-8")
    page.press("set_up")
    assert page.wait_for_end().startswith("A folder cannot be written: ")
    picture(krita, "not-writable")
    setup.unlink()

    resource.prlimit(krita.pid, resource.RLIMIT_FSIZE, (5_000_000, resource.RLIM_INFINITY))
    page.press("set_up")
    assert page.wait_for_end().startswith("There is not enough room on the disk")
    resource.prlimit(krita.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert command_of(krita) is None

    (carried,) = krita.home.resources.glob("pykrita/layerpeel/payload/*.whl")
    whole = carried.read_bytes()
    carried.write_bytes(whole[:1_000_000] + bytes(1000) + whole[1_001_000:])
    page.press("set_up")
    assert page.wait_for_end().startswith("The plugin's own files are damaged")
    picture(krita, "damaged")
    carried.write_bytes(whole)

    lacking = tmp_path / "läcking"
    lacking.mkdir()
    page.choose_folder(lacking)
    assert page.wait_for_end().startswith("The folder lacks the model ")
    assert page.text("set_up") == "Try again"
    # Whoever finds that torch does not fit can leave it out.
    for wanted in (True, False):
        page.press("setup_torch")
        assert krita.evaluate("widgets.the('layerpeel_setup_torch').isChecked()") is wanted
    picture(krita, "folder-lacks")
    page.press("setup_online")
    assert page.wait_for_end() == ""
    page.open_from_settings()
    page.choose_folder(source)
    assert page.wait_for_end() == ""
    assert command_of(krita) is not None


def test_no_python_is_told_with_where_one_comes_from(start_bare, tmp_path):
    krita = start_bare()
    page = SetupPage(krita)
    page.wait_for_offer()
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho '" + OLD_PYTHON + "'\n", encoding="utf-8")
    old.chmod(0o755)
    krita.run(
        "from layerpeel.plugin.setup import python_search as search\n"
        "search.pythons_to_try = lambda *_: [['/no/such/python'], [path]]\n"
        "from layerpeel.plugin.docker import SETTING_UP\nSETTING_UP.look()",
        path=str(old),
    )
    krita.wait_until(lambda: page.shown("setup_look"), 20, "the end of the search")
    text = page.text("setup_text")
    assert "It needs Python 3.11 to 3.14" in text
    assert "Python 3.9.2 (/old/python) is too old." in text
    assert "python3-venv" in text
    picture(krita, "no-python")
    krita.run(
        "from layerpeel.plugin.setup import python_search as search, systems\n"
        "search.pythons_to_try = systems.pythons_to_try"
    )
    page.press("setup_look")
    page.wait_for_offer()


def test_torch_is_said_and_comes_only_where_it_is_wanted(start_bare, end_backends):
    krita = start_bare()
    end_backends(krita.home)
    page = SetupPage(krita)
    page.set_up()
    assert not has_torch(krita)
    Docker(krita).open_settings()
    krita.click("layerpeel_models")
    krita.wait_until("bool(widgets.named('layerpeel_model_sam'))", 30, "the models")
    assert not page.shown("models_lack")
    krita.run(WITHOUT_TORCH)
    krita.screenshot_of(DOCKER, "models-without-torch")
    page.press("models_lack_remedy")
    page.wait_for_offer()
    assert krita.evaluate("widgets.the('layerpeel_setup_torch').isChecked()")
    assert "torch and what goes with it, 3060 MB" in page.text("setup_text")
    krita.screenshot_of(DOCKER, "set-up-with-torch")
    page.press("setup_torch")
    assert "torch" not in page.text("setup_text")
    page.press("setup_torch")
    krita.run(ROOM, free=9e9)
    page.press("set_up")
    # How much also depends on whether there is npm.
    assert page.wait_for_end().startswith("There is not enough room on the disk: set-up needs ")
    assert page.shown("setup_torch")
    krita.screenshot_of(DOCKER, "set-up-no-room")
    krita.run(ROOM, free=11e9)
    page.press("set_up")
    assert page.wait_for_end() == ""
    assert has_torch(krita)
    krita.click("layerpeel_leave_models")
    # What has it keeps it.
    page.open_from_settings()
    assert krita.evaluate("widgets.the('layerpeel_setup_torch').isChecked()")


def has_torch(krita):
    """Whether the one environment that there is has what stands for torch."""
    (folder,) = (krita.home.layerpeel / "setup").glob("environment-*")
    return any(folder.glob(f"lib/python3*/site-packages/{TORCH}.py"))
