"""One object of a scene: how it is pointed at, and what is counted."""

import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.tracks.object_questions import (
    BOX,
    CLICK,
    BoxQuestion,
    ClickQuestion,
)
from layerpeel.backend.separation import Matte
from layerpeel.shared.protocol import Box, Point, Points


@pytest.fixture
def thing(scene):
    """The one in front: 24 pixels wide and high, from 24,24."""
    return scene.objects[1]


def test_a_box_is_drawn_tight_round_what_is_seen(scene, thing):
    asked = []

    def ask(lift):
        asked.append(lift)
        return (Matte(thing.visible),)

    question = BoxQuestion(scene, thing)
    measured = question.put_to(ask)
    assert asked == [Box(24, 24, 24, 24)]
    assert measured.figures == {"iou": 1, "alpha_mad": 0, "undecided": 0}
    assert (question.shown != question.picture).any(axis=-1).sum() == 4 * 25


def test_what_hides_a_thing_is_no_part_of_it(scene):
    behind = scene.objects[0]
    whole = BoxQuestion(scene, behind).put_to(lambda _lift: (Matte(behind.alpha),))
    assert whole.figures["iou"] == pytest.approx((1024 - 144) / 1024)


def test_nothing_found_overlaps_nothing(scene, thing):
    assert BoxQuestion(scene, thing).put_to(lambda _lift: ()).figures["iou"] == 0


class AnswersAsOneClicks:
    """Adds six columns of the thing at each click."""

    def __init__(self, thing):
        self.thing, self.asked = thing, []

    def __call__(self, lift):
        self.asked.append(lift)
        alpha = self.thing.visible.copy()
        alpha[:, 24 + 6 * len(lift.points) :] = 0
        return (Matte(alpha),)


def test_each_click_goes_into_the_largest_error_until_it_is_right(scene, thing):
    ask = AnswersAsOneClicks(thing)
    figures = ClickQuestion(scene, thing).put_to(ask).figures
    assert [len(lift.points) for lift in ask.asked] == [1, 2, 3, 4]
    clicks = ask.asked[-1].points
    assert all(click.inside for click in clicks)
    # In the middle of all of it, of the columns from 30 on, from 36 on, of the last six.
    assert [round(click.x) for click in clicks] == pytest.approx([36, 39, 42, 45], abs=2)
    assert figures["iou_1"] == 0.25
    assert figures["iou_3"] == 0.75
    assert figures["clicks_90"] == figures["clicks_95"] == 4
    # A quarter of 24×24 pixels lacks after three clicks.
    assert figures["alpha_mad"] == pytest.approx(1000 * 144 / 64**2)


def test_after_eight_clicks_somebody_gives_up(scene, thing):
    asked = []

    def ask(lift):
        asked.append(lift)
        return ()

    figures = ClickQuestion(scene, thing).put_to(ask).figures
    assert len(asked) == 8
    assert (figures["iou_1"], figures["iou_3"]) == (0, 0)
    assert figures["clicks_90"] == figures["clicks_95"] == 9


def test_what_is_right_at_once_is_not_clicked_at_again(scene, thing):
    asked = []

    def ask(lift):
        asked.append(lift)
        return (Matte(thing.visible),)

    figures = ClickQuestion(scene, thing).put_to(ask).figures
    assert len(asked) == 1
    assert isinstance(asked[0], Points)
    assert (figures["iou_1"], figures["iou_3"], figures["clicks_95"]) == (1, 1, 1)


def test_a_click_takes_away_what_is_over(scene, thing):
    asked = []

    def ask(lift):
        asked.append(lift)
        return (Matte(np.ones_like(thing.visible) if len(asked) == 1 else thing.visible),)

    ClickQuestion(scene, thing).put_to(ask)
    first, second = asked[-1].points
    assert first.inside
    assert not second.inside
    assert thing.visible[second.y, second.x] == 0
    assert isinstance(second, Point)


@pytest.mark.parametrize("track", [BOX, CLICK])
def test_every_object_of_every_scene_is_a_question(art, track):
    names = [question.name for question in track.draw(Art(art), 2, 3, 128, 2)]
    assert len(names) == len(set(names)) == 4
    assert len(list(track.draw(Art(art), 1, 3, 128, None))) == 3
    with pytest.raises(BadInputError, match="0 objects cannot be drawn"):
        next(track.draw(Art(art), 1, 3, 128, 0))
