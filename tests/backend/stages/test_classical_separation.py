"""What an object leaves behind when it is lifted off: as little as can be, beside the truth."""

import numpy as np
import pytest
from PIL import ImageOps

from layerpeel.backend.colour import image_of
from layerpeel.backend.composites.composite import draw_composites, trimap_of_true_alpha
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.evaluation import classical
from layerpeel.backend.evaluation.metrics import measure
from layerpeel.backend.image import array_of, block_of, to_float
from layerpeel.backend.lossless import split_exactly
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import say_no_fraction
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.classical_separation import separate_classically
from layerpeel.backend.stages.closed_form import matte_closed_form
from layerpeel.backend.stages.trimap import ROUGH_BAND, band_of, trimap_round_mask
from layerpeel.shared.protocol import Depth, Picture

SIZE, RADIUS = 160, 42
MAGENTA, GREEN = (255, 0, 255), (0, 255, 0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The compact engine; none of what is asked of it here takes a model."""
    return CompactEngine(ModelStore(tmp_path_factory.mktemp("no-models")))


def _opaque(rgb):
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def _layers(engine, rgb, trimap):
    """Foreground and background, H×W×4 in 0–1, as they leave the lossless step."""
    picture = _opaque(rgb)
    image = image_of(Picture(block_of(picture)))
    matte = engine.matte(image, trimap, say_no_fraction)
    estimates = engine.separate(
        image, matte, trimap, 0, say_no_fraction, np.zeros(trimap.shape, np.bool_)
    )
    layers = split_exactly(picture, estimates, Depth.U8)
    return to_float(layers.foreground), to_float(layers.background)


def _strength(pixels, colour):
    """How much of a loud colour is in 8-bit pixels: channels that it has less those it has not."""
    has = np.array(colour) > 0
    values = pixels.astype(np.float64)
    return values[..., has].min(axis=-1) - values[..., ~has].max(axis=-1)


@pytest.mark.parametrize("background", ["rockwall", "hills0", "chateau", "bridge"])
@pytest.mark.parametrize(("softness", "colour"), [(1, MAGENTA), (4, MAGENTA), (4, GREEN)])
def test_no_colour_of_a_loud_object_stays_behind(engine, open_art, background, softness, colour):
    y, x = np.mgrid[:SIZE, :SIZE]
    backdrop = np.asarray(ImageOps.fit(open_art("bg", background), (SIZE, SIZE)), np.float64)
    alpha = np.clip((RADIUS - np.hypot(y - SIZE / 2, x - SIZE / 2)) / softness + 0.5, 0, 1)
    mixed = alpha[..., None] * np.array(colour) + (1 - alpha[..., None]) * backdrop
    picture = np.floor(mixed + 0.5).astype(np.uint8)
    mask = (alpha > 0.5).astype(np.float32)
    left = _layers(engine, picture, trimap_round_mask(mask, band_of(mask, ROUGH_BAND)))[1]
    most = max(0, _strength(backdrop, colour).max())
    assert _strength(left[..., :3] * 255, colour).max() <= most + (6 if softness == 1 else 24)


def test_a_wide_soft_edge_leaves_nothing_behind_when_the_trimap_covers_it(engine, open_art):
    y, x = np.mgrid[:SIZE, :SIZE]
    backdrop = np.asarray(ImageOps.fit(open_art("bg", "chateau"), (SIZE, SIZE)), np.float64)
    alpha = np.clip((RADIUS - np.hypot(y - SIZE / 2, x - SIZE / 2)) / 24 + 0.5, 0, 1)
    mixed = alpha[..., None] * np.array(MAGENTA) + (1 - alpha[..., None]) * backdrop
    trimap = trimap_of_true_alpha(alpha.astype(np.float32), 9)
    left = _layers(engine, np.floor(mixed + 0.5).astype(np.uint8), trimap)[1]
    most = max(0, _strength(backdrop, MAGENTA).max())
    assert _strength(left[..., :3] * 255, MAGENTA).max() <= most + 12


@pytest.fixture(scope="module")
def figures(engine, art):
    """Ours and the classical chain's on the same composites, with the same trimaps."""
    pairs = []
    for each in draw_composites(art, 4, seed=7, size=256):
        rgb = np.floor(each.picture * 255 + 0.5).astype(np.uint8)
        foreground, background = _layers(engine, rgb, each.trimap)
        ours = Separation(foreground[..., 3], foreground[..., :3], background[..., :3])
        theirs = classical.separate_classically(each.picture, each.trimap)
        pairs.append((measure(ours, each), measure(theirs, each)))
    return pairs


@pytest.mark.parametrize(("figure", "most"), [("Bvis_mad", 0.95), ("F_mad", 0.9), ("alpha_mad", 1)])
def test_errors_beside_the_classical_chain(figures, figure, most):
    ratios = [ours[figure] / theirs[figure] for ours, theirs in figures]
    assert np.median(ratios) <= most


def test_the_fill_is_as_textured_as_what_it_hides(figures):
    assert 0.6 < np.median([ours["texture"] for ours, _ in figures]) < 1.4


def test_flattened_8_bit_layers_are_the_picture_where_the_classical_are_not(figures):
    assert all(ours["rec_pixels"] == 0 for ours, _ in figures)
    assert all(theirs["rec_pixels"] > 0.01 for _, theirs in figures)


def _scene(size=64):
    """A dark square whose edge is half clear, on a ramp."""
    picture = np.linspace(0.4, 0.9, size * size * 3).reshape(size, size, 3)
    alpha = np.zeros((size, size), np.float32)
    alpha[19:45, 19:45] = 0.5
    alpha[20:44, 20:44] = 1
    picture = picture * (1 - alpha[..., None]) + 0.05 * alpha[..., None]
    trimap = np.where(alpha == 1, 1, 0).astype(np.float32)
    trimap[16:48, 16:48][trimap[16:48, 16:48] == 0] = 0.5
    rgb = np.floor(picture * 255 + 0.5).astype(np.uint8)
    return image_of(Picture(block_of(_opaque(rgb)))), alpha, trimap


def test_what_is_not_touched_is_the_picture_and_what_is_covered_is_filled():
    image, alpha, trimap = _scene()
    holes = []

    def fill(values, hole, _report):
        holes.append(hole)
        filled = values.copy()
        # Another thing than the picture shows, which is no matter of level.
        filled[hole] = 0.2
        return filled

    estimates = separate_classically(image, Matte(alpha), trimap, fill)
    (hole,) = holes
    assert hole[alpha > 0].all()
    # The hole is larger than what alpha touches, but never reaches into what is surely background.
    assert 1.05 < hole.sum() / (alpha > 0).sum() < 2
    far = (alpha == 0) & ~estimates.open_pixels
    assert np.array_equal(estimates.background[far], image.values[far])
    np.testing.assert_allclose(estimates.background[alpha == 1], 0.2, atol=1e-6)
    assert not (estimates.open_pixels & (alpha == 1)).any()
    assert estimates.open_pixels[alpha == 0.5].all()


def test_what_alpha_has_missed_of_the_object_goes_and_a_star_beside_it_stays():
    """Both are no colours of the surroundings; the star is none of the object's either."""
    image, alpha, trimap = _scene()
    strand, star = np.s_[18, 24:40], np.s_[30, 46]
    image.values[strand] = 0.15
    image.values[star] = (0.3, 0.3, 1)
    estimates = separate_classically(image, Matte(alpha), trimap, lambda values, *_: values.copy())
    assert not alpha[strand].any()
    assert estimates.background[strand].min() > 0.35
    np.testing.assert_array_equal(estimates.background[star], np.float32([0.3, 0.3, 1]))


def test_strokes_of_ink_beside_a_loud_object_go_too():
    """Their colour is not the object's at that place, but that of its outlines."""
    image, alpha, trimap = _scene()
    trimap[8:16, 16:48] = 0.5
    image.values[alpha > 0.5] = (1, 0.5, 0)
    image.values[20:22, 20:44] = 0.02  # the object's own outline
    near, far = np.s_[17, 24:40], np.s_[14, 24:40]  # beyond what is in doubt round alpha
    image.values[near] = image.values[far] = 0.03
    estimates = separate_classically(image, Matte(alpha), trimap, lambda values, *_: values.copy())
    assert estimates.background[near].min() > 0.35
    assert estimates.background[far].min() > 0.35


def test_an_object_that_nearly_fills_the_picture_is_survived():
    image, alpha, trimap = _scene(48)
    estimates = separate_classically(image, Matte(alpha), trimap, lambda values, *_: values.copy())
    assert np.isfinite(estimates.background).all()
    assert np.isfinite(estimates.foreground).all()


def test_all_engines_results_close_over_the_matte_of_a_real_picture(engine, art):
    """The parts fit: matte, separation and lossless give the picture back also in grey."""
    each = next(draw_composites(art, 1, seed=11, size=128))
    grey = np.floor(each.picture[..., 1:2] * 255 + 0.5).astype(np.uint8)
    picture = np.dstack([grey, np.full(grey.shape[:2], 255, np.uint8)])
    image = image_of(Picture(block_of(picture)))
    matte = Matte(matte_closed_form(image.proxy, each.trimap))
    estimates = engine.separate(
        image, matte, each.trimap, 3, say_no_fraction, np.zeros(each.trimap.shape, np.bool_)
    )
    assert estimates.background.shape == estimates.foreground.shape == (128, 128, 1)
    assert np.isfinite(estimates.background).all()
    assert np.isfinite(estimates.foreground).all()
    layers = split_exactly(picture, estimates, Depth.U8)
    over, under = layers.foreground.astype(np.int64), layers.background.astype(np.int64)
    mixed = over[..., 1] * over[..., 0] + (255 - over[..., 1]) * under[..., 0]
    assert np.array_equal((2 * mixed + 255) // 510, array_of(block_of(picture))[..., 0])
