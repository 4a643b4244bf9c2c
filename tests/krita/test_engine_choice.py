"""The engine chosen in Settings: only that one peels, and what it lacks is shown."""

import json

import pytest
from krita_harness.docker import DONE
from krita_harness.strangers import offers, stranger

from layerpeel.backend.models.model_store import default_folder
from layerpeel.shared.jobs import EngineInfo

pytestmark = pytest.mark.krita

PAPER = "LayeringDiff (paper)"
COMPACT = "Compact (processor)"
WORDS = "layerpeel_lift_words"


@pytest.fixture
def only_compact_can_run(krita, docker, session_backend, isnet_store, tmp_path):
    """A backend that finds no model but the subject finder, whatever this machine has."""
    found = isnet_store.path_of("isnet")
    (tmp_path / found.name).symlink_to(found)
    session_backend.end()
    look_for_models_in(krita, tmp_path)
    yield
    session_backend.end()
    look_for_models_in(krita, default_folder())


def look_for_models_in(krita, folder):
    krita.run("import os\nos.environ['LAYERPEEL_MODELS'] = folder", folder=str(folder))


@pytest.fixture
def before(krita, docker, easel, small_painting, soft_disc):
    """The small picture, a soft disc to be peeled off it exactly; its layers."""
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    return krita.layer_tree()


def can_use_words(krita):
    return krita.evaluate("widgets.the(name).isEnabled()", name=WORDS)


@pytest.mark.usefixtures("only_compact_can_run")
def test_request_goes_to_the_chosen_engine_and_to_no_other(krita, docker, before):
    docker.choose_engine(PAPER)  # No backend has answered yet.
    refusal = docker.peel()  # What this very request lacks: an exact edge takes these two alone.
    assert "FBDD" in refusal
    assert "HFA" in refusal
    assert "pull" not in refusal
    lacking = docker.status  # What the engine lacks.
    assert "pull" in lacking
    docker.picture_of("engine-that-lacks-models")
    assert krita.layer_tree() == before

    docker.open_settings()
    assert docker.engine == PAPER
    assert docker.about_engine == lacking
    tip = "widgets.the('layerpeel_engine').itemData(2, 3)"  # Qt.ToolTipRole
    assert krita.evaluate(tip) == lacking
    krita.screenshot_of("layerpeel_settings", "settings-engine-that-lacks-models")
    krita.choose("layerpeel_engine", COMPACT)
    assert docker.about_engine == "Ready."
    docker.close_settings("ok")
    assert docker.message == ""
    krita.wait_until(lambda: docker.status == "Ready.", 10, "the backend to answer")
    assert docker.peel() == DONE
    docker.picture_of("engine-that-peels")


@pytest.mark.usefixtures("only_compact_can_run", "before")
def test_automatic_says_which_engine_has_peeled(krita, docker):
    krita.run("krita.writeSetting('layerpeel', 'engine', '')")
    assert docker.peel() == "Done by Compact (processor): 2 layers."
    docker.picture_of("engine-automatic")
    docker.open_settings()
    assert docker.engine == "Automatic"
    krita.screenshot_of("layerpeel_settings", "settings-engine")
    docker.close_settings("cancel")


@pytest.mark.usefixtures("backend")
def test_engine_that_the_backend_does_not_have(krita, docker, before):
    docker.change_settings(engine="tomorrow's")
    line = (
        "This backend has no engine “tomorrow's”: choose another in Settings, or update the "
        "backend."
    )
    krita.wait_until(lambda: docker.status == line, 10, "the line")
    assert not can_use_words(krita)
    assert docker.peel() == line
    assert docker.status == ""  # The page shows it already.
    assert krita.layer_tree() == before
    docker.open_settings()
    assert docker.engine == "tomorrow's (unavailable)"
    assert docker.about_engine == line
    krita.screenshot_of("layerpeel_settings", "settings-engine-unavailable")
    docker.close_settings("ok")
    assert docker.peel() == line
    pressed = (
        "widgets.the('layerpeel_peel').click()\nresult = widgets.the('layerpeel_message').text()"
    )
    assert krita.run(pressed) == ""  # The old message is cleared before a new one appears.
    assert docker.wait_for_end() == line


@pytest.mark.usefixtures("backend", "before")
def test_words_are_for_the_engine_that_finds_them(krita, docker):
    finds = EngineInfo("layeringdiff", missing="", words=True, words_hint="")
    cannot = EngineInfo("compact", missing="", words=False, words_hint="Choose another engine.")
    with stranger(offers(finds, cannot)) as address:
        docker.change_settings(engine="layeringdiff", address=address)
        krita.wait_until(lambda: can_use_words(krita), 10, "words to be offered")
        docker.lift("words")
        assert docker.hint == ""
        docker.choose_engine(COMPACT)
        krita.wait_until(lambda: not can_use_words(krita), 10, "words to be refused")
        assert docker.hint == "Choose another engine."
        docker.picture_of("engine-without-words")


EDGE = "layerpeel_stage_edge"
MADE_WITH = "bytes(documents.active().annotation('layerpeel/made-with')).decode()"


@pytest.mark.usefixtures("only_compact_can_run")
def test_what_is_taken_for_a_stage_is_chosen_in_settings(
    krita, docker, backend, easel, small_painting, soft_disc
):
    docker.change_settings(engine="auto")
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.open_settings()
    choices = f"[w.itemText(n) for n in range(w.count())] if (w := widgets.the('{EDGE}')) else []"
    krita.wait_until(lambda: len(krita.evaluate(choices)) == 4, 60, "the backend's answer")
    assert krita.evaluate(choices) == [
        *("Automatic", "ViTMatte", "a small matting network", "closed-form matting"),
    ]
    # What is not there says what it lacks, and cannot be chosen.
    assert not krita.evaluate(f"widgets.the('{EDGE}').model().item(1).isEnabled()")
    assert "pull vitmatte" in krita.evaluate(f"widgets.the('{EDGE}').itemData(1, 3)")
    krita.choose(EDGE, "closed-form matting")
    krita.screenshot_of("layerpeel_settings", "settings-stages")
    krita.choose("layerpeel_engine", COMPACT)
    krita.wait_until("not widgets.the('layerpeel_stages').isVisible()", 5, "the stages to go")
    krita.wait_until(
        "widgets.the('layerpeel_engine').findText('Automatic') >= 0", 60, "the engine to be there"
    )
    krita.choose("layerpeel_engine", "Automatic")
    docker.close_settings("ok")
    assert docker.peel().startswith("Done by Automatic: 2 layers.")
    (made,) = json.loads(krita.evaluate(MADE_WITH))["nodes"].values()
    assert made["stages"]["edge"] == "closed-form matting"

    docker.open_settings()
    assert krita.evaluate(f"widgets.the('{EDGE}').currentText()") == "closed-form matting"
    krita.choose(EDGE, "Automatic")
    docker.close_settings("ok")
    assert krita.evaluate("krita.readSetting('layerpeel', 'stages', '')") == '""'
