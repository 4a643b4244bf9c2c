import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import laid_over, rounded_to_8_bits
from layerpeel.backend.composites.object_scenes import (
    LARGEST_SIZE,
    LEAST_HIDDEN,
    LEAST_SEEN,
    draw_object_scenes,
)
from layerpeel.backend.errors import BadInputError

SIZE = 256


@pytest.fixture(scope="module")
def scenes(art):
    return list(draw_object_scenes(Art(art), 3, 5, objects=3, size=SIZE))


def test_the_picture_is_its_objects_over_the_background(scenes):
    for scene in scenes:
        picture = scene.background
        for thing in scene.objects:
            picture = laid_over(thing.colour, thing.alpha, picture)
        assert np.array_equal(scene.picture, rounded_to_8_bits(picture))
        assert scene.picture.shape == (SIZE, SIZE, 3)


def test_what_is_seen_is_what_those_in_front_leave(scenes):
    for scene in scenes:
        back, middle, front = (thing.alpha for thing in scene.objects)
        assert np.array_equal(scene.objects[2].visible, front)
        assert np.allclose(scene.objects[1].visible, middle * (1 - front))
        assert np.allclose(scene.objects[0].visible, back * (1 - front) * (1 - middle))


def test_objects_hide_one_another_in_part(scenes):
    for scene in scenes:
        shares = [
            np.count_nonzero(thing.visible > 0.5) / np.count_nonzero(thing.alpha > 0.5)
            for thing in scene.objects
        ]
        assert LEAST_SEEN <= min(shares) <= 1 - LEAST_HIDDEN


def test_objects_are_small_beside_the_frame(scenes):
    for scene in scenes:
        for thing in scene.objects:
            rows, columns = np.nonzero(thing.alpha > 0.5)
            assert max(np.ptp(rows), np.ptp(columns)) <= LARGEST_SIZE * SIZE + 1


def test_a_seed_gives_the_same_scenes_and_names_their_files(art, scenes):
    again = list(draw_object_scenes(Art(art), 3, 5, objects=3, size=SIZE))
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(again, scenes, strict=True))
    assert [scene.name for scene in again] == [scene.name for scene in scenes]
    for thing in again[0].objects:
        assert (art / thing.cut_out).is_file()


@pytest.mark.parametrize("objects", [1, 6])
def test_other_numbers_of_objects_are_refused(art, objects):
    with pytest.raises(BadInputError, match=f"A scene of {objects} objects cannot be drawn"):
        next(draw_object_scenes(Art(art), 1, 0, objects))
