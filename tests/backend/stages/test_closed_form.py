"""Alpha in the band: near the truth on real composites, also where it is solved smaller."""

import warnings

import numpy as np
import pytest
from PIL import Image as PillowImage

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.stages import closed_form
from layerpeel.backend.stages.closed_form import matte_closed_form
from layerpeel.backend.stages.trimap import read_trimap, trimap_round_mask


@pytest.fixture(scope="module")
def composites(art):
    return tuple(draw_composites(art, 5, seed=3, size=256))


@pytest.fixture(scope="module")
def alphas(composites):
    return tuple(matte_closed_form(each.picture, each.trimap) for each in composites)


def _errors(alphas, composites):
    """Mean error of each in its unknown band; 0.5 all over it would have 0.38 to 0.48."""
    pairs = zip(alphas, composites, strict=True)
    return [float(np.abs(alpha - each.alpha)[each.unknown].mean()) for alpha, each in pairs]


def test_alpha_is_near_the_truth(composites, alphas):
    errors = _errors(alphas, composites)
    assert max(errors) < 0.14
    assert np.median(errors) < 0.08


def test_alpha_is_0_to_1_and_what_the_trimap_knows_is_kept(composites, alphas):
    for alpha, each in zip(alphas, composites, strict=True):
        assert alpha.dtype == np.float32
        assert alpha.min() >= 0
        assert alpha.max() <= 1
        assert np.array_equal(alpha[~each.unknown], each.trimap[~each.unknown])


def test_the_veil_of_the_solution_is_taken_off(composites, alphas, monkeypatch):
    monkeypatch.setattr(closed_form, "HAZE", 0.0)
    veiled = [matte_closed_form(each.picture, each.trimap) for each in composites]
    ratios = np.array(_errors(alphas, composites)) / np.array(_errors(veiled, composites))
    assert np.median(ratios) < 0.95


def test_what_is_too_large_is_solved_smaller_at_nearly_the_same(composites, alphas, monkeypatch):
    monkeypatch.setattr(closed_form, "MOST_PIXELS", 256 * 256 // 4)
    smaller = [matte_closed_form(each.picture, each.trimap) for each in composites]
    for whole, small, each in zip(alphas, smaller, composites, strict=True):
        assert small.shape == whole.shape
        assert np.array_equal(small[~each.unknown], each.trimap[~each.unknown])
        assert np.abs(small - whole)[each.unknown].mean() < 0.1
    assert np.median(_errors(smaller, composites)) < np.median(_errors(alphas, composites)) + 0.05


def test_averages_a_hair_above_white_are_no_reason_to_complain(composites, monkeypatch):
    """The solver warns about values above 1, and a warning would reach whoever asked for quiet."""
    monkeypatch.setattr(closed_form, "MOST_PIXELS", 256 * 256 // 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in composites:
            matte_closed_form(each.picture, each.trimap)


def test_without_unknown_pixels_there_is_nothing_to_solve():
    trimap = np.zeros((20, 30), np.float32)
    trimap[5:10] = 1
    alpha = matte_closed_form(np.zeros((20, 30, 3), np.float32), trimap)
    assert np.array_equal(alpha, trimap)
    assert alpha is not trimap


def test_an_island_in_a_large_picture_is_solved_without_the_rest(composites, monkeypatch):
    """Only the window round the band goes to the solver."""
    seen = []

    def solve(picture, trimap):
        seen.append(picture.shape[:2])
        return trimap

    monkeypatch.setattr(closed_form, "_solve", solve)
    trimap = np.zeros((400, 300), np.float32)
    trimap[200:220, 100:130] = 0.5
    trimap[208:212, 110:120] = 1
    matte_closed_form(np.zeros((400, 300, 3), np.float32), trimap)
    assert seen == [(20 + 2 * closed_form.MARGIN, 30 + 2 * closed_form.MARGIN)]


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (2, 40), (2, 3)])
def test_strips_narrower_than_a_window_have_an_alpha_too(shape):
    picture = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    trimap = np.full(shape, 0.5, np.float32)
    trimap.flat[0], trimap.flat[-1] = 0, 1
    alpha = matte_closed_form(picture, trimap)
    assert alpha.flat[0] == 0
    assert alpha.flat[-1] == 1
    assert ((alpha >= 0) & (alpha <= 1)).all()


