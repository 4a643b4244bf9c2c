"""The real Krita for tests: started once per run, reset before each test.

Tests here carry the mark `krita`. Where Krita or a program to drive it is missing they are skipped,
with the reason in the summary; where the environment variable CI is set they fail instead.
LAYERPEEL_WITHOUT_KRITA=1 skips them in any case. LAYERPEEL_SCREENSHOTS names a folder for the
screenshots that tests take.
"""

import os
import runpy
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

# Pytest does not put this folder on the path, where the harness lies.
sys.path.append(str(Path(__file__).parent))

from krita_harness import requirements  # noqa: E402
from krita_harness.backend import Backend  # noqa: E402
from krita_harness.docker import Docker  # noqa: E402
from krita_harness.easel import Easel  # noqa: E402
from krita_harness.generating import Generating  # noqa: E402
from krita_harness.home import ENGINE  # noqa: E402
from krita_harness.launcher import Launcher  # noqa: E402
from krita_harness.painter import DOWNLOADS, FAST, LACKING, Painter  # noqa: E402
from krita_harness.pictures import disc_selection, opaque, small_picture  # noqa: E402
from krita_harness.pointing import PointingPanel  # noqa: E402
from krita_harness.results import ResultsPage  # noqa: E402
from krita_harness.strangers import stranger  # noqa: E402

from layerpeel.backend.models.model_store import default_folder  # noqa: E402


def pytest_runtest_setup(item):
    """Skip or fail tests that need Krita where it cannot be started."""
    if item.get_closest_marker("krita") is None:
        return
    reason = requirements.reason_to_leave_out(os.environ)
    if reason is None:
        return
    if requirements.is_failure(os.environ):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Add Krita's log and a screenshot to the report of a failure."""
    report = yield
    launcher = item.funcargs.get("krita_launcher") if hasattr(item, "funcargs") else None
    if report.failed and launcher is not None:
        for number, krita in enumerate(launcher.started, 1):
            if krita.is_running:
                picture = krita.screenshot(f"failed-{item.name}-{number}")
                report.sections.append(("Screen", str(picture)))
            report.sections.append((f"Krita {number}", krita.account()))
    return report


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory):
    """The plugin as artists get it, built from this repository."""
    build = runpy.run_path(str(REPOSITORY / "packaging" / "plugin_zip.py"))["build_plugin_zip"]
    return build(tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="session")
def krita_environment():
    """Further variables for every Krita: the models of this machine's user."""
    return {"LAYERPEEL_MODELS": str(default_folder()), "OMP_WAIT_POLICY": "PASSIVE"}


@pytest.fixture(scope="session")
def krita_launcher(tmp_path_factory, plugin_zip):
    """Starts Kritas, for fixtures; tests use `krita` or `launch_krita`."""
    launcher = Launcher(tmp_path_factory.mktemp("krita"), plugin_zip)
    yield launcher
    launcher.kill_all()


@pytest.fixture(scope="session")
def session_krita(krita_launcher, krita_environment):
    """The one Krita of a run; tests use `krita`, which resets it."""
    krita = krita_launcher.launch(krita_environment)
    yield krita
    if problem := krita_launcher.end(krita):
        pytest.fail(problem, pytrace=False)


@pytest.fixture
def krita(session_krita):
    """The one Krita of a run, without documents; unhandled exceptions fail the test."""
    if session_krita.is_running:
        session_krita.reset()
    else:
        session_krita.start()
    yield session_krita
    if not session_krita.is_running:
        pytest.fail(f"Krita died in this test. {session_krita.account()}", pytrace=False)
    if errors := session_krita.errors():
        pytest.fail("Unhandled exceptions in Krita:\n" + "\n".join(errors), pytrace=False)


@pytest.fixture
def launch_krita(session_krita, krita_launcher, krita_environment):
    """Start another Krita, which the test may quit, kill and `start` again.

    `launch_krita(environment, name of its home's folder, another plugin's zip)`
    """
    mine = []

    def launch(environment=None, name="home", plugin_zip=None):
        everything = {**krita_environment, **(environment or {})}
        mine.append(krita_launcher.launch(everything, name, plugin_zip))
        return mine[-1]

    yield launch
    problems = [problem for krita in mine if (problem := krita_launcher.end(krita))]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(scope="session")
def session_backend(session_krita, isnet_store):
    """The backend of the one Krita: the plugin starts it, and it stays from test to test."""
    backend = Backend(session_krita.home)
    backend.register()
    yield backend
    backend.end()


@pytest.fixture
def docker(krita, session_backend):
    """The docker of the one Krita, with a registered backend."""
    docker = Docker(krita)
    yield docker
    if krita.is_running:
        docker.forget_settings()


@pytest.fixture
def backend(results, session_backend):
    """The backend of the one Krita, running."""
    if session_backend.pid is None:
        results.open()
        results.close()
    return session_backend


@pytest.fixture
def easel(krita):
    """Draws in the documents of the one Krita."""
    return Easel(krita)


@pytest.fixture(scope="session")
def scene(make_scene):
    """A woman before hills, 240×180, with one clear subject."""
    return make_scene((240, 180), "hills0", ("jessica", 70, 20, 140))


@pytest.fixture(scope="session")
def painting(scene):
    """H×W×4 of the scene, opaque, 8 bits."""
    return opaque(scene.picture)


@pytest.fixture(scope="session")
def small_painting():
    """H×W×4, 160×120, opaque, 8 bits: shapes with soft edges over a gradient, with some noise."""
    return small_picture()


@pytest.fixture(scope="session")
def soft_disc():
    """H×W of 0–255, 160×120: a selection with a soft edge, clear of the border."""
    return disc_selection()


@pytest.fixture
def peel_exactly(docker, easel, soft_disc):
    """Peel the soft disc off, from the given source."""

    def peel(source="Whole picture"):
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        docker.take_from(source)
        return docker.peel()

    return peel


@pytest.fixture
def looking_first(krita, docker):
    """The setting that results are looked at first."""
    docker.change_settings(engine=ENGINE, inserts_at_once=False)


@pytest.fixture
def peel_and_look(docker, easel, results, looking_first, soft_disc):
    """Peel the soft disc off, and wait until the result is shown."""

    def peel(source="Whole picture", form="Layers"):
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        docker.take_from(source)
        docker.give_back_as(form)
        docker.start()
        results.wait_for_look()

    return peel


@pytest.fixture
def results(krita, docker):
    """The docker's page of results."""
    return ResultsPage(krita)


@pytest.fixture
def pointing(krita, docker):
    """The docker's picture to point at."""
    return PointingPanel(krita)


@pytest.fixture
def painter():
    """A fake backend that paints at once, unless a test makes it wait; see `Painter`."""
    return Painter(FAST, LACKING, downloads=DOWNLOADS)


@pytest.fixture
def generating(krita, docker, painter):
    """The page that generates, with the painter behind it."""
    with stranger(painter.handler()) as address:
        docker.change_settings(engine=ENGINE, address=address)
        page = Generating(krita)
        page.open()
        yield page
        painter.go_on.set()
        if krita.is_running:
            krita.run("inputs.restore('layerpeel_docker')")
