"""`layerpeel peel --engine qwen`, on the command line, without a network connection."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def picture(make_scene, tmp_path_factory):
    scene = make_scene((70, 45), "hills0", ("jessica", 15, 2, 40))
    path = tmp_path_factory.mktemp("scene") / "picture.png"
    Image.fromarray(scene.picture).save(path)
    return path, scene.picture


def test_its_layers_come_out_and_are_the_picture(layerpeel, picture, qwen_store, tmp_path):
    path, pixels = picture
    done = layerpeel(
        "peel", path, "--out", tmp_path / "layers.ora", "--engine", "qwen", "--json",
        env={"LAYERPEEL_MODELS": str(qwen_store.folder), "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout)["made_with"]["engine"] == "qwen"
    with zipfile.ZipFile(tmp_path / "layers.ora") as archive:
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png"))).convert("RGB")
    assert np.array_equal(np.asarray(merged), pixels)
