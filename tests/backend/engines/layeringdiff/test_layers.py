"""The paper's engine from end to end: whatever networks say, layers come out, and are exact."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.progress import StopWork
from layerpeel.shared.protocol import (
    Box,
    Mask,
    Outcome,
    Point,
    Points,
    Role,
    Subject,
    Things,
    Trimap,
    Words,
)

pytestmark = pytest.mark.torch

LIFTS = {
    "subject": (Subject(), {"isnet", "grounding-dino", "vitmatte", "fbdd", "hfa"}),
    "box": (Box(20, 4, 60, 80), {"sam", "grounding-dino", "vitmatte", "fbdd", "hfa"}),
    "points": (
        Points((Point(60, 40), Point(2, 2, inside=False))),
        {"sam", "grounding-dino", "vitmatte", "fbdd", "hfa"},
    ),
    "things": (Things(), {"isnet", "sam", "grounding-dino", "vitmatte", "fbdd", "hfa"}),
    "words": (Words("a cat, dog"), {"sam", "grounding-dino", "vitmatte", "fbdd", "hfa"}),
}


@pytest.fixture(scope="module")
def scene(make_scene):
    """Of no round size."""
    return make_scene((121, 93), "hills0", ("jessica", 30, 4, 84))


@pytest.fixture(scope="module")
def rough(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


@pytest.fixture(scope="module")
def peel_here(paper_store):
    def run(picture, **more):
        return peel(picture, engine="layeringdiff", store=paper_store, **more)

    return run


def canvas_of(stack, layer):
    width, height = stack.size
    pixels = array_of(layer.pixels)
    canvas = np.zeros((height, width, pixels.shape[-1]), pixels.dtype)
    x, y = layer.offset
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


@pytest.mark.parametrize("lift", LIFTS)
def test_every_way_of_saying_gives_two_exact_layers(scene, peel_here, lift):
    asked, models = LIFTS[lift]
    stack = peel_here(scene.picture, lift=asked)
    assert [layer.role for layer in stack.layers] == [Role.BACKGROUND, Role.FOREGROUND]
    assert stack.size == (121, 93)
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    assert stack.made_with.engine == "layeringdiff"
    assert set(stack.made_with.models) == models


def test_a_mask_goes_by_vitmatte_and_an_exact_one_does_not(
    scene, peel_here, rough, coverage_of, paper_store
):
    stack = peel_here(scene.picture, lift=rough)
    assert set(stack.made_with.models) == {"grounding-dino", "vitmatte", "fbdd", "hfa"}
    exact = Mask(coverage_of(scene.alphas[0]), exact=True)
    stack = peel_here(scene.picture, lift=exact)
    assert set(stack.made_with.models) == {"fbdd", "hfa"}
    assert np.array_equal(canvas_of(stack, stack.layers[1])[..., 3], scene.alphas[0])
    digests = {name: paper_store.digest_of(name) for name in ("fbdd", "hfa")}
    assert stack.made_with.models == digests


def test_where_only_one_layer_shows_it_is_the_picture(scene, peel_here, rough):
    stack = peel_here(scene.picture, lift=rough)
    background, foreground = (canvas_of(stack, layer) for layer in stack.layers)
    alone, none = foreground[..., 3] == 255, foreground[..., 3] == 0
    assert alone.sum() > 500
    assert none.sum() > 2000
    assert np.array_equal(foreground[alone][:, :3], scene.picture[alone])
    assert np.array_equal(background[none][:, :3], scene.picture[none])
    # And behind the object something was painted: not the object, and not the same everywhere.
    assert np.abs(background[alone][:, :3].astype(int) - scene.picture[alone]).mean() > 5
    assert background[alone][:, :3].std() > 1


def test_equal_requests_give_equal_bytes_and_another_seed_others(scene, peel_here, rough):
    first, again = (peel_here(scene.picture, lift=rough, seed=3) for _ in range(2))
    other = peel_here(scene.picture, lift=rough, seed=4)
    assert first.layers == again.layers
    assert first.layers[0].pixels.data != other.layers[0].pixels.data


def test_several_layers_come_off_one_after_the_other(scene, peel_here, rough):
    stack = peel_here(scene.picture, lift=rough, layers=2)
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    assert len(stack.layers) == 3 or stack.notes[0].startswith("Stopped after 1 layer of 2")


@pytest.mark.parametrize("size", [(17, 64), (64, 9), (200, 131)])
def test_any_size_and_shape(make_scene, peel_here, coverage_of, size):
    width, height = size
    scene = make_scene(size, "grass-bw", ("cactus1", width // 4, 0, max(8, height // 2)))
    stack = peel_here(scene.picture, lift=Mask(coverage_of(scene.alphas[0] > 127)), band=2)
    assert stack.size == size
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)


def test_a_picture_with_clear_parts_keeps_them(scene, peel_here, rough):
    alpha = np.full((93, 121, 1), 255, np.uint8)
    alpha[:, :15], alpha[:30, 15:20] = 0, 100
    picture = np.concatenate([scene.picture, alpha], axis=-1)
    flattened = flatten(peel_here(picture, lift=rough))
    assert np.array_equal(flattened[..., 3], alpha[..., 0])
    seen = alpha[..., 0] == 255
    assert np.array_equal(flattened[seen][:, :3], scene.picture[seen])


def test_sixteen_bits_stay_sixteen(scene, peel_here, rough):
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, scene.picture.shape)
    picture = (scene.picture.astype(np.uint16) << 8) | noise.astype(np.uint16)
    flattened = flatten(peel_here(picture, lift=rough))
    assert np.abs(flattened[..., :3].astype(int) - picture).max() <= 1


def test_a_trimap_is_taken_as_it_is(scene, peel_here, coverage_of):
    levels = np.full(scene.alphas[0].shape, 128, np.uint8)
    levels[scene.alphas[0] > 250], levels[scene.alphas[0] == 0] = 255, 0
    stack = peel_here(scene.picture, lift=Trimap(coverage_of(levels)))
    alpha = canvas_of(stack, stack.layers[1])[..., 3]
    assert (alpha[levels == 255] == 255).all()
    assert (alpha[levels == 0] == 0).all()
    assert set(stack.made_with.models) == {"vitmatte", "fbdd", "hfa"}


def test_a_selection_needs_no_diffusion(scene, peel_here):
    stack = peel_here(scene.picture, lift=Box(20, 4, 60, 80), outcome=Outcome.SELECTION)
    assert stack.layers == ()
    assert stack.selection is not None
    assert set(stack.made_with.models) == {"sam", "grounding-dino", "vitmatte"}


def test_progress_goes_on_within_the_diffusion_and_cancel_is_heard_there(scene, peel_here, rough):
    said = []
    peel_here(scene.picture, lift=rough, report=lambda words, done: said.append((words, done)))
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    filling = [done for words, done in said if words == "Filling in behind it"]
    assert len(filling) >= 8

    def stop(words, done):
        if words == "Filling in behind it" and done > filling[3]:
            raise StopWork

    with pytest.raises(StopWork):
        peel_here(scene.picture, lift=rough, report=stop)
