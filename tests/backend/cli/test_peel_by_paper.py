"""`layerpeel peel --engine layeringdiff`, on the command line, without a network connection."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((121, 93), "hills0", ("jessica", 30, 4, 84))


@pytest.fixture(scope="module")
def peel_by_paper(layerpeel, scene, paper_store, tmp_path_factory):
    picture = tmp_path_factory.mktemp("scene") / "picture.png"
    Image.fromarray(scene.picture).save(picture)

    def run(out, *options):
        return layerpeel(
            "peel", picture, "--out", out, "--engine", "layeringdiff", *options,
            env={"LAYERPEEL_MODELS": str(paper_store.folder), "HF_HUB_OFFLINE": "1"},
        )  # fmt: skip

    return run


def test_layers_by_words_come_out_and_are_the_picture(peel_by_paper, scene, tmp_path):
    done = peel_by_paper(tmp_path / "words.ora", "--text", "a cat, dog", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["made_with"]["engine"] == "layeringdiff"
    with zipfile.ZipFile(tmp_path / "words.ora") as archive:
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png"))).convert("RGB")
    assert np.array_equal(np.asarray(merged), scene.picture)


def test_words_take_what_is_there(layerpeel, scene, paper_store, tmp_path):
    Image.fromarray(scene.picture).save(tmp_path / "picture.png")
    models = tmp_path / "models"
    models.mkdir()
    for model_id in ("grounding-dino", "sam"):
        for name in (model_id, f"{model_id}.checked.json"):
            (models / name).symlink_to(paper_store.folder / name)
    words = ("peel", tmp_path / "picture.png", "--text", "a cat, dog", "--device", "cpu")
    environment = {"LAYERPEEL_MODELS": str(models), "HF_HUB_OFFLINE": "1"}
    done = layerpeel(*words, "--out", tmp_path / "layers/", env=environment)
    assert done.returncode == 0, done.stderr
    assert (
        "Note: Done by GroundingDINO, SAM, a small matting network and PatchMatch." in done.stdout
    )
    listing = json.loads((tmp_path / "layers" / "layers.json").read_text(encoding="utf-8"))
    assert listing["made_with"]["stages"]["masks"] == "SAM"
    (models / "grounding-dino").unlink()
    done = layerpeel(*words, "--out", tmp_path / "none/", env=environment)
    assert done.returncode == 5
    (line,) = done.stderr.splitlines()
    assert "`layerpeel models pull grounding-dino`" in line


def test_equal_commands_make_equal_files(peel_by_paper, tmp_path):
    points = ("--point", "60,40", "--point", "62,60", "--not-point", "3,3", "--device", "cpu")
    for name in ("one.ora", "two.ora"):
        done = peel_by_paper(tmp_path / name, *points)
        assert done.returncode == 0, done.stderr
        assert "by the engine layeringdiff" in done.stdout
    assert (tmp_path / "one.ora").read_bytes() == (tmp_path / "two.ora").read_bytes()


@pytest.mark.parametrize(
    ("code", "words", "options"),
    [
        (3, "is no point", ("--point", "here")),
        (3, "--not-point goes with --point", ("--not-point", "1,1")),
        (3, "in one way only", ("--point", "1,1", "--text", "a cat")),
        (3, "does not lie within", ("--point", "900,1")),
        (9, "--device cpu", ("--device", "mps", "--text", "a cat")),
    ],
)
def test_what_cannot_be_is_said_in_a_line(peel_by_paper, tmp_path, code, words, options):
    done = peel_by_paper(tmp_path / "layers", *options)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert words in line
    assert not (tmp_path / "layers").exists()
