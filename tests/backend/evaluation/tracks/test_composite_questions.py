"""One object, by a true trimap or by itself: what is asked, and what is made of the answer."""

import numpy as np
import pytest

from layerpeel.backend.composites.composite import Composite, trimap_of_true_alpha
from layerpeel.backend.evaluation.tracks.composite_questions import CompositeQuestion
from layerpeel.backend.separation import Matte, Separation
from layerpeel.shared.protocol import Subject, Trimap

SIZE = 64


@pytest.fixture
def truth():
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[16:48, 16:48] = 1
    white, black = np.ones((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE, 3), np.float32)
    picture = np.repeat(alpha[..., None], 3, axis=-1)
    return Composite(alpha, white, black, picture, trimap_of_true_alpha(alpha, 5), "white on black")


@pytest.mark.parametrize(("by_trimap", "lift"), [(True, Trimap), (False, Subject)])
def test_the_trimap_is_given_in_one_track_only(truth, by_trimap, lift):
    asked = []

    def ask(lift):
        asked.append(lift)
        return (truth,)

    figures = CompositeQuestion(truth, by_trimap).put_to(ask).figures
    assert [type(each) for each in asked] == [lift]
    assert (figures["alpha_mad"], figures["residue"], figures["rec_pixels"]) == (0, 0, 0)
    assert figures.get("iou") == (None if by_trimap else 1)


def test_where_nothing_is_found_all_of_the_picture_is_background(truth):
    measured = CompositeQuestion(truth, by_trimap=False).put_to(lambda _lift: ())
    assert measured.figures["iou"] == 0
    assert measured.figures["alpha_mad"] == 250
    assert measured.figures["rec_pixels"] == 0
    assert measured.figures["Bvis_mad"] == 0
    assert measured.figures["Bocc_mad"] == 250
    assert isinstance(measured.made, Separation)


def test_a_mask_alone_is_judged_by_alpha_alone(truth):
    question = CompositeQuestion(truth, by_trimap=False)
    measured = question.put_to(lambda _lift: (Matte(truth.alpha),))
    assert measured.figures == {"iou": 1, "alpha_mad": 0, "undecided": 0}
    assert list(measured.pictures) == ["foregrounds"]
