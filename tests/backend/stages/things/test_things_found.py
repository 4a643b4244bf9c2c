"""Things told apart, shared out, ordered and named, by a network that knows the truth."""

import numpy as np
import pytest

from layerpeel.backend.image import Image
from layerpeel.backend.progress import StopWork, say_no_fraction
from layerpeel.backend.stages.things.agreement import agreed_upon
from layerpeel.backend.stages.things.choosing_things import PointAnswer
from layerpeel.backend.stages.things.depth_order import front_to_back
from layerpeel.backend.stages.things.place_names import place_names
from layerpeel.backend.stages.things.sharing_out import shared_out
from layerpeel.backend.stages.things.thing_masks import mask_of
from layerpeel.backend.stages.things.things_found import MOST_POINTS, find_things, places_in
from layerpeel.shared.protocol import Depth

SHAPE = (120, 160)


def block(top, bottom, left, right):
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


FRONT = block(50, 90, 60, 100)
BEHIND = block(20, 80, 30, 80) & ~FRONT
AWAY = block(20, 60, 120, 150)


class Knowing:
    """Answers with the thing at a point, or with what is said there instead."""

    shape = SHAPE

    def __init__(self, things, instead=()):
        self.things = things
        self.instead = instead

    def at(self, points, report):
        answered = []
        for number, point in enumerate(points):
            report(number / len(points))
            answered.append(self.answer(*point))
        return agreed_upon(answered)

    def answer(self, row, column):
        for where, (mask, likelihood) in self.instead:
            if where[row, column]:
                return PointAnswer((row, column), mask.astype(np.float32), likelihood)
        (thing,) = [each for each in self.things if each[row, column]]
        return PointAnswer((row, column), thing.astype(np.float32), 0.9)


def found(*things, most=8, report=say_no_fraction, instead=()):
    proxy = np.zeros((*SHAPE, 3), np.float32)
    image = Image(proxy, np.ones(SHAPE, np.float32), proxy, Depth.U8)
    standing_out = np.maximum.reduce([np.zeros(SHAPE, bool), *things]).astype(np.float32)
    return find_things(image, standing_out, Knowing(things, instead), most, report)


def test_things_that_touch_are_two_front_most_first():
    masks = [mask_of(thing, SHAPE) for thing in found(BEHIND, FRONT, AWAY)]
    assert len(masks) == 3
    front, behind, _ = (
        next(place for place, mask in enumerate(masks) if np.array_equal(mask, thing))
        for thing in (FRONT, BEHIND, AWAY)
    )
    assert front < behind


def test_of_more_than_are_wanted_the_largest_are_taken():
    masks = [mask_of(thing, SHAPE) for thing in found(BEHIND, FRONT, AWAY, most=2)]
    assert len(masks) == 2
    assert not any(np.array_equal(mask, AWAY) for mask in masks)


def test_where_nothing_stands_out_there_is_nothing():
    assert found() == []


