"""What the pipeline asks of an engine: one answer per stage of the paper, or one answer to all."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.crop import Window
from layerpeel.backend.stages.layer_guess import LayerGuess
from layerpeel.shared.protocol import Box, PeelRequest, Point, Thing


class _Named(Protocol):
    """What all engines have in common."""

    @property
    def name(self) -> str:
        """The name by which requests ask for it."""

    @property
    def models(self) -> Mapping[str, str]:
        """Id and sha256 of every model that has taken part so far."""

    @property
    def stages(self) -> Mapping[str, str]:
        """What has stood for each question so far, in words; see `MadeWith`."""

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know about how it was done so far; each a sentence."""

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """Ids of the models without which this request cannot be answered to its end."""

    def check(self, request: PeelRequest) -> None:
        """Raise ModelError before any work when this engine cannot answer the request."""


class Engine(_Named, Protocol):
    """One implementation per stage.

    Masks, trimaps and alphas are H×W, float32, 0–1.
    """

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of."""

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to the thing in a box that was drawn; 0 outside it."""

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what a part of the picture is of; 0 outside it."""

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """How surely each pixel belongs to the thing that a rough mask (H×W, 0–1) is drawn round.

        None where the mask means what it covers: a part of a thing, several, or a piece of ground.
        """

    def find_words(self, image: Image, text: str, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the words name.

        Raises NothingFoundError when nothing in the picture answers to them.
        """

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """How surely each pixel belongs to the thing that is pointed at (in a box, if given)."""

    @property
    def finds_things(self) -> bool:
        """Whether the models that `find_things` needs are there."""

    def find_things(self, image: Image, most: int, report: ReportFraction) -> Sequence[Thing]:
        """Find at most `most` things that stand out, front-most first.

        Where one hides another, each is what is seen of it: no two share a pixel. Empty when
        nothing stands out. Raises ModelError when a model that this needs is not there.
        """

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Make a trimap unknown where what is surely foreground may be seen through (glass)."""

    def window(self, image: Image, trimap: Float32) -> Window:
        """The part of a picture that `matte` and `separate` are asked about, by a trimap of it all.

        All that the trimap does not call background lies inside.
        """

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Matte:
        """Find alpha in the unknown band of a trimap (1, 0, 0.5 unknown).

        A `Separation` where colours in the band are found along with it, in the picture's proxy.
        """

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Estimate both layers by a matte, filled in behind the foreground.

        matte: from `matte`, or alpha alone, as of an exact mask.
        image: the part that `window` says; what it was cut from may be looked at, too.
        later: what will be lifted off after this, of the whole picture. Filled in with it, some of
            it would stay behind when it goes.
        """


@runtime_checkable
class WholeEngine(_Named, Protocol):
    """An engine that decides by itself, in one go, what all the layers of a picture are."""

    def decompose(
        self, image: Image, layers: int, seed: int, report: ReportFraction
    ) -> Sequence[LayerGuess]:
        """Guess at most `layers` layers that can be lifted off, front-most first."""


AnyEngine = Engine | WholeEngine
