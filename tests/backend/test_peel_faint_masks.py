"""What a soft mask selects in part, apart from the object, comes off in part."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.faint_parts import faint_parts, with_faint_parts
from layerpeel.shared.protocol import Mask

SIZE = 160
FAINT = 0.4


@pytest.fixture(scope="module")
def strokes():
    """Strokes of thin ink beside a disc: the picture, the true alpha, and what lies behind."""
    random = np.random.default_rng(5)
    noise = cv2.GaussianBlur(random.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), 1.5)
    background = np.repeat((0.45 + 0.12 * noise)[..., None], 3, axis=-1)
    disc, lines = np.zeros((2, SIZE, SIZE), np.uint8)
    cv2.circle(disc, (70, 80), 36, 255, -1, cv2.LINE_AA)
    for x in (116, 122, 128):
        cv2.line(lines, (x, 60), (x + 8, 100), round(255 * FAINT), 2, cv2.LINE_AA)
    colour = np.where(disc[..., None] > 0, np.float32([0.95, 0.5, 0.1]), np.float32(0))
    alpha = np.maximum(disc, lines).astype(np.float32) / 255
    picture = alpha[..., None] * colour + (1 - alpha[..., None]) * background
    return np.floor(picture * 255 + 0.5).astype(np.uint8), alpha, background


def test_faint_strokes_beside_an_object_leave_the_background(strokes, coverage_of):
    picture, alpha, background = strokes
    stack = peel(picture, lift=Mask(coverage_of(np.floor(alpha * 255 + 0.5))))
    faint = np.abs(alpha - FAINT) < 0.02
    behind, foreground = stack.layers
    left = background - array_of(behind.pixels)[..., :3] / 255
    # Without what the mask says, the strokes stay: 38 of 255 darker than what lies behind.
    assert (left[faint].mean(axis=-1) > 20 / 255).mean() < 0.1
    lifted = np.zeros(alpha.shape)
    (x, y), pixels = foreground.offset, array_of(foreground.pixels)
    lifted[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., 3] / 255
    assert (lifted[faint] >= alpha[faint] - 1 / 255).all()
    assert np.array_equal(flatten(stack)[..., :3], picture)


def test_only_what_is_nowhere_selected_whole_counts_as_faint(strokes):
    _, alpha, _ = strokes
    lines = np.where((np.arange(SIZE)[None, :] > 110) & (alpha > 0.02), alpha, 0)
    assert np.array_equal(faint_parts(alpha), lines)
    # A soft brush has left next to nothing between the two.
    assert np.array_equal(faint_parts(np.maximum(alpha, np.float32(0.01))), lines)
    # Drawn softly as a whole: a feathered dab, a brush of 85%.
    assert not faint_parts(alpha * np.float32(0.85)).any()
    assert not faint_parts(cv2.GaussianBlur((alpha > 0.9).astype(np.float32), (0, 0), 6)).any()


def test_where_matting_has_found_something_the_mask_does_not_overrule_it(strokes):
    """A second, softer dab of a brush, roughly round something that has an edge."""
    picture, alpha, _ = strokes
    mask = np.zeros_like(alpha)
    mask[60:110, 112:140] = 0.7
    proxy = picture.astype(np.float32) / 255
    found = Matte(np.where(alpha > 0.1, np.float32(0.9), np.float32(0)) * (mask > 0))
    nothing = Matte(np.zeros_like(alpha))
    thin = np.where(alpha > 0.1, mask, np.float32(0))
    assert np.array_equal(with_faint_parts(found, thin, proxy).alpha, found.alpha)
    assert np.array_equal(with_faint_parts(nothing, mask, proxy).alpha, mask)