def test_many_small_regions_are_pointed_at_no_more_often_than_is_worth_waiting_for():
    solid = np.zeros((256, 256), bool)
    for top in range(0, 250, 23):
        for left in range(0, 250, 23):
            solid[top : top + 20, left : left + 20] = True
    places = places_in(solid)
    assert len(places) == len(set(places)) == MOST_POINTS
    assert all(solid[place] for place in places)
    rows, columns = np.array(places).T
    assert {*rows // 23} == {*columns // 23} == set(range(11))


@pytest.mark.parametrize("shape", [(224, 256), (256, 224), (120, 168)])
def test_a_grid_that_just_fills_a_side_stays_within_it(shape):
    places = places_in(np.ones(shape, np.bool_))
    assert places
    assert all(row < shape[0] and column < shape[1] for row, column in places)


def test_a_thing_too_small_is_none():
    assert found(block(10, 13, 10, 13)) == []


def test_it_says_how_far_it_is_and_can_be_stopped():
    def stop(done):
        assert 0 <= done <= 1
        if done > 0.3:
            raise StopWork

    with pytest.raises(StopWork):
        found(FRONT, report=stop)


def test_a_part_is_no_thing_of_its_own():
    part = FRONT & block(50, 70, 60, 100)
    (thing,) = found(FRONT, instead=[(part, (part, 0.6))])
    assert np.array_equal(mask_of(thing, SHAPE), FRONT)


def test_a_part_believed_more_than_the_whole_is_none_where_others_say_the_whole():
    head = FRONT & block(50, 60, 60, 100)
    seen = block(50, 53, 60, 100)
    (thing,) = found(FRONT, instead=[(seen, (head, 0.95))])
    assert np.array_equal(mask_of(thing, SHAPE), FRONT)


def test_two_are_not_one_because_an_answer_has_both():
    both = FRONT | BEHIND
    instead = [(block(50, 60, 60, 70), (both, 0.9))]
    masks = [mask_of(thing, SHAPE) for thing in found(FRONT, BEHIND, instead=instead)]
    assert len(masks) == 2
    assert any(np.array_equal(mask, FRONT) for mask in masks)


def test_where_only_scraps_are_found_what_stands_out_is_one_thing():
    collar, buckle = block(50, 60, 60, 100), block(80, 90, 75, 85)
    nobody_knows = (~(collar | buckle), (FRONT, 0.2))
    instead = [(collar, (collar, 0.9)), (buckle, (buckle, 0.9)), nobody_knows]
    (thing,) = found(FRONT, instead=instead)
    assert np.array_equal(mask_of(thing, SHAPE), FRONT)


def test_one_found_alone_comes_with_its_arms():
    trunk = FRONT & (np.arange(SHAPE[1]) < 92)
    (thing,) = found(FRONT, instead=[(FRONT, (trunk, 0.9))])
    assert np.array_equal(mask_of(thing, SHAPE), FRONT)


def test_what_mostly_does_not_stand_out_or_is_next_to_nothing_is_no_thing():
    for mask in (block(0, 120, 0, 160), block(60, 62, 60, 62)):
        (thing,) = found(FRONT, instead=[(FRONT, (mask, 0.9))])
        assert np.array_equal(mask_of(thing, SHAPE), FRONT)


def test_of_two_that_share_pixels_the_likelier_has_them():
    first, second = block(20, 80, 20, 70), block(20, 80, 60, 110)
    one, other = shared_out(
        first | second, [each.astype(np.float32) for each in (first, second)], [], 0.004
    )
    assert np.array_equal(one, first)
    assert np.array_equal(other, second & ~first)


def test_a_thing_ends_where_what_stands_out_does():
    coarse, exact = block(22, 82, 18, 58), block(20, 80, 20, 60)
    (mask,) = shared_out(exact, [coarse.astype(np.float32)], [], 0.004)
    assert np.array_equal(mask, exact)


def test_a_thing_of_which_little_stands_out_is_kept_as_it_is():
    thing = block(20, 80, 20, 60)
    (mask,) = shared_out(block(20, 50, 20, 60), [thing.astype(np.float32)], [], 0.004)
    assert np.array_equal(mask, thing)


def test_a_thin_part_that_stands_out_goes_to_what_it_touches_and_nothing_else_does():
    body, mast, far = block(40, 100, 40, 100), block(10, 40, 60, 63), block(10, 14, 130, 134)
    beside = block(40, 100, 100, 140)
    solid = body | mast | far | beside
    (found_body,) = shared_out(solid, [body.astype(np.float32)], [], 0.004)
    assert np.array_equal(found_body & ~beside, body | mast)
    # But for an edge as wide as the coarse answers are wrong.
    assert not (found_body & block(40, 100, 103, 140)).any()


def test_no_two_share_a_pixel():
    random = np.random.default_rng(5)
    sureness = [random.random((30, 40)).astype(np.float32) for _ in range(4)]
    masks = shared_out(block(10, 110, 10, 150), sureness, [], 0.004)
    assert len(masks) == 4
    assert np.sum(masks, axis=0).max() == 1
    assert shared_out(block(10, 110, 10, 150), [], [], 0.004) == []


def test_who_takes_a_bite_out_of_another_is_in_front():
    assert front_to_back([BEHIND, FRONT]) == [1, 0]
    assert front_to_back([FRONT, BEHIND]) == [0, 1]
    # Also where what is behind reaches lower.
    assert front_to_back([np.flipud(BEHIND), np.flipud(FRONT)]) == [1, 0]


def test_of_things_apart_the_lower_one_is_in_front():
    assert front_to_back([block(5, 30, 5, 30), block(60, 100, 100, 140)]) == [1, 0]


def test_names_say_the_place_and_are_unique():
    masks = [
        block(5, 20, 5, 20),
        block(55, 65, 75, 85),
        block(8, 22, 8, 22),
        block(90, 99, 150, 159),
    ]
    assert place_names(masks) == ["Top left", "Middle", "Top left 2", "Bottom right"]
