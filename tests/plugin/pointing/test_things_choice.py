"""Choosing among the things that were found: want, let stay, merge."""

from layerpeel.plugin.pointing.things_choice import offered
from layerpeel.shared.pointing import FoundThing, Outlined
from layerpeel.shared.protocol import Coverage, Thing, ThingPart


def square(name, left, top, side=4):
    part = ThingPart(Coverage(side, side, bytes([255]) * side * side), (left, top))
    corners = (left, top), (left + side, top), (left + side, top + side), (left, top + side)
    ring = tuple((float(x), float(y)) for x, y in corners)
    return FoundThing(Thing(name, (part,)), Outlined((ring,)))


FOUND = (square("left", 0, 0), square("middle", 10, 0), square("right", 20, 0))


def names(choice):
    return [each.thing.name for each in choice.things]


def test_all_that_was_found_is_wanted():
    choice = offered(FOUND, ("A note.",))
    assert [each.thing for each in choice.wanted()] == [each.thing for each in FOUND]
    assert choice.notes == ("A note.",)


def test_what_stays_is_not_wanted_and_can_be_again():
    choice = offered(FOUND, ()).wanting(1, False)
    assert [each.thing.name for each in choice.wanted()] == ["left", "right"]
    assert choice.wanting(1, True) == offered(FOUND, ())


def test_merged_things_are_one_in_place_of_the_front_most():
    choice = offered(FOUND, ()).wanting(2, False).merging([2, 0])
    assert names(choice) == ["left", "middle"]
    one = choice.things[0]
    assert one.is_wanted
    assert one.thing.parts == FOUND[0].thing.parts + FOUND[2].thing.parts
    assert one.rings == FOUND[0].outline.rings + FOUND[2].outline.rings


def test_one_alone_cannot_be_merged():
    assert offered(FOUND, ()).merging([1]) == offered(FOUND, ())


def test_front_most_at_a_place_is_found():
    choice = offered((*FOUND, square("behind", 2, 0, side=10)), ())
    assert choice.at((3.9, 3.9)) == 0
    assert choice.at((4.0, 4.0)) == 3
    assert choice.at((50.0, 1.0)) is None