@pytest.mark.parametrize("band", [4.6, 12.0])
def test_enlarged_pixel_art_is_matted_as_well_as_what_was_enlarged(make_scene, band):
    """Blocks of one colour, 4×4: at worst this took minutes, and ended without a solution."""
    scene = make_scene((64, 64), "chateau", ("jessica", 16, 4, 58))
    picture, truth = (
        plane.repeat(4, axis=0).repeat(4, axis=1) / np.float32(255)
        for plane in (scene.picture, scene.alphas[0])
    )
    trimap = trimap_round_mask((truth > 0.5).astype(np.float32), band)
    alpha = matte_closed_form(picture, trimap)
    assert np.abs(alpha - truth)[trimap == 0.5].mean() < 0.13


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_an_unknown_patch_far_from_one_of_the_sure_kinds_has_an_alpha(sure):
    """A pane inside an object, and a trimap that is sure of the object's own edge."""
    trimap = np.full((140, 140), sure, np.float32)
    trimap[:8] = 1 - sure
    trimap[70:80, 70:80] = 0.5
    picture = np.random.default_rng(0).random((140, 140, 3)).astype(np.float32)
    alpha = matte_closed_form(picture, trimap)
    assert np.abs(alpha[70:80, 70:80] - sure).mean() < 0.2


def test_thin_sure_parts_that_are_lost_when_it_is_solved_smaller_are_survived(monkeypatch):
    monkeypatch.setattr(closed_form, "MOST_PIXELS", 30 * 30)
    trimap = np.full((120, 120), 0.5, np.float32)
    trimap[:, :30], trimap[:, 60] = 0, 1
    picture = np.repeat((np.arange(120) > 55)[None, :, None], 120, axis=0) * np.ones(3)
    alpha = matte_closed_form(picture.astype(np.float32), trimap)
    assert (alpha[:, 60] == 1).all()
    assert ((alpha >= 0) & (alpha <= 1)).all()


@pytest.mark.parametrize("band", [4.0, 20.0])
@pytest.mark.parametrize("colours", [(0.0, 1.0), (1.0, 0.0), ((0.8, 0.1, 0.1), 1.0)])
def test_a_hard_drawing_in_two_colours_is_cut_out_along_its_edge(band, colours, capfd):
    """Where all is flat the equations hold on to little; and what the solver has to say about that
    would stand in the middle of --json."""
    y, x = np.mgrid[:160, :160]
    square = (np.abs(y - 80) < 40) & (np.abs(x - 80) < 40)
    picture = np.where(square[..., None], *(np.full(3, colour) for colour in colours))
    trimap = trimap_round_mask(square.astype(np.float32), band)
    alpha = matte_closed_form(picture.astype(np.float32), trimap)
    assert np.abs(alpha - square)[trimap == 0.5].mean() < 0.02
    assert capfd.readouterr() == ("", "")


def test_a_flat_icon_whose_equations_have_no_exact_factors_has_an_edge(art):
    picture, trimap = (
        np.asarray(PillowImage.open(art / f"flat-icon{part}.png"), np.float32) / np.float32(255)
        for part in ("", "-trimap")
    )
    known = read_trimap(trimap)
    alpha = matte_closed_form(picture, known)
    assert ((alpha >= 0) & (alpha <= 1)).all()
    assert (alpha == known)[known != 0.5].all()
    # Decided, pixel by pixel, and not half everywhere.
    assert np.abs(alpha - 0.5)[known == 0.5].mean() > 0.3
