"""Everything that stands out: which things were met, and which layers are no thing."""

import math

import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.evaluation.tracks.thing_questions import THINGS, ThingsQuestion
from layerpeel.backend.separation import Matte
from layerpeel.shared.protocol import Things


def figures_of(scene, *alphas):
    asked = []

    def ask(lift):
        asked.append(lift)
        return tuple(Matte(alpha) for alpha in alphas)

    figures = ThingsQuestion(scene).put_to(ask).figures
    assert asked == [Things()]
    return figures


def test_each_thing_on_a_layer_of_its_own_is_right(scene):
    behind, front = (thing.visible for thing in scene.objects)
    assert figures_of(scene, front, behind) == {"found": 1, "no_thing": 0, "thing_iou": 1}


def test_two_things_on_one_layer_are_neither(scene):
    behind, front = (thing.visible for thing in scene.objects)
    figures = figures_of(scene, behind + front)
    assert (figures["found"], figures["no_thing"]) == (0, 1)
    # 880 pixels are seen of the one, 576 of the other.
    assert figures["thing_iou"] == pytest.approx((880 + 576) / (880 + 576) / 2)


def test_a_layer_that_is_no_thing_is_counted(scene):
    behind, front = (thing.visible for thing in scene.objects)
    shadow = np.zeros_like(front)
    shadow[50:60] = 1
    figures = figures_of(scene, front, behind * 0.4, shadow)
    assert figures == {"found": 0.5, "no_thing": 2 / 3, "thing_iou": 0.5}


def test_without_a_layer_there_is_none_to_judge(scene):
    figures = figures_of(scene)
    assert (figures["found"], figures["thing_iou"]) == (0, 0)
    assert math.isnan(figures["no_thing"])


def test_scenes_have_two_to_five_objects_in_turn(art):
    drawn = [len(each.scene.objects) for each in THINGS.draw(Art(art), 5, 0, 128, None)]
    assert drawn == [2, 3, 4, 5, 2]
    assert [len(each.scene.objects) for each in THINGS.draw(Art(art), 2, 0, 128, 3)] == [3, 3]
