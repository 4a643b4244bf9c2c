"""Figures of separations whose faults are known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from layerpeel.backend.composites.composite import Composite, trimap_of_true_alpha
from layerpeel.backend.evaluation.metrics import (
    as_eight_bit,
    haar_energy,
    hole_of,
    measure,
    residue,
)
from layerpeel.backend.separation import Separation

SIZE = 96
ERRORS = (
    "alpha_mad",
    "F_mad",
    "F_mse",
    "pF_mad",
    "B_mad",
    "B_mse",
    "Bvis_mad",
    "Bocc_mad",
)


def composite_of(alpha, seed=0):
    """Noise over noise; the values stay clear of 0 and 1, so that offsets are not clipped."""
    random = np.random.default_rng(seed)
    shape = (*alpha.shape, 3)
    layers = [(random.integers(64, 193, shape) / 255).astype(np.float32) for _ in range(2)]
    mixed = alpha[..., None] * layers[0] + (1 - alpha[..., None]) * layers[1]
    picture = (np.floor(mixed * 255 + 0.5) / 255).astype(np.float32)
    trimap = trimap_of_true_alpha(alpha, 5)
    return Composite(alpha, *layers, picture, trimap, "noise")


@pytest.fixture
def truth():
    """A square of a quarter of the frame, opaque, without an edge."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[24:72, 24:72] = 1
    return composite_of(alpha)


def perfect(truth):
    return Separation(truth.alpha, truth.foreground, truth.background)


def test_the_truth_itself_scores_perfectly(truth):
    figures = measure(perfect(truth), truth)
    assert [figures[name] for name in ERRORS] == [0] * len(ERRORS)
    assert figures["texture"] == 1
    assert figures["rim"] == 1
    assert figures["rec_pixels"] == 0
    assert figures["residue"] == figures["undecided"] == 0
    assert figures["rec_max"] < 1e-3
    assert figures["rec_mad"] < 1e-3


def test_a_soft_edge_flattens_within_half_a_step():
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[24:72, 24:72] = 1
    truth = composite_of(cv2.GaussianBlur(alpha, (0, 0), 3))
    figures = measure(perfect(truth), truth)
    assert figures["rec_max"] <= 1000 * 0.5 / 255 + 1e-3


def test_an_error_of_the_background_counts_where_it_lies(truth):
    inside = (truth.alpha > 0)[..., None]
    hidden = replace_background(truth, truth.background + np.float32(0.1) * inside)
    figures = measure(hidden, truth)
    # A quarter of the frame is off by 0.1.
    assert figures["B_mad"] == pytest.approx(25, rel=1e-4)
    assert figures["B_mse"] == pytest.approx(2.5, rel=1e-4)
    assert figures["Bocc_mad"] == pytest.approx(25, rel=1e-4)
    assert figures["Bvis_mad"] == 0
    assert figures["rec_pixels"] == 0

    shown = replace_background(truth, truth.background + np.float32(0.1) * ~inside)
    figures = measure(shown, truth)
    assert figures["Bvis_mad"] == pytest.approx(75, rel=1e-4)
    assert figures["Bocc_mad"] == 0
    assert figures["rec_max"] == pytest.approx(100, rel=1e-3)
    assert figures["rec_mad"] == pytest.approx(75, rel=1e-3)
    assert figures["rec_pixels"] == 0.75


def replace_background(truth, background):
    return replace(perfect(truth), background=background.astype(np.float32))


def test_an_error_of_the_foreground_counts_as_far_as_it_is_seen(truth):
    off = replace(perfect(truth), foreground=truth.foreground - np.float32(0.2))
    figures = measure(off, truth)
    assert figures["F_mad"] == pytest.approx(50, rel=1e-4)
    assert figures["F_mse"] == pytest.approx(10, rel=1e-4)
    assert figures["pF_mad"] == pytest.approx(50, rel=1e-4)
    assert figures["alpha_mad"] == 0
    assert figures["B_mad"] == 0


def test_colour_is_judged_by_the_true_alpha_whatever_was_estimated(truth):
    colour = truth.foreground - np.float32(0.2)
    off = replace(perfect(truth), alpha=truth.alpha * np.float32(0.5), foreground=colour)
    assert measure(off, truth)["F_mad"] == pytest.approx(50, rel=1e-4)


def test_an_error_of_alpha_leaves_colours_alone(truth):
    off = replace(perfect(truth), alpha=truth.alpha * np.float32(0.5))
    figures = measure(off, truth)
    assert figures["alpha_mad"] == pytest.approx(125, rel=1e-4)
    assert figures["F_mad"] == 0
    painted = truth.foreground[24:72, 24:72].mean() * 0.5 * 0.25 * 1000
    assert figures["pF_mad"] == pytest.approx(painted, rel=1e-3)


def test_a_blurred_background_has_little_texture_and_little_rim(truth):
    figures = measure(
        replace_background(truth, cv2.GaussianBlur(truth.background, (0, 0), 3)), truth
    )
    assert figures["texture"] < 0.5
    assert figures["rim"] < 0.5


def test_texture_is_twice_as_much_at_twice_the_contrast(truth):
    stretched = 0.5 + 2 * (truth.background - 0.5)
    assert measure(replace_background(truth, stretched), truth)["texture"] == pytest.approx(2, 1e-4)


