"""The docker in German: no text is cut in a narrow docker, in either theme, at 100 % and 200 %."""

from pathlib import Path

import pytest
from krita_harness.backend import Backend
from krita_harness.docker import Docker
from krita_harness.easel import Easel
from krita_harness.given_krita import ROOT
from krita_harness.home import ENGINE, SETTINGS
from krita_harness.installing import base_python, small_wheel
from krita_harness.painter import DOWNLOADS, FAST, LACKING, Painter
from krita_harness.pointing import PointingPanel
from krita_harness.running import DOCKER
from krita_harness.strangers import stranger
from plugin_zip import build_plugin_zip

from layerpeel.shared.version import VERSION

pytestmark = [
    pytest.mark.krita,
    pytest.mark.skipif(bool(ROOT), reason="set-up would need this machine's Python in that folder"),
]
REPOSITORY = Path(__file__).parents[2]
NARROW = 250  # logical pixels
THEME = """
for action in krita.action('theme_menu').menu().actions():
    if action.text().replace('&', '') == theme:
        action.trigger()
"""
SET_UP = """
from layerpeel.plugin.docker import SETTING_UP
from layerpeel.plugin.setup import failures, python_facts, setting_up, steps
if state == "no python":
    told = '{"path": "/opt/python/bin/python3", "version": [3, 9, 2], "bits": 64, "lacks": []}'
    SETTING_UP.refused = [python_facts.judge(told)]
if state == "running":
    SETTING_UP.step, SETTING_UP.detail, SETTING_UP.done = steps.STEPS[2], "numpy", 0.4
if state == "failed":
    SETTING_UP.failure = failures.failure_in("ERROR: certificate verify failed", 1)
    SETTING_UP.lines = ["ERROR"]
SETTING_UP.state = setting_up.SetupState(state)
SETTING_UP.changed.emit()
"""
CHOOSE = "v = widgets.the('layerpeel_result_list'); v.setCurrentIndex(v.model().index(1, 0))"
# Shown only for a moment, and put together.
SHORT_LIVED = """
from layerpeel.plugin.texts import number_text, stage_text
stages = "Finding its edge (layer 2 of 3)", "Painting (step 3 of 20)", "Pulling SDXL", "Unknown"
result = [*map(stage_text, stages), number_text(1.5)]
"""
IN_GERMAN = [
    "Die Kante finden (Ebene 2 von 3)",
    "Generieren (Schritt 3 von 20)",
    "SDXL wird heruntergeladen",
    "Unknown",
    "1,5",
]

# As the backend answers, whichever networks are there.
THINGS_FOUND = """
from layerpeel.shared.pointing import FoundThing, Outlined, ThingsFound, WhatThings
from layerpeel.shared.protocol import Coverage, Thing, ThingPart
pointing = widgets.the("layerpeel_picture")._pointing
part = ThingPart(Coverage(9, 9, bytes([255]) * 81), (0, 0))
names = "Middle", "Bottom right 2"
found = tuple(FoundThing(Thing(name, (part,)), Outlined(())) for name in names)
pointing._answered(WhatThings(pointing.most), ThingsFound(found))
row = widgets.the("layerpeel_things")
result = [[row.item(index).text() for index in range(row.count())], row.item(1).toolTip()]
result.append([thing.name for thing in pointing.pointed_at().lift.found])
"""
# Jobs of another Krita, as the backend tells of them.
WAITING = """
from layerpeel.plugin.docker import CONNECTION
from layerpeel.shared.jobs import JobInLine, JobsInLine, JobState, JobSummary
jobs = [JobSummary(name, name, state, 0.0, (9, 9)) for name, state in
        (("Motiv", JobState.RUNNING), ("Auswahl", JobState.QUEUED))]
CONNECTION._hear_line(JobsInLine((JobInLine(jobs[0], "Starting", 0.4), JobInLine(jobs[1]))))
"""
NOTHING_WAITS = """
from layerpeel.plugin.docker import CONNECTION
from layerpeel.shared.jobs import JobsInLine
CONNECTION._hear_line(JobsInLine())
"""
THINGS_IN_GERMAN = ["Mitte", "Unten rechts 2"]


@pytest.fixture(scope="module")
def setup_zip(tmp_path_factory):
    """The plugin with a payload that is there to be offered, and never installed."""
    folder = tmp_path_factory.mktemp("offered")
    payload = folder / f"layerpeel-{VERSION}-py3-none-any.whl"
    small_wheel(folder).rename(payload)
    locks = [
        REPOSITORY / "packaging" / name for name in ("requirements.lock", "npm.lock", "torch.lock")
    ]
    return build_plugin_zip(folder, payload=[payload, *locks])


def of_the_system(_folder):
    """German as the system's language."""
    return {"LANG": "de_DE.UTF-8"}


