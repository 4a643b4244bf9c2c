"""Questions about pictures that are not opaque: what is left behind, how opaque, and what leaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.see_through import (
    SeeThroughComposite,
    SeeThroughLayers,
    draw_see_through,
)
from layerpeel.backend.evaluation.baselines.by_engine import engine_baseline, see_through_by_engine
from layerpeel.backend.evaluation.baselines.by_trimap import CLASSICAL_OVER_CLEAR, lift_of_trimap
from layerpeel.backend.evaluation.see_through_figures import see_through_figures
from layerpeel.backend.evaluation.track import (
    Ask,
    Column,
    Kind,
    Measured,
    Pictures,
    Statistic,
    Track,
)
from layerpeel.backend.evaluation.tracks.composite_questions import BACKGROUNDS, FOREGROUNDS
from layerpeel.backend.image import Float32
from layerpeel.shared.protocol import Coverage, Trimap


@dataclass(frozen=True)
class SeeThroughQuestion:
    """See `Question`: the true trimap is given."""

    truth: SeeThroughComposite

    @property
    def name(self) -> str:
        """The names of object and background, and in what way they are not opaque."""
        return self.truth.name

    @property
    def picture(self) -> Float32:
        """The composite: H×W×4, straight alpha."""
        return self.truth.picture

    @property
    def shown(self) -> Float32:
        """The composite."""
        return self.truth.picture

    def true_pictures(self) -> Pictures:
        """Show the layers that it was made of."""
        return _pictures(self.truth)

    def put_to(self, ask: Ask) -> Measured:
        """Ask once, for one layer."""
        (made,) = ask(lift_of_trimap(self.truth.trimap))
        if not isinstance(made, SeeThroughLayers):
            raise TypeError("methods of this track answer with both layers and their alphas")
        return Measured(see_through_figures(made, self.truth), _pictures(made), made)


def _pictures(made: SeeThroughLayers) -> Pictures:
    return {
        BACKGROUNDS: np.dstack([made.background, made.background_alpha]),
        FOREGROUNDS: np.dstack([made.foreground, made.alpha]),
    }


def _draw(
    art: Art, count: int, seed: int, size: int, _objects: int | None
) -> Iterator[SeeThroughQuestion]:
    for composite in draw_see_through(art, count, seed, size):
        yield SeeThroughQuestion(composite)


SEE_THROUGH = Track(
    name="see-through",
    about="Each method got the same pictures, none of them opaque, and trimaps drawn from the true "
    "alpha.",
    draw=_draw,
    scenes=False,
    engine=partial(
        engine_baseline,
        separate=see_through_by_engine,
        asked_for=Trimap(Coverage(1, 1, bytes([128]))),
    ),
    baselines={CLASSICAL_OVER_CLEAR.name: CLASSICAL_OVER_CLEAR},
    reference=CLASSICAL_OVER_CLEAR.name,
    columns=(
        Column("alpha_mad"),
        Column("pF_mad"),
        Column("pB_mad"),
        Column("Balpha_mad"),
        Column("leak", Statistic.MEAN),
        Column("rec_pixels", Statistic.MEAN),
        Column("seconds"),
    ),
    plotted=("alpha_mad", "pF_mad", "pB_mad", "Balpha_mad", "seconds"),
    judged_by="pB_mad",
    kinds={
        BACKGROUNDS: Kind("the background, over a checkerboard", ("pB_mad", "Balpha_mad", "leak")),
        FOREGROUNDS: Kind("the foreground, over a checkerboard", ("alpha_mad", "pF_mad")),
    },
)
