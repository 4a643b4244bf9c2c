"""ISNet on real scenes, and what is said of a file that is no network."""

import numpy as np
import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.stages.isnet import IsnetSubjectFinder


@pytest.fixture(scope="module")
def finder(isnet_store):
    return IsnetSubjectFinder(isnet_store.path_of("isnet"))


@pytest.mark.parametrize(
    ("size", "background", "cut_out"),
    [
        ((320, 256), "hills0", ("jessica", 180, 60, 180)),
        ((200, 330), "grass-bw", ("naga", -60, 90, 200)),
    ],
)
def test_the_subject_is_found_at_its_place(finder, make_scene, size, background, cut_out):
    scene = make_scene(size, background, cut_out)
    found = finder.find(scene.picture.astype(np.float32) / 255)
    assert found.shape == scene.picture.shape[:2]
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    mask, truth = found > 0.5, scene.alphas[0] > 127
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8


@pytest.mark.parametrize("shape", [(1, 1), (7, 300)])
def test_tiny_pictures_are_looked_at_too(finder, shape):
    found = finder.find(np.full((*shape, 3), 0.5, np.float32))
    assert found.shape == shape
    assert np.isfinite(found).all()


@pytest.mark.parametrize("content", [b"", b"no network", bytes(1000)])
def test_a_file_that_is_no_network_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx.*layerpeel models pull isnet"):
        IsnetSubjectFinder(path).find(np.zeros((8, 8, 3), np.float32))


def test_a_file_that_is_gone_is_said_when_it_is_needed(tmp_path):
    finder = IsnetSubjectFinder(tmp_path / "gone.onnx")
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        finder.find(np.zeros((8, 8, 3), np.float32))