def of_krita(folder):
    """German by Settings > Switch Application Language."""
    folder.mkdir()
    (folder / "kritarc").write_text(SETTINGS, encoding="utf-8")
    (folder / "klanguageoverridesrc").write_text("[Language]\nkrita=de\n", encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(folder), "LANG": "en_US.UTF-8"}


class Reader:
    """Looks at all that is seen, and keeps what cannot be read whole."""

    def __init__(self, krita, name):
        self._krita = krita
        self._name = name
        self.cut = {}

    def look(self, at, within=DOCKER):
        if within == DOCKER:
            self._krita.wait_until(
                f"widgets.narrow_docker({NARROW}) <= {NARROW}", 5, f"{at} to become narrow"
            )
        if cut := self._krita.evaluate("lettering.cut_texts(name)", name=within):
            self.cut[at] = cut
        self._krita.screenshot_of(within, f"german-{self._name}-{at}")


@pytest.mark.parametrize(
    ("scale", "theme", "german"),
    [(1, "Krita bright", of_the_system), (2, "Krita dark", of_krita)],
    ids=["100-bright", "200-dark"],
)
def test_every_page_can_be_read(
    launch_krita, setup_zip, isnet_store, tmp_path, small_painting, soft_disc, scale, theme, german
):
    programs = base_python(tmp_path / "programs")
    environment = {"PATH": f"{programs}:/usr/bin:/bin:/usr/sbin", "QT_SCALE_FACTOR": str(scale)}
    krita = launch_krita({**environment, **german(tmp_path / "config")}, "home", setup_zip)
    krita.run(THEME, theme=theme)
    reader = Reader(krita, f"{scale}00")
    look_at_set_up(krita, reader)
    backend, docker, easel = Backend(krita.home), Docker(krita), Easel(krita)
    backend.register()
    docker.look_at_backend()
    krita.wait_until("widgets.the('layerpeel_peel').isVisible()", 10, "the page that peels")
    assert docker.button == "Ablösen"
    assert krita.run(SHORT_LIVED) == IN_GERMAN
    try:
        easel.picture(small_painting)
        look_at_peeling(krita, reader, docker, easel, soft_disc)
        look_at_results(krita, reader)
    finally:
        backend.end()
    look_at_generating(krita, reader, docker)
    assert reader.cut == {}


def look_at_set_up(krita, reader):
    krita.wait_until("widgets.the('layerpeel_set_up').isVisible()", 30, "a Python")
    reader.look("set-up-offered")
    for state in ("no python", "running", "failed"):
        krita.run(SET_UP, state=state)
        reader.look(f"set-up-{state}")
    krita.run(SET_UP, state="idle")


def look_at_peeling(krita, reader, docker, easel, soft_disc):
    for lift in ("subject", "point"):
        docker.lift(lift)
        reader.look(f"peel-{lift}")
    PointingPanel(krita).open_things()
    shown, tip, sent = krita.run(THINGS_FOUND)
    assert shown == sent == THINGS_IN_GERMAN
    assert tip.startswith("Unten rechts 2: ")
    reader.look("peel-things")
    docker.lift("selection")
    reader.look("peel-selection")
    docker.start()
    assert docker.message == "Noch ist nichts ausgewählt."
    reader.look("peel-problem")
    easel.select(soft_disc)
    docker.take_edge_exactly()
    assert docker.peel() == "Fertig: 2 Ebenen."
    reader.look("peeled")
    krita.run(WAITING)
    reader.look("waiting")
    krita.run(NOTHING_WAITS)
    docker.open_settings()
    reader.look("settings", "layerpeel_settings")
    docker.close_settings("cancel")


def look_at_results(krita, reader):
    krita.click("layerpeel_page_results")
    krita.wait_until(
        "len(widgets.the('layerpeel_result_list').model().rows) == 2", 20, "the result"
    )
    krita.run(CHOOSE)
    reader.look("results")
    krita.click("layerpeel_discard_result")
    reader.look("results-discard")
    krita.click("layerpeel_keep_result")
    krita.click("layerpeel_look_at_result")
    krita.wait_until("widgets.the('layerpeel_look_insert').isVisible()", 20, "its layers")
    reader.look("results-look")
    krita.click("layerpeel_look_leave")


def look_at_generating(krita, reader, docker):
    painter = Painter(FAST, LACKING, downloads=DOWNLOADS)
    with stranger(painter.handler()) as address:
        docker.change_settings(engine=ENGINE, address=address)
        krita.click("layerpeel_page_generate")
        for mode in ("scene", "object", "background"):
            krita.click(f"layerpeel_mode_{mode}")
            reader.look(f"generate-{mode}")
        krita.click("layerpeel_mode_scene")
        krita.run("widgets.the('layerpeel_guide').setCurrentIndex(1)")
        krita.click("layerpeel_more")
        reader.look("generate-more")
        krita.click("layerpeel_more_styles")
        reader.look("generate-styles")
