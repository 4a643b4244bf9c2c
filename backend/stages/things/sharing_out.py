"""Sharing out the pixels of a picture among its things, so that no two have one in common.

The network that finds things answers coarsely, and loses what is thin. Where a thing ends, what
stands out in the picture says better; what does so, touches a thing and is small beside it, is part
of it.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.crop import grown, resized

# A thing of which so much stands out ends where that does, give or take so many coarse pixels.
STANDING_OUT, EDGE = 0.8, 2.0

# What nobody has becomes part of a thing that it touches if it is smaller than this share of it.
ADDED = 0.1

Owners = npt.NDArray[np.uint8]
"""H×W: 0 where a pixel is nobody's, otherwise the number of its thing, from 1 on."""


def shared_out(
    solid: Bool,
    sureness: Sequence[Float32],
    regions: Sequence[Bool],
    least: float,
    report: ReportFraction = say_no_fraction,
) -> list[Bool]:
    """Give each pixel to the first thing that has it, and thin parts to the thing they touch.

    solid: H×W, what stands out. sureness: of each thing, the likeliest first; h×w, coarser and of
    the same proportions, 0–1. regions: h×w, parts of what stands out of which each is one more
    thing. Things that get less than `least` of the picture are none.

    Raises whatever `report` raises to cancel.
    """
    owners = np.zeros(solid.shape, np.uint8)
    for place, each in enumerate(sureness):
        report(0.6 * place / len(sureness))
        mine = (resized(each, solid.shape, cv2.INTER_LINEAR) > 0.5) & (owners == 0)
        if np.count_nonzero(mine & solid) >= STANDING_OUT * np.count_nonzero(mine):
            mine &= solid
        owners[mine] = place + 1
    for place, region in enumerate(regions, start=len(sureness)):
        # Its coarse edge may lie a little inside.
        near = resized(grown(region, 1).astype(np.float32), solid.shape, cv2.INTER_LINEAR) > 0
        owners[near & solid & (owners == 0)] = place + 1
    report(0.6)
    if sureness:
        owners = _out_to_edge(owners, solid, EDGE * max(solid.shape) / max(sureness[0].shape))
    count = len(sureness) + len(regions)
    owners = _with_touching_parts(owners, solid, count)
    report(1.0)
    sizes = np.bincount(owners.ravel(), minlength=count + 1)
    things = range(1, count + 1)
    return [owners == thing for thing in things if sizes[thing] >= max(1.0, least * solid.size)]


def _out_to_edge(owners: Owners, solid: Bool, reach: float) -> Owners:
    """Give what stands out and is nobody's, within `reach` pixels of a thing, to the nearest."""
    owned = owners > 0
    if not owned.any():
        return owners
    distance, nearest = cv2.distanceTransformWithLabels(
        (~owned).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner_of = np.zeros(int(nearest.max()) + 1, np.uint8)
    owner_of[nearest[owned]] = owners[owned]
    edge = solid & ~owned & (distance <= reach)
    grown_owners = owners.copy()
    grown_owners[edge] = owner_of[nearest[edge]]
    return grown_owners


def _with_touching_parts(owners: Owners, solid: Bool, things: int) -> Owners:
    """Give connected parts of what stands out and is nobody's to the thing they touch most."""
    left = (solid & (owners == 0)).astype(np.uint8)
    count, parts, about, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    neighbours = cv2.dilate(owners, np.ones((3, 3), np.uint8))
    touching = (parts > 0) & (neighbours > 0)
    pairs = parts[touching].astype(np.int64) * (things + 1) + neighbours[touching]
    contacts = np.bincount(pairs, minlength=count * (things + 1)).reshape(count, things + 1)
    nearest = contacts.argmax(axis=1)
    sizes = np.bincount(owners.ravel(), minlength=things + 1)
    taken = contacts.any(axis=1) & (about[:, cv2.CC_STAT_AREA] < ADDED * sizes[nearest])
    taken[0] = False
    new_owner = np.where(taken, nearest, 0).astype(np.uint8)
    return np.where(parts > 0, new_owner[parts], owners)
