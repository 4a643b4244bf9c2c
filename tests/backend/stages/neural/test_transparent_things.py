"""What is see-through becomes unknown, exactly as MatteAnything has it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend.stages.grounding_dino import Detection, GroundingDinoDetector
from layerpeel.backend.stages.transparent_things import find_transparent, loosen
from layerpeel.backend.stages.trimap import trimap_round_mask

pytestmark = pytest.mark.torch

HEIGHT, WIDTH = 150, 200


def things(*boxes):
    return [Detection(*box, "glass", 0.7) for box in boxes]


@pytest.fixture(scope="module")
def mask():
    """Two blobs, 0 or 255."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    first, second = np.hypot(y - 75, x - 60) < 50, np.hypot(y - 70, (x - 160) / 0.6) < 58
    return np.where(first | second, 255, 0).astype(np.uint8)


def trimap_of_matte_anything(mask):
    """Its settings: a kernel of 10 × 10, five times over, on either side of the edge."""
    kernel = np.ones((10, 10), np.uint8)
    sure, possible = (
        change(mask, kernel, iterations=5) == 255 for change in (cv2.erode, cv2.dilate)
    )
    return np.where(sure, 1, np.where(possible, 0.5, 0)).astype(np.float32)


def loosened_by_matte_anything(trimap, boxes):
    """Pixel by pixel: within a box whose edges are cut to whole pixels, 1 becomes 0.5."""
    loosened = trimap.copy()
    for left, top, right, bottom in boxes:
        for y in range(int(top), int(bottom)):
            for x in range(int(left), int(right)):
                if loosened[y, x] == 1:
                    loosened[y, x] = 0.5
    return loosened


EDGES = st.tuples(
    st.floats(0, WIDTH, width=32),
    st.floats(0, HEIGHT, width=32),
    st.floats(0, WIDTH, width=32),
    st.floats(0, HEIGHT, width=32),
)
BOXES = st.lists(
    EDGES.map(lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))),
    max_size=4,
)


@settings(max_examples=30)
@given(boxes=BOXES)
def test_its_trimap_becomes_what_its_rule_makes_of_it(mask, boxes):
    trimap = trimap_of_matte_anything(mask)
    before = trimap.copy()
    assert (trimap == 1).any()
    loosened = loosen(trimap, things(*boxes))
    assert np.array_equal(loosened, loosened_by_matte_anything(trimap, boxes))
    assert np.array_equal(trimap, before)


def test_ours_follows_the_same_rule_with_its_narrower_band(mask):
    """More is sure there, so more of what a box holds becomes unknown."""
    ours, theirs = trimap_round_mask(mask / np.float32(255), 8), trimap_of_matte_anything(mask)
    box = (20, 20, 90, 120)
    loosened = loosen(ours, things(box))
    assert np.array_equal(loosened, loosened_by_matte_anything(ours, [box]))
    assert ((loosen(theirs, things(box)) == 0.5) & (theirs == 1)).sum() > 0
    assert (loosened == 0.5).sum() - (ours == 0.5).sum() > (theirs[20:120, 20:90] == 1).sum()


def test_nothing_see_through_changes_nothing(mask):
    trimap = trimap_of_matte_anything(mask)
    assert np.array_equal(loosen(trimap, []), trimap)


def test_it_looks_for_matte_anythings_words_at_its_thresholds(detector_folder, pool, noise):
    detector, picture = GroundingDinoDetector(detector_folder, pool), noise(60, 90)
    words = "glass. lens. crystal. diamond. bubble. bulb. web. grid"
    found = find_transparent(detector, picture)
    assert found == detector.find(picture, words, box_threshold=0.5, text_threshold=0.25)
    assert found
    assert {each.phrase for each in found} <= set(words.split(". "))
    assert min(each.score for each in found) > 0.5
