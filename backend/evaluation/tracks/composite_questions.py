"""Questions about one object over a background: its layers, by a true trimap or by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.evaluation.baseline import Answer
from layerpeel.backend.evaluation.baselines.by_engine import engine_baseline, layers_by_engine
from layerpeel.backend.evaluation.baselines.by_networks import ISNET, MINISAM_ROUND_ISNET
from layerpeel.backend.evaluation.baselines.by_trimap import BY_TRIMAP, CLASSICAL, lift_of_trimap
from layerpeel.backend.evaluation.metrics import as_eight_bit, measure
from layerpeel.backend.evaluation.showing import lifted_off
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
from layerpeel.backend.separation import Matte, Separation
from layerpeel.shared.protocol import Coverage, Subject, Trimap

BACKGROUNDS, FOREGROUNDS = "backgrounds", "foregrounds"


@dataclass(frozen=True)
class CompositeQuestion:
    """See `Question`. by_trimap: whether the true trimap is given; otherwise nothing is."""

    truth: Composite
    by_trimap: bool

    @property
    def name(self) -> str:
        """The names of object and background."""
        return self.truth.name

    @property
    def picture(self) -> Float32:
        """The composite."""
        return self.truth.picture

    @property
    def shown(self) -> Float32:
        """The composite."""
        return self.truth.picture

    def true_pictures(self) -> Pictures:
        """Show the layers that it was made of."""
        return _pictures(self.truth, self.truth.picture)

    def put_to(self, ask: Ask) -> Measured:
        """Ask once, for one layer."""
        made = self._made(ask(lift_of_trimap(self.truth.trimap) if self.by_trimap else Subject()))
        if isinstance(made, Separation):
            figures = measure(made, self.truth)
            if not self.by_trimap:
                figures = {"iou": overlap(made.alpha, self.truth.alpha), **figures}
        else:
            figures = thing_figures(made.alpha, self.truth.alpha)
        return Measured(figures, _pictures(made, self.truth.picture), made)

    def _made(self, answer: Answer) -> Matte:
        if not answer:  # Nothing was found: all of the picture stays behind.
            clear = np.zeros(self.picture.shape[:2], np.float32)
            return Separation(clear, self.picture, self.picture)
        (made,) = answer
        return as_eight_bit(made) if isinstance(made, Separation) else made


def _pictures(made: Matte, picture: Float32) -> Pictures:
    if not isinstance(made, Separation):
        return {FOREGROUNDS: lifted_off(picture, made.alpha)}
    return {
        BACKGROUNDS: made.background,
        FOREGROUNDS: np.dstack([made.foreground, made.alpha]),
    }


def _draw_with_trimaps(
    art: Art, count: int, seed: int, size: int, _objects: int | None
) -> Iterator[CompositeQuestion]:
    for composite in draw_composites(art, count, seed, size):
        yield CompositeQuestion(composite, by_trimap=True)


def _draw_subjects(
    art: Art, count: int, seed: int, size: int, _objects: int | None
) -> Iterator[CompositeQuestion]:
    for composite in draw_composites(art, count, seed, size):
        yield CompositeQuestion(composite, by_trimap=False)


_THE_BACKGROUND = "the background"
_THE_FOREGROUND = "the foreground, over a checkerboard"

_A_TRIMAP = Trimap(Coverage(1, 1, bytes([128])))

LAYERS = Track(
    name="layers",
    about="Each method got the same pictures and trimaps, drawn from the true alpha.",
    draw=_draw_with_trimaps,
    scenes=False,
    engine=partial(engine_baseline, separate=layers_by_engine, asked_for=_A_TRIMAP),
    baselines=BY_TRIMAP,
    reference=CLASSICAL.name,
    # The most telling figures: edge, colours, visible background, exactness, fill, time.
    columns=(
        Column("alpha_mad"),
        Column("F_mad"),
        Column("Bvis_mad"),
        Column("rec_pixels"),
        Column("texture"),
        Column("rim"),
        Column("seconds"),
        Column("Bvis_mad", Statistic.RATIO),
        Column("residue"),
        Column("residue", Statistic.MEAN),
        Column("undecided", Statistic.MEAN),
    ),
    plotted=("alpha_mad", "pF_mad", "Bvis_mad", "residue", "texture", "rim", "seconds"),
    # What an artist sees first who hides the foreground: outlines that were left behind.
    judged_by="residue",
    kinds={
        BACKGROUNDS: Kind(_THE_BACKGROUND, ("residue", "Bvis_mad", "texture", "rim")),
        FOREGROUNDS: Kind(_THE_FOREGROUND, ("alpha_mad", "pF_mad")),
    },
)

SUBJECT = Track(
    name="subject",
    about="Each method got the pictures and nothing else. What is judged of a network alone is its "
    "mask, taken as alpha.",
    draw=_draw_subjects,
    scenes=False,
    engine=partial(engine_baseline, separate=layers_by_engine, asked_for=Subject()),
    baselines={method.name: method for method in (ISNET, MINISAM_ROUND_ISNET)},
    reference=ISNET.name,
    columns=(
        Column("iou", Statistic.MEAN),
        Column("iou"),
        Column("alpha_mad"),
        Column("undecided", Statistic.MEAN),
        Column("residue"),
        Column("Bvis_mad"),
        Column("rec_pixels"),
        Column("seconds"),
    ),
    plotted=("iou", "alpha_mad", "undecided", "residue", "Bvis_mad", "seconds"),
    judged_by="iou",
    kinds={
        FOREGROUNDS: Kind(_THE_FOREGROUND, ("iou", "alpha_mad", "undecided")),
        BACKGROUNDS: Kind(_THE_BACKGROUND, ("residue", "Bvis_mad", "texture")),
    },
)
