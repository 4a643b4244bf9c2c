"""The paper's engine: GroundingDINO, SAM and ViTMatte find the foreground; FBDD and HFA separate.

LayeringDiff, arXiv 2501.01197, sections 3.2 and 3.3. The paper finds no
subject without words; here ISNet does.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.engines.kept_pool import kept_pool, kept_with
from layerpeel.backend.errors import ModelError, NothingFoundError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.backend.progress import ReportFraction, partly, say_no_fraction
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.alpha_behind import spread_into
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.grounding_dino import GroundingDinoDetector
from layerpeel.backend.stages.isnet import find_visible_subject, shown_over_grey
from layerpeel.backend.stages.layer_diffusion import LayerDiffusion
from layerpeel.backend.stages.segment_anything import SegmentAnything
from layerpeel.backend.stages.segment_anything.sam_answers import SamAnswers
from layerpeel.backend.stages.segment_anything.segmenter import BoxEdges
from layerpeel.backend.stages.things.things_found import find_things
from layerpeel.backend.stages.transparent_things import find_transparent, loosen
from layerpeel.backend.stages.vitmatte import VitMatte
from layerpeel.shared.protocol import (
    Box,
    Mask,
    Outcome,
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


class LayeringDiffEngine:
    """See `layerpeel.backend.engines.engine.Engine`. It computes on `wanted_device()`.

    Raises ModelError when a model is not there or cannot be used, DeviceError when the device is
    not, or is too small.
    """

    name = "layeringdiff"

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.models: dict[str, str] = {}
        self.notes: list[str] = []

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """Models that this request's stages use, in that order."""
        lift, needed = request.lift, []
        finding = lift == Things()
        if isinstance(lift, Words | Phrases):
            needed += ["grounding-dino"]
        if isinstance(lift, Words | Phrases | Box | Points) or (
            isinstance(lift, Subject) and lift.within
        ):
            needed += ["sam"]
        again = request.layers > 1 and not isinstance(lift, Phrases | Things)
        if finding or again:
            needed += ["sam"]
        if finding or again or (isinstance(lift, Subject) and not lift.within):
            needed += ["isnet"]
        exact = isinstance(lift, Mask) and lift.exact
        if again or not (exact or isinstance(lift, Trimap)):
            needed += ["grounding-dino"]  # Also finds what is transparent.
        if again or not exact:
            needed += ["vitmatte"]
        if request.outcome is not Outcome.SELECTION:
            needed += ["fbdd", "hfa"]
        return tuple(dict.fromkeys(needed))

    def check(self, request: PeelRequest) -> None:
        """Raise DeviceError without the device, ModelError when a model is not there or whole."""
        compute_on()
        needed = self.models_needed(request)
        if any(self._store.state(model_id) is ModelState.MISSING for model_id in needed):
            # All that are missing are named at once.
            raise ModelError(self._store.what_is_missing(self.name))
        for model_id in needed:
            self._store.path_of(model_id)

    def find_subject(self, image: Image, report: ReportFraction) -> Float32:
        """How surely each pixel belongs to what the picture is of, by ISNet."""
        return find_visible_subject(self._use("isnet"), image.proxy, image.alpha)

    def find_in_box(self, image: Image, box: Box, report: ReportFraction) -> Float32:
        """What SAM sees in a box; 0 outside it."""
        found = self._segmenter.in_boxes(_shown(image), [_edges(box)])
        inside = np.zeros_like(found)
        kept = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
        inside[kept] = found[kept]
        return _visible(inside, image)

    def find_subject_within(self, image: Image, bounds: Box, report: ReportFraction) -> Float32:
        """What SAM sees in a part of the picture; 0 outside it."""
        return self.find_in_box(image, bounds, report)

    def find_in_lasso(self, image: Image, lasso: Float32, report: ReportFraction) -> Float32 | None:
        """None: the edge is looked for round the lasso as it is drawn."""
        return None

    def find_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """What SAM sees where a person has clicked, and drawn a box."""
        edges = None if box is None else _edges(box)
        return _visible(self._segmenter.at_points(_shown(image), points, box=edges), image)

    def find_words(self, image: Image, text: str) -> Float32:
        """What SAM sees in all boxes that GroundingDINO finds for the words."""
        shown = _shown(image)
        found = self._detector.find(shown, text)
        if not found:
            raise NothingFoundError(
                f"Nothing in the picture answers to “{text}”. Try other words, or leave them out: "
                "then the subject is lifted off."
            )
        boxes = [(each.left, each.top, each.right, each.bottom) for each in found]
        return _visible(self._segmenter.in_boxes(shown, boxes), image)

    @property
    def finds_things(self) -> bool:
        """Whether SAM and ISNet are there."""
        return all(
            self._store.state(model_id) is not ModelState.MISSING for model_id in ("sam", "isnet")
        )

    def find_things(self, image: Image, most: int, report: ReportFraction) -> Sequence[Thing]:
        """What stands out to ISNet, told apart by SAM, front-most first."""
        subject = self.find_subject(image, say_no_fraction)
        report(0.2)
        answers = SamAnswers(self._segmenter, _shown(image))
        return find_things(image, subject, answers, most, partly(report, 0.2, 1.0))

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Make what is surely foreground unknown where GroundingDINO finds glass and the like."""
        return loosen(trimap, find_transparent(self._detector, _shown(image)))

    def window(self, _image: Image, trimap: Float32) -> Window:
        """All of it: FBDD fills in by all that there is."""
        return window_round(np.ones(trimap.shape, np.bool_), 0)

    def matte(self, image: Image, trimap: Float32, _report: ReportFraction) -> Matte:
        """Alpha in the unknown band, by ViTMatte."""
        matting = VitMatte(self._use("vitmatte"), self._pool)
        alpha = matting.matte(_shown(image), trimap)
        self._note(matting.notes)
        return Matte(alpha)

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Both layers by FBDD, at the picture's own detail by HFA (paper, section 3.3).

        FBDD cannot be told what will be lifted off later.
        """
        layering = LayerDiffusion(self._use("fbdd"), self._use("hfa"), self._pool)
        alpha = matte.alpha
        # Over grey its colours would be mixed with the grey.
        layers = layering.separate(image.proxy, alpha, seed, report)
        self._note(layering.notes)
        foreground, background = (
            values_from_proxy(layer, image.values.shape[-1], image.depth, image.icc_profile)
            for layer in (layers.foreground, layers.background)
        )
        # The paper's copy rule, in the document's own values.
        foreground[alpha >= 1] = image.values[alpha >= 1]
        background[alpha <= 0] = image.values[alpha <= 0]
        behind = spread_into(image.alpha, alpha > 0)
        both_show = (alpha > 0) & (alpha < 1)
        return Estimates(alpha, foreground, background, both_show, background_alpha=behind)

    def _note(self, notes: Sequence[str]) -> None:
        """Add the notes that no earlier layer has given."""
        self.notes += [note for note in notes if note not in self.notes]

    @cached_property
    def _pool(self) -> NetworkPool:
        return kept_pool(self._store)

    @property
    def _detector(self) -> GroundingDinoDetector:
        return kept_with(self._pool, GroundingDinoDetector, self._use("grounding-dino"))

    @property
    def _segmenter(self) -> SegmentAnything:
        # Kept, so that a picture's embedding serves the next click.
        return kept_with(self._pool, SegmentAnything, self._use("sam"))

    def _use(self, model_id: str) -> Path:
        path = self._store.path_of(model_id)
        self.models[model_id] = self._store.digest_of(model_id)
        return path


def _edges(box: Box) -> BoxEdges:
    return (box.left, box.top, box.left + box.width, box.top + box.height)


def _shown(image: Image) -> Float32:
    return shown_over_grey(image.proxy, image.alpha)


def _visible(mask: Float32, image: Image) -> Float32:
    """Take what is clear out of a mask."""
    mask[image.alpha <= 0] = 0
    return mask
