"""Moving the edge of an alpha matte outwards or inwards, and making it softer.

All levels of a solid edge move by the same distance, so that it keeps its softness. What is thin (a
hair, a twig) is not made as thick as that outwards, nor eaten up inwards: its alpha rises or falls.
"""

import cv2
import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import disc

# What is not wider than this is thin, in pixels.
THIN = 5

# By so much its alpha is above that of the solid beside it: from the first on, and fully.
LEAST_BEYOND, FULLY_BEYOND = 0.05, 0.2

# How much alpha of what is thin rises or falls for each pixel that the edge moves.
FULLER = 0.35

# Inwards an edge moves by at most this share of the way to the middle of what it is the edge of.
MOST_OF_HALF = 0.4

# As far outside of what is mostly covered its soft edge is still taken for a part of it, in pixels.
SOFT = 3


def shifted(alpha: Float32, distance: float) -> Float32:
    """Move the edge of an alpha (H×W, 0–1) outwards by a distance in pixels; inwards if below 0.

    No pixel falls when it moves outwards, none rises when it moves inwards.
    """
    if distance > 0:
        return _outwards(alpha, distance)
    return alpha if distance == 0 else _inwards(alpha, -distance)


def softened(alpha: Float32, distance: float) -> Float32:
    """Blur a solid edge (H×W, 0–1) over a distance in pixels to both of its sides.

    What is further inside or outside stays as it is, and so does what is thin.
    """
    if distance <= 0:
        return alpha
    size = 2 * int(np.ceil(distance)) + 1
    solid = _without_thin(alpha)
    blurred = cv2.GaussianBlur(solid, (size, size), distance / 2, borderType=cv2.BORDER_REPLICATE)
    soft: Float32 = np.maximum(np.asarray(blurred, np.float32), _thinness(alpha, solid) * alpha)
    # Numbers that add up to nearly 1 are 1.
    soft[soft > 1 - 1e-5] = 1
    soft[soft < 1e-5] = 0
    return soft


def _outwards(alpha: Float32, distance: float) -> Float32:
    solid = _without_thin(alpha)
    whole = int(distance)
    moved, further = (
        np.asarray(cv2.dilate(solid, disc(each)), np.float32) for each in (whole, whole + 1)
    )
    between = np.float32(distance - whole)
    moved = (1 - between) * moved + between * further
    fuller: Float32 = 1 - (1 - alpha) ** np.float32(1 + FULLER * distance)
    return np.maximum(moved, fuller)


def _inwards(alpha: Float32, distance: float) -> Float32:
    reach = np.minimum(MOST_OF_HALF * _half_width(alpha, distance / MOST_OF_HALF), distance)
    moved = alpha.copy()
    for whole in range(int(np.ceil(distance))):
        further = np.asarray(cv2.erode(alpha, disc(whole + 1)), np.float32)
        share = np.clip(reach - whole, 0, 1)
        moved = np.where(share > 0, (1 - share) * moved + share * further, moved)
    finer: Float32 = moved ** (1 + FULLER * (distance - reach))
    return finer.astype(np.float32)


def _half_width(alpha: Float32, most: float) -> Float32:
    """Half the width, in pixels, of what each pixel is a part of, H×W; none above `most`."""
    depth = cv2.distanceTransform((alpha >= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    half = np.zeros_like(alpha)
    for radius in np.append(np.arange(1, most), most):
        middle = depth >= radius
        if not middle.any():
            break
        beside = cv2.distanceTransform((~middle).astype(np.uint8), cv2.DIST_L2, 5)
        half[beside < radius] = radius
    return np.asarray(cv2.dilate(half, disc(SOFT)), np.float32)


def _without_thin(alpha: Float32) -> Float32:
    return np.asarray(cv2.morphologyEx(alpha, cv2.MORPH_OPEN, disc(THIN / 2)), np.float32)


def _thinness(alpha: Float32, solid: Float32) -> Float32:
    """How far a pixel is part of something thin, H×W, 0–1: the solid's corners are not."""
    beyond = alpha - solid
    _count, labels, facts, _centres = cv2.connectedComponentsWithStats(
        (beyond > LEAST_BEYOND).astype(np.uint8), connectivity=8
    )
    # A corner has solid beside it that is as opaque; a spark in a glow has not.
    beside_solid = cv2.dilate(solid, np.ones((3, 3), np.uint8)) >= alpha
    is_thin = np.ones(len(facts), np.bool_)
    is_thin[labels[beside_solid]] = False
    is_thin |= facts[:, cv2.CC_STAT_AREA] >= THIN * THIN
    is_thin[0] = False
    share = np.clip((beyond - LEAST_BEYOND) / FULLY_BEYOND, 0, 1)
    return np.where(is_thin[labels], share * share * (3 - 2 * share), 0).astype(np.float32)
