"""What is known of answers beside the others."""

import numpy as np
import pytest

from layerpeel.backend.stages.things.answer_relations import RELATIONS, AnswersTogether

SHAPE = (192, 256)
RNG = np.random.default_rng(0)
TWO_KINDS = RNG.normal(size=(2, 256)).astype(np.float32)


def block(top, bottom, left, right):
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


BODY, HEAD = block(80, 160, 40, 100), block(40, 80, 40, 100)
FIGURE, BESIDE = BODY | HEAD, block(40, 160, 100, 160)


def relations(masks, likelihoods, points, other_kind=BESIDE):
    """Of one answer to each point; what lies elsewhere is of another kind than the figure."""
    kinds = np.zeros((256, 64, 64), np.float32) + TWO_KINDS[0][:, None, None]
    rows, columns = np.nonzero(other_kind[::4, ::4])
    kinds[:, rows, columns] = TWO_KINDS[1][:, None]
    together = AnswersTogether(
        np.stack(masks),
        np.array(likelihoods, np.float32),
        points,
        np.arange(len(points)),
        kinds[None],
    )
    return together.relations()


def test_a_part_knows_what_holds_it_and_a_whole_what_it_holds():
    head, figure = relations([HEAD, FIGURE], [0.7, 0.9], [(60, 60), (120, 60)])
    assert head[5:7] == pytest.approx([0.9, 0.2])  # the likeliest that holds it, and by how much
    assert not figure[7:12].any()
    assert figure[12:14] == pytest.approx([0.7, -0.2])
    assert figure[19] == pytest.approx(1 / 3, abs=0.01)  # what its parts cover
    assert not head[14:20].any()


def test_the_rest_of_one_figure_is_more_alike_than_a_thing_beside_it():
    points = [(60, 60), (120, 60)]
    in_figure, _ = relations([HEAD, FIGURE], [0.5, 0.5], points)
    in_both, _ = relations([FIGURE, FIGURE | BESIDE], [0.5, 0.5], points)
    assert in_figure[9] > 0.9 > 0 > in_both[9]


def test_points_agree_where_they_are_answered_alike():
    points = [(60, 60), (120, 60), (140, 80)]
    figure, _, head = relations([FIGURE, FIGURE, HEAD], [0.9, 0.9, 0.9], points)
    assert figure[1] == pytest.approx(2 / 3)
    assert figure[4] == pytest.approx(0.9)
    assert head[1] == 0
    assert figure[2] > head[2]


def test_answers_that_cross_are_counted():
    one, other = block(40, 100, 40, 100), block(70, 130, 70, 130)
    crossing, _ = relations([one, other], [0.5, 0.8], [(50, 50), (120, 120)])
    assert crossing[20:22] == pytest.approx([0.5, 0.8])


def test_of_an_empty_answer_nothing_is_known():
    empty, whole = relations([np.zeros(SHAPE, bool), FIGURE], [-1, 0.5], [(5, 5), (60, 60)])
    assert empty.shape == (RELATIONS,)
    assert not empty.any()
    assert np.isfinite(whole).all()
