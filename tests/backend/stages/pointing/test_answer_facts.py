"""What is known of answers, by masks and pictures of which it can be told by eye."""

import numpy as np
import pytest

from layerpeel.backend.stages.pointing.answer_facts import FACTS, Asked, facts_of
from layerpeel.backend.stages.pointing.minisam import (
    BOTTOM_RIGHT,
    KEEP,
    REMOVE,
    TOP_LEFT,
    Answers,
    Look,
)

# Where a fact stands among the others (the docstring of `facts_of`).
SIZE, PIECES, BEST_OTHER, EDGE, NO_EDGE, FRAME, DISTANCE, OBEYED, BOX_FIT, BEFORE = (
    6, 12, 13, 17, 18, 20, 22, 24, 26, 28,
)  # fmt: skip
SIDE = 256
QUALITIES = np.array([0.9, 0.8, 0.7, 0.6], np.float32)


def square(left, top, side):
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def look_at(height=SIDE, width=SIDE):
    """A picture with a red square of 100 pixels at (60, 60) on grey."""
    grid = np.full((height, width, 3), 0.5, np.float32)
    grid[60:160, 60:160] = (1, 0, 0)
    return Look(None, "", np.zeros((1, 256, 64, 64), np.float32), grid, (2 * height, 2 * width))


def facts(masks, places=(), earlier=None, look=None):
    logits = np.stack([np.where(mask, 5, -5) for mask in masks]).astype(np.float32)
    before = None if earlier is None else np.where(earlier, 5, -5).astype(np.float32)
    return facts_of(look or look_at(), [Asked(places, Answers(logits, QUALITIES))], before)


THING = square(60, 60, 100)
PART, MORE, BESIDE = square(80, 80, 30), square(40, 40, 140), square(70, 70, 100)


def test_the_thing_is_told_from_its_part_and_from_more_by_the_edge_on_its_outline():
    found = facts([THING, PART, MORE, BESIDE])
    assert found.shape == (4, FACTS)
    assert np.isfinite(found).all()
    assert found[:, EDGE].argmax() == 0
    assert found[0, EDGE] > 0.9
    assert found[0, NO_EDGE] < 0.1
    assert found[1, NO_EDGE] > 0.9
    assert found[2, NO_EDGE] > 0.9


def test_size_pieces_and_the_frame():
    split = square(0, 0, 50) | square(100, 100, 50)
    found = facts([THING, split, ~THING, np.ones((SIDE, SIDE), np.bool_)])
    assert found[0, SIZE] == pytest.approx(100**2 / SIDE**2)
    assert found[:, PIECES].tolist() == pytest.approx([0.1, 0.2, 0.1, 0.1])
    assert found[0, FRAME] == 0
    assert found[3, FRAME] == 1


def test_how_far_the_others_agree():
    found = facts([THING, PART, THING, BESIDE])
    assert found[0, BEST_OTHER] == pytest.approx(1)
    assert found[1, BEST_OTHER] == pytest.approx(900 / 10000)


def test_what_the_clicks_say_of_it():
    # In pixels of a picture twice as large as the grid.
    clicks = [(220.0, 220.0, KEEP), (400.0, 400.0, REMOVE)]
    found = facts([THING, PART, ~THING, MORE], clicks)
    assert found[:, OBEYED].tolist() == [1, 0.5, 0, 1]
    assert found[0, DISTANCE] == pytest.approx(0, abs=0.01)


def test_a_box_and_the_mask_before():
    box = [(120.0, 120.0, TOP_LEFT), (320.0, 320.0, BOTTOM_RIGHT)]
    found = facts([THING, PART, MORE, BESIDE], box, earlier=THING)
    assert found[:, BOX_FIT].argmax() == 0
    assert found[0, BOX_FIT] == pytest.approx(1)
    assert found[:, BEFORE].argmax() == 0
    assert found[0, BEFORE] == 1
    assert not facts([THING] * 4)[:, [BOX_FIT, BEFORE]].any()


def test_an_empty_answer_and_what_lies_beyond_the_picture_say_nothing():
    wide = look_at(height=180)
    empty = np.zeros((SIDE, SIDE), np.bool_)
    beyond = square(60, 200, 40)
    found = facts([THING, empty, beyond, THING | beyond], look=wide)
    assert not found[1].any()
    assert not found[2].any()
    assert found[3, SIZE] == found[0, SIZE]
