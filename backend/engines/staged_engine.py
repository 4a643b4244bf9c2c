"""An engine that asks, for each question, what was chosen for it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from layerpeel.backend.engines.lacking import require_all
from layerpeel.backend.engines.means import Means
from layerpeel.backend.engines.stage_choice import Question, StageChoice
from layerpeel.backend.engines.used_models import UsedModels, is_there
from layerpeel.backend.errors import ModelError, NothingFoundError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportFraction, in_steps, partly
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.crop import Window
from layerpeel.shared.protocol import Box, PeelRequest, Phrases, Point, Thing, Words

Part = TypeVar("Part")

# Of the time that finding things takes, finding what stands out.
STANDING_OUT = 0.7


class StagedEngine:
    """See `layerpeel.backend.engines.engine.Engine`.

    name: by which results name it. choose: says what stands for each question now; what is
        installed may change. otherwise: a sentence for those who lack a model.

    Raises ModelError when a model is not there or cannot be used, DeviceError when the device is
    not, or is too small.
    """

    def __init__(
        self,
        name: str,
        store: ModelStore,
        choose: Callable[[], StageChoice],
        otherwise: str = "",
    ) -> None:
        self.name = name
        self.stages: dict[str, str] = {}
        self._used = UsedModels(store)
        self._choose = choose
        self._otherwise = otherwise
        self._parts: dict[str, object] = {}

    @property
    def models(self) -> dict[str, str]:
        """Id and sha256 of every model that has taken part so far."""
        return self._used.digests

    @property
    def notes(self) -> list[str]:
        """What a person should know about how it was done so far; each a sentence."""
        return self._used.notes

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """Models that this request's stages use, in that order."""
        taken = self._choose().taken_for(request)
        return tuple(dict.fromkeys(each for means in taken.values() for each in means.models))

    def check(self, request: PeelRequest) -> None:
        """Raise ModelError when a model is not there or whole, or nothing here finds words, and
        DeviceError without the device.
        """
        choice = self._choose()
        if choice.words is None and isinstance(request.lift, Words | Phrases):
            raise _no_detector(self.name, request.lift)
        require_all(choice.taken_for(request).values(), self._used.store, self._otherwise)

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of; `notes` tell of doubts."""
        return self._part(Question.SUBJECT, self._choose().subject).find_subject(image, report)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to the thing in a box; 0 outside it."""
        return self._part(Question.BOX, self._choose().box).find_in_box(image, box, report)

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what a part of the picture is of; 0 outside it."""
        part = self._part(Question.PART, self._choose().part)
        return part.find_subject_within(image, bounds, report)

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """The thing that a lasso is drawn round; None where it stands as it is drawn."""
        means = self._choose().lasso
        if means is None:
            return None
        return self._part(Question.LASSO, means).find_in_lasso(image, lasso, report)

    def find_words(self, image: Image, text: str, report: ReportFraction) -> Float32:
        """What is in all boxes that are found for the words."""
        choice = self._choose()
        if choice.words is None:
            raise _no_detector(self.name, Words(text))
        boxes = self._part(Question.WORDS, choice.words).boxes_of(image, text)
        if not boxes:
            raise NothingFoundError(
                f"Nothing in the picture answers to “{text}”. Try other words, or point at it."
            )
        report(0.5)
        part = self._part(Question.MASKS, choice.masks)
        return part.find_in_boxes(image, boxes, partly(report, 0.5, 1.0))

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """How surely each pixel belongs to the thing that is pointed at."""
        part = self._part(Question.POINTS, self._choose().points)
        return part.find_at_points(image, points, box, report)

    @property
    def finds_things(self) -> bool:
        """Whether all is there that `find_things` needs."""
        choice = self._choose()
        needed = (*choice.things.models, *choice.subject.models)
        return all(is_there(model_id, self._used.store) for model_id in needed)

    def find_things(self, image: Image, most: int, report: ReportFraction) -> Sequence[Thing]:
        """What stands out, told apart, front-most first."""
        choice = self._choose()
        subject = self._part(Question.SUBJECT, choice.subject)
        to_stand_out, to_tell_apart = in_steps(report, STANDING_OUT, 1 - STANDING_OUT)
        standing_out = subject.standing_out(image, to_stand_out)
        to_stand_out(1.0)
        part = self._part(Question.THINGS, choice.things)
        return part.tell_apart(image, standing_out, most, to_tell_apart)

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Make a trimap unknown where what is surely foreground may be seen through."""
        means = self._choose().glass
        if means is None:
            return trimap
        return self._part(Question.GLASS, means).loosen_transparent(image, trimap)

    def window(self, image: Image, trimap: Float32) -> Window:
        """The part of a picture that `matte` and `separate` are asked about."""
        return self._made(self._choose().layers).window(image, trimap)

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Matte:
        """Find alpha in the unknown band of a trimap."""
        return self._part(Question.EDGE, self._choose().edge).matte(image, trimap, report)

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Estimate both layers, filled in behind the foreground."""
        part = self._part(Question.LAYERS, self._choose().layers)
        return part.separate(image, matte, trimap, seed, report, later)

    def _part(self, question: Question, means: Means[Part]) -> Part:
        """What was chosen for a question, which from now on has taken part."""
        self.stages[question.value] = means.title
        return self._made(means)

    def _made(self, means: Means[Part]) -> Part:
        if means.name not in self._parts:
            self._parts[means.name] = means.make(self._used)
        return self._parts[means.name]  # type: ignore[return-value]  # what `make` made


def _no_detector(name: str, lift: Words | Phrases) -> ModelError:
    texts = (lift.text,) if isinstance(lift, Words) else lift.texts
    quoted = ", ".join(f"“{text}”" for text in texts)
    return ModelError(
        f"{quoted} cannot be looked for: the engine “{name}” finds nothing by words. Choose "
        "“auto” (with GroundingDINO: `layerpeel models pull grounding-dino`), or point at it, or "
        "select it."
    )