def test_only_the_hole_has_texture(truth):
    """Faults outside the hole do not change its texture."""
    flat = np.float32(0.5)
    hole = hole_of(truth.alpha)[..., None]
    elsewhere = replace_background(truth, np.where(hole, truth.background, flat))
    assert measure(elsewhere, truth)["texture"] == 1
    assert measure(replace_background(truth, np.where(hole, flat, truth.background)), truth)[
        "texture"
    ] == pytest.approx(0, abs=1e-6)


def test_a_seam_raises_the_rim(truth):
    smooth = np.broadcast_to(np.linspace(0.3, 0.6, SIZE, dtype=np.float32)[:, None], (SIZE, SIZE))
    truth = replace(truth, background=np.dstack([smooth] * 3))
    inside = (truth.alpha > 0)[..., None]
    seam = replace_background(truth, truth.background + np.float32(0.2) * inside)
    assert measure(seam, truth)["rim"] > 10


def test_without_a_hole_there_is_nothing_to_judge():
    truth = composite_of(np.full((SIZE, SIZE), 0.5, np.float32))
    figures = measure(perfect(truth), truth)
    assert np.isnan(figures["texture"])
    assert np.isnan(figures["rim"])
    assert figures["Bocc_mad"] == 0


@pytest.fixture
def outlined():
    """A white square of 48×48 with an outline, one pixel wide, half there, on black."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[23:73, 23:73] = 0.5
    alpha[24:72, 24:72] = 1
    white, black = np.ones((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE, 3), np.float32)
    picture = np.repeat(alpha[..., None], 3, axis=-1)
    return Composite(alpha, white, black, picture, alpha, "outlined")


# Pixels of the outline, and of the edge of what is more than half there: 1 px to each side.
OUTLINE, EDGE = 50**2 - 48**2, 50**2 - 46**2


def test_an_outline_that_is_left_behind_is_counted(outlined):
    assert residue(outlined.background, outlined) == 0
    ring = ((outlined.alpha > 0) & (outlined.alpha < 1))[..., None]
    left = np.where(ring, outlined.picture, outlined.background)
    assert residue(left, outlined) == pytest.approx(1000 * OUTLINE / EDGE)
    # So little is not seen, and the other way it is not the object's.
    faint = np.where(ring, np.float32(0.04), outlined.background)
    assert residue(faint, outlined) == 0
    assert residue(-left, outlined) == 0


def test_a_halo_that_is_all_but_clear_is_left_behind_as_the_picture_shows_it(outlined):
    alpha = np.where(outlined.alpha == 0.5, np.float32(0.01), outlined.alpha)
    shown = replace(outlined, alpha=alpha)
    assert residue(shown.picture, shown) == pytest.approx(1000 * OUTLINE / EDGE)


def test_what_is_hidden_or_far_away_is_no_residue(outlined):
    far = outlined.background.copy()
    far[:15] = 1
    assert residue(far, outlined) == 0
    hidden = np.where((outlined.alpha == 1)[..., None], np.float32(1), outlined.background)
    assert residue(hidden, outlined) == 0


def test_haar_energy_of_a_case_done_by_hand():
    """Columns 0, 1, 0, 1, …: each pair differs by 1 at the finest scale, by 0 at coarser ones."""
    grey = np.tile(np.array([0, 1], np.float32), (8, 4))
    everywhere = np.ones((8, 8), np.bool_)
    # |a − b + c − d| / 2 = 1, the two other bands 0; means are 0.5 from then on.
    assert haar_energy(grey, everywhere) == 1
    # Pairs of columns 0, 0, 1, 1, …: nothing at the finest scale, the same at the next.
    assert haar_energy(np.repeat(grey, 2, 1)[:, :8], everywhere) == 1
    # A checkerboard is all diagonal: |a − b − c + d| / 2 = 1.
    board = (np.indices((8, 8)).sum(0) % 2).astype(np.float32)
    assert haar_energy(board, everywhere) == 1
    assert haar_energy(np.full((8, 8), 0.7, np.float32), everywhere) == 0


def test_haar_energy_takes_only_whole_blocks_inside():
    grey = np.zeros((9, 9), np.float32)
    grey[2, 2] = 1
    where = np.zeros((9, 9), np.bool_)
    where[2:4, 2:4] = True
    # Three bands of 1/2 at the finest scale; no larger block lies inside.
    assert haar_energy(grey, where) == 1.5
    where[3, 3] = False
    assert haar_energy(grey, where) == 0


def test_the_hole_is_what_is_hidden_less_its_edge():
    alpha = np.zeros((30, 30), np.float32)
    alpha[5:25, 5:25] = 0.96
    hole = hole_of(alpha)
    assert hole[7:23, 7:23].all()
    assert np.count_nonzero(hole) == 16 * 16
    assert not hole_of(np.full((30, 30), 0.95, np.float32)).any()


def test_eight_bit_layers_lie_within_half_a_step_and_in_range(truth):
    random = np.random.default_rng(1)
    noise = Separation(
        *(
            random.normal(0.5, 0.5, plane.shape).astype(np.float32)
            for plane in vars(perfect(truth)).values()
        )
    )
    rounded = as_eight_bit(noise)
    for name, plane in vars(rounded).items():
        steps = plane.astype(np.float64) * 255
        assert np.abs(steps - np.rint(steps)).max() < 1e-4
        wished = np.clip(getattr(noise, name), 0, 1) * 255
        assert np.abs(steps - wished).max() <= 0.5 + 1e-4
    assert as_eight_bit(perfect(truth)).alpha.dtype == np.float32
