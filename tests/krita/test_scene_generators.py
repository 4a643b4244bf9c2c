"""Without a generator: offers and their cost, downloads, and other programs' files."""

import pytest
from krita_harness.generating import Generating
from krita_harness.painter import DOWNLOADS, FOLDERS, FOUND, LACKING, Painter

pytestmark = pytest.mark.krita


@pytest.fixture
def painter():
    """A fake backend with nothing to paint with yet."""
    return Painter(LACKING, downloads=DOWNLOADS)


def wait_for_page(krita):
    krita.wait_until("widgets.the('layerpeel_look').isVisible()", 20, "the page")


def test_page_says_what_it_costs_and_pulls_it(krita, generating, painter):
    wait_for_page(krita)
    assert not krita.evaluate("widgets.the('layerpeel_generate').isVisible()")
    assert not krita.evaluate("widgets.the('layerpeel_leave_generators').isVisible()")
    texts = krita.evaluate(
        "' '.join(w.text() for w in widgets.the('layerpeel_offer_fine').parent().children()"
        " if hasattr(w, 'text'))"
    )
    for told in ("6.9 GB", "8.2 GB of memory", "OpenRAIL++-M", "52 MB", "Download (7.0 GB)"):
        assert told in texts
    generating.picture_of("generators-missing")
    painter.go_on.clear()
    krita.click("layerpeel_pull_fine")
    krita.wait_until("widgets.the('layerpeel_pull_progress').value() == 250", 10, "progress")
    generating.picture_of("generators-pulling")
    krita.click("layerpeel_cancel_pull")
    krita.wait_until(
        lambda: (
            generating.shown("layerpeel_generators_message")
            == "Cancelled. What has been downloaded is kept."
        ),
        10,
        "the end",
    )
    assert painter.pulled == ["fine-model"]
    painter.go_on.set()
    krita.click("layerpeel_pull_fine")
    krita.wait_until("widgets.the('layerpeel_generate').isVisible()", 20, "the form")
    assert painter.pulled == ["fine-model", "fine-model", "fine-extras"]
    assert krita.evaluate("widgets.the('layerpeel_style').currentText()") == "Fine paintings"


def test_other_programs_are_looked_into_only_after_a_yes(krita, generating, painter):
    wait_for_page(krita)
    krita.click("layerpeel_look")
    krita.wait_until("widgets.open_dialog() is not None", 10, "the question")
    # Krita adds a keyboard shortcut (&) to each text.
    asked = krita.evaluate("widgets.open_dialog()").replace("&", "")
    for folder in FOLDERS:
        assert folder.path.replace("&", "") in asked
    krita.screenshot_of("layerpeel_allow", "generators-allow")
    krita.click("layerpeel_allow_cancel")
    krita.wait_until("widgets.open_dialog() is None", 10, "the question to go")
    assert painter.looked_into is None

    krita.click("layerpeel_look")
    krita.wait_until("widgets.open_dialog() is not None", 10, "the question")
    krita.click("layerpeel_folder_1")
    krita.click("layerpeel_allow_look")
    krita.wait_until(lambda: generating.shown("layerpeel_found_usable_0"), 10, "what was found")
    assert painter.looked_into == (FOLDERS[0].path,)
    assert generating.shown("layerpeel_found_usable_0") == "Dream.safetensors (checkpoint, 6.9 GB)"
    assert FOUND.files[1].why_not in generating.shown("layerpeel_found_unusable_0")
    assert generating.shown("layerpeel_found_note_0") == FOUND.notes[0]
    generating.picture_of("generators-found")
    krita.click("layerpeel_use_0")
    krita.wait_until(
        "widgets.the('layerpeel_style').isVisible()"
        " and widgets.the('layerpeel_style').currentText() == 'Dream'",
        20,
        "the form with the style",
    )


def test_backend_that_cannot_be_started_is_told_on_the_page(krita, docker, session_backend):
    session_backend.end()
    docker.change_settings(command="/nowhere/layerpeel")
    page = Generating(krita)
    page.open()
    krita.wait_until(lambda: "cannot be started" in page.message, 20, "the line")
    krita.run("inputs.restore('layerpeel_docker')")


@pytest.fixture
def nothing_to_paint_with(krita, docker, session_backend, tmp_path):
    """The real backend, without any models or styles."""
    folders = {"LAYERPEEL_MODELS": tmp_path / "models", "LAYERPEEL_STYLES": tmp_path / "styles"}
    before = krita.run(
        "import os\nresult = {name: os.environ.get(name) for name in names}", names=list(folders)
    )
    set_environment(krita, {name: str(folder) for name, folder in folders.items()})
    session_backend.end()
    yield
    set_environment(krita, before)
    session_backend.end()


def set_environment(krita, values):
    krita.run(
        "import os\n"
        "for name, value in values.items():\n"
        "    os.environ.pop(name, None)\n"
        "    os.environ.update({} if value is None else {name: value})",
        values=values,
    )


@pytest.mark.usefixtures("nothing_to_paint_with")
def test_backend_without_models_offers_what_its_manifest_names(krita, docker):
    page = Generating(krita)
    page.open()
    krita.wait_until("bool(widgets.named('layerpeel_pull_sdxl'))", 120, "the offer of SDXL")
    wait_for_page(krita)
    page.picture_of("generators-real")
    button = krita.evaluate("widgets.the('layerpeel_pull_sdxl').text()")
    assert button.startswith("Download (")
    assert "nothing you draw or write ever leaves it" in page.shown("layerpeel_generators_heading")
    krita.run("inputs.restore('layerpeel_docker')")
