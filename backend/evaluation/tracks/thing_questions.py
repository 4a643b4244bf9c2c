"""Questions about everything that stands out in a scene: each object is to become a layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.object_scenes import (
    FEWEST_OBJECTS,
    MOST_OBJECTS,
    ObjectScene,
    draw_object_scenes,
)
from layerpeel.backend.evaluation.baselines.by_engine import engine_baseline, things_by_engine
from layerpeel.backend.evaluation.baselines.by_networks import ISNET
from layerpeel.backend.evaluation.showing import in_colours
from layerpeel.backend.evaluation.thing_figures import overlap
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
from layerpeel.shared.protocol import Things

# From this overlap on, a layer is that thing.
MET = 0.75

COLOURED = "things"


@dataclass(frozen=True)
class ThingsQuestion:
    """See `Question`: all objects of a scene, of which what is seen is the truth."""

    scene: ObjectScene
    truth: None = None

    @property
    def name(self) -> str:
        """The objects, and what they lie on."""
        return self.scene.name

    @property
    def picture(self) -> Float32:
        """The scene."""
        return self.scene.picture

    @property
    def shown(self) -> Float32:
        """The scene."""
        return self.scene.picture

    def true_pictures(self) -> Pictures:
        """Show the objects, front-most first as methods answer."""
        things = [thing.visible for thing in reversed(self.scene.objects)]
        return {COLOURED: in_colours(self.picture, things)}

    def put_to(self, ask: Ask) -> Measured:
        """Ask once, for all of them."""
        layers = [made.alpha for made in ask(Things())]
        overlaps = np.array(
            [[overlap(layer, thing.visible) for layer in layers] for thing in self.scene.objects]
        ).reshape(len(self.scene.objects), len(layers))
        figures = {
            "found": float((overlaps >= MET).any(axis=1).mean()),
            "no_thing": float((overlaps < MET).all(axis=0).mean()) if layers else float("nan"),
            "thing_iou": float(overlaps.max(axis=1, initial=0).mean()),
        }
        return Measured(figures, {COLOURED: in_colours(self.picture, layers)})


def _draw_scenes(
    art: Art, count: int, seed: int, size: int, objects: int | None
) -> Iterator[ThingsQuestion]:
    """Draw scenes of 2, 3, 4, 5 objects in turn, or of as many as are asked for."""
    numbers = range(FEWEST_OBJECTS, MOST_OBJECTS + 1) if objects is None else [objects]
    turns = [draw_object_scenes(art, count, seed, number, size) for number in numbers]
    for index in range(count):
        yield ThingsQuestion(next(turns[index % len(turns)]))


THINGS = Track(
    name="things",
    about="Each method got the scenes and nothing else, not even how many objects there are.",
    draw=_draw_scenes,
    scenes=True,
    engine=partial(engine_baseline, separate=things_by_engine, asked_for=Things()),
    baselines={ISNET.name: ISNET},
    reference=ISNET.name,
    columns=(
        Column("found", Statistic.MEAN),
        Column("no_thing", Statistic.MEAN),
        Column("thing_iou", Statistic.MEAN),
        Column("seconds"),
    ),
    plotted=("found", "thing_iou", "seconds"),
    judged_by="found",
    kinds={COLOURED: Kind("the things, each in a colour of its own", ("found", "no_thing"))},
)
