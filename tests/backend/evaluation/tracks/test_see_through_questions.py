"""Pictures that are not opaque: what is drawn, and what is told of an answer."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.see_through import HIDDEN_COLOUR
from layerpeel.backend.evaluation.tracks.see_through_questions import SEE_THROUGH
from layerpeel.shared.protocol import Trimap

SIZE = 96


@pytest.fixture(scope="module")
def questions(art):
    return list(SEE_THROUGH.draw(Art(art), 4, 3, SIZE, None))


def _figures(question, made):
    return question.put_to(lambda _lift: (made,)).figures


def test_every_kind_is_drawn_and_the_truth_is_right(questions):
    kinds = [question.name.split(", ")[-1] for question in questions]
    assert kinds == ["a wash", "all but opaque", "a soft edge", "a patch"]
    for question in questions:
        figures = _figures(question, question.truth)
        # The true alpha has finer steps than a picture of 8 bits.
        assert figures.pop("rec_pixels") < 0.01
        assert set(figures.values()) == {0}
        assert question.picture.shape == (SIZE, SIZE, 4)


def test_the_trimap_is_given(questions):
    asked = []
    questions[0].put_to(lambda lift: (asked.append(lift), (questions[0].truth,))[1])
    assert [type(each) for each in asked] == [Trimap]


def test_a_colour_that_never_showed_is_a_leak(questions):
    patch = questions[-1]
    clear = patch.picture[..., 3] == 0
    assert (patch.picture[clear][:, :3] == HIDDEN_COLOUR).all()
    opaque = replace(
        patch.truth,
        background=np.where(clear[..., None], HIDDEN_COLOUR, patch.truth.background),
        background_alpha=np.ones_like(patch.truth.alpha),
    )
    figures = _figures(patch, opaque)
    assert figures["leak"] == pytest.approx(1000 * clear.mean())
    assert figures["Balpha_mad"] > 100
    assert figures["rec_pixels"] > clear.mean() * 0.9


def test_a_background_that_is_too_faint_costs_opacity_and_colour(questions):
    wash = questions[0]
    faint = replace(wash.truth, background_alpha=wash.truth.background_alpha * np.float32(0.5))
    figures = _figures(wash, faint)
    visible = (wash.truth.alpha < 0.999).mean()
    assert figures["Balpha_mad"] == pytest.approx(500 * 180 / 255 * visible, rel=1e-3)
    assert figures["pB_mad"] > 0
    assert figures["alpha_mad"] == 0


def test_the_engine_and_the_chain_answer(questions):
    wash = questions[0]
    for method in (SEE_THROUGH.engine("compact"), SEE_THROUGH.baselines["classical"]):
        measured = wash.put_to(lambda lift, by=method: by.separate(wash.picture, lift, 0))
        assert measured.figures["alpha_mad"] < 50
        assert measured.figures["leak"] == 0
        if method.name == "compact":
            assert measured.figures["rec_pixels"] == 0
        assert set(measured.pictures) == set(SEE_THROUGH.kinds)
