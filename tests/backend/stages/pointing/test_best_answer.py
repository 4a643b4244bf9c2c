"""Choosing among answers, with the network that is shipped."""

import numpy as np
import pytest

from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.pointing.answer_facts import Asked
from layerpeel.backend.stages.pointing.best_answer import Question, likeliest, likelihoods
from layerpeel.backend.stages.pointing.minisam import KEEP, REMOVE, Answers, Look

SIDE = 256
WHOLE = Window(0, SIDE, 0, SIDE)
GREY = np.full((SIDE, SIDE, 3), 0.5, np.float32)
CLICK = [(110.0, 110.0, KEEP)]


def square(left, top, side):
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


THING, PART, MORE = square(60, 60, 100), square(80, 80, 60), square(40, 40, 140)
NOTHING = np.zeros((SIDE, SIDE), np.bool_)


@pytest.fixture
def question():
    """Put masks as the four answers to clicks on a red square."""
    grid = GREY.copy()
    grid[THING] = (0.8, 0.1, 0.1)
    look = Look(None, "", np.zeros((1, 256, 64, 64), np.float32), grid, (SIDE, SIDE))

    def ask(masks, places=CLICK, earlier=None):
        logits = np.stack([np.where(mask, 8, -8) for mask in masks]).astype(np.float32)
        answers = Answers(logits, np.full(4, 0.9, np.float32))
        before = None if earlier is None else np.where(earlier, 8, -8).astype(np.float32)
        return Question(look, WHOLE, [Asked(places, answers)], before)

    return ask


@pytest.mark.parametrize("place", range(4))
def test_what_follows_the_edges_is_the_thing_wherever_it_stands(question, place):
    masks = [PART, MORE, PART]
    masks.insert(place, THING)
    assert likeliest(question(masks)) == place


def test_an_empty_answer_is_never_chosen(question):
    asked = question([NOTHING, MORE, NOTHING, NOTHING])
    assert likeliest(asked) == 1
    assert likelihoods(asked).tolist().count(-1) == 3


def test_an_answer_that_does_as_told_is_chosen_before_one_that_does_not(question):
    places = [*CLICK, (165.0, 165.0, KEEP), (45.0, 45.0, REMOVE)]
    wanted = MORE & ~square(40, 40, 20)
    assert likeliest(question([THING, PART, wanted, MORE], places)) == 2


def test_a_correction_keeps_near_to_what_was_there_before(question):
    half = THING & (np.arange(SIDE) < 120)
    other = THING & (np.arange(SIDE) >= 100)
    places = [(110.0, 110.0, KEEP)]
    for place, earlier in enumerate((half, other)):
        assert likeliest(question([half, other, NOTHING, NOTHING], places, earlier)) == place
