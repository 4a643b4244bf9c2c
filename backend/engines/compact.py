"""The engine that needs no GPU and no torch: ISNet, a small matting network, PatchMatch."""

from collections.abc import Sequence

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte, Separation
from layerpeel.backend.stages.box import find_in_box
from layerpeel.backend.stages.classical_separation import separate_classically
from layerpeel.backend.stages.isnet import find_visible_subject
from layerpeel.backend.stages.patchmatch import fill_hole
from layerpeel.backend.stages.small_networks.matting import matte_by_small_network
from layerpeel.shared.protocol import (
    Box,
    Mask,
    PeelRequest,
    Phrases,
    Point,
    Points,
    Trimap,
    Words,
)

SUBJECT_MODEL = "isnet"


class CompactEngine:
    """See `layerpeel.backend.engines.engine.Engine`.

    Raises ModelError when ISNet is asked for and not installed; masks and trimaps need no model.
    """

    name = "compact"
    notes: tuple[str, ...] = ()

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.models: dict[str, str] = {}

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """ISNet, unless all that is asked for is what a mask or trimap shows."""
        if isinstance(request.lift, Words | Phrases | Points):
            return ()  # It cannot be answered at all.
        shown = isinstance(request.lift, Mask | Trimap)
        return () if shown and request.layers == 1 else (SUBJECT_MODEL,)

    def check(self, request: PeelRequest) -> None:
        """Raise ModelError for words and points, and for a model that is not there or not whole."""
        match request.lift:
            case Words(text):
                raise _no_detector(f"“{text}” cannot be looked for: finding by words")
            case Phrases(texts):
                raise _no_detector(f"{_quoted(texts)} cannot be looked for: finding by words")
            case Points():
                raise _no_detector("Points cannot be followed: finding what lies there")
        for model_id in self.models_needed(request):
            self._store.path_of(model_id)

    def find_subject(self, image: Image) -> Float32:
        """How surely each pixel belongs to what the picture is of."""
        return self._seen_subject(image.proxy, image.alpha)

    def find_in_box(self, image: Image, box: Box) -> Float32:
        """How surely each pixel belongs to the thing in a box; 0 outside it."""
        return find_in_box(image, box, self._seen_subject)

    def _seen_subject(self, proxy: Float32, alpha: Float32) -> Float32:
        self.models[SUBJECT_MODEL] = self._store.digest_of(SUBJECT_MODEL)
        return find_visible_subject(self._store.path_of(SUBJECT_MODEL), proxy, alpha)

    def find_words(self, image: Image, text: str) -> Float32:
        """Raise ModelError: finding by words needs a detector, which this engine has not."""
        raise _no_detector(f"“{text}” cannot be looked for: finding by words")

    def find_at_points(self, image: Image, points: Sequence[Point]) -> Float32:
        """Raise ModelError: what lies at a point is for a network that this engine has not."""
        raise _no_detector("Points cannot be followed: finding what lies there")

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Leave the trimap as it is: there is no detector for what is transparent."""
        return trimap

    def matte(self, image: Image, trimap: Float32) -> Separation:
        """Find alpha and colours in the unknown band of a trimap, all by one network."""
        return matte_by_small_network(image.proxy, trimap)

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
    ) -> Estimates:
        """Estimate both layers, filled in behind the foreground by PatchMatch."""

        def fill(values: Float32, hole: Bool) -> Float32:
            # Nothing is invented where the picture itself is not all there.
            opaque = image.alpha >= 1
            filled = fill_hole(image.proxy, hole & opaque, opaque, seed)
            result = values.copy()
            where = hole & opaque
            result[where] = values_from_proxy(
                np.ascontiguousarray(filled[where][None]),
                values.shape[-1],
                image.depth,
                image.icc_profile,
            )[0]
            return result

        return separate_classically(image, _in_document(matte, image), trimap, fill)


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
