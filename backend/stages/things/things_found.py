"""Which things stand out: one network says what does, another what belongs together."""

import cv2
import numpy as np

from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.progress import ReportFraction, partly, say_no_fraction
from layerpeel.backend.stages.crop import resized
from layerpeel.backend.stages.things.choosing_things import choose_things, tell_from_parts
from layerpeel.backend.stages.things.depth_order import front_to_back
from layerpeel.backend.stages.things.place_names import place_names
from layerpeel.backend.stages.things.point_answers import PointAnswers
from layerpeel.backend.stages.things.sharing_out import shared_out
from layerpeel.backend.stages.things.thing_masks import thing_of
from layerpeel.shared.protocol import Thing

# From here on what stands out is part of a thing.
STANDS_OUT = 0.5
# What covers less of the picture is no thing.
LEAST_THING = 0.004

# Points are asked on a grid of so many lines along the picture's longer side, and of a small region
# on one that is fine enough for so many points.
GRID, LEAST_POINTS = 12, 6
# Of more points than this some are left out, evenly. One region has some 144 at most, but many
# small ones have several hundred (docs/decisions.md).
MOST_POINTS = 200

Place = tuple[int, int]
"""Row and column."""


def find_things(
    image: Image,
    standing_out: Float32,
    answers: PointAnswers,
    most: int,
    report: ReportFraction = say_no_fraction,
) -> list[Thing]:
    """Find at most `most` things, front-most first, named by their places.

    standing_out: H×W, 0–1, how surely each pixel is part of what matters in the picture.
    No two of them share a pixel. When there are more, those that cover most are taken.

    Raises ModelError when the network cannot be loaded, and whatever `report` raises to cancel.
    """
    solid = (standing_out >= STANDS_OUT) & (image.alpha > 0)
    small = resized(solid.astype(np.float32), answers.shape) >= STANDS_OUT
    regions = _regions(small)
    answered = answers.at(places_in(small), partly(report, 0.0, 0.9))
    chosen, whole = tell_from_parts(choose_things(answered, small, LEAST_THING), regions)
    sureness = [each.sureness for each in chosen]
    visible = image.alpha > 0
    shares = shared_out(solid, sureness, whole, LEAST_THING, partly(report, 0.9, 1.0))
    masks = [mask & visible for mask in shares]
    largest = sorted(masks, key=np.count_nonzero, reverse=True)[:most]
    things = [largest[place] for place in front_to_back(largest)]
    return [thing_of(name, mask) for name, mask in zip(place_names(things), things, strict=True)]


def places_in(solid: Bool) -> list[Place]:
    """Where to point in what stands out (h×w), at `MOST_POINTS` places at most."""
    places = [place for region in _regions(solid) for place in _places(region)]
    if len(places) <= MOST_POINTS:
        return places
    kept = np.linspace(0, len(places) - 1, MOST_POINTS).astype(int)
    return [places[index] for index in kept.tolist()]


def _regions(solid: Bool) -> list[Bool]:
    """The connected parts of what stands out that are no crumbs."""
    count, labels = cv2.connectedComponents(solid.astype(np.uint8), connectivity=8)
    parts = (labels == label for label in range(1, count))
    return [part for part in parts if np.count_nonzero(part) >= LEAST_THING * solid.size]


def _lines(side: int, step: float) -> list[int]:
    """Where the lines of a grid cross a side; rounding may put a last one just past its end."""
    crossed = np.arange(step / 2, side, step).astype(int).tolist()
    return [place for place in crossed if place < side]


def _places(region: Bool) -> list[Place]:
    """Rows and columns of points in a region (h×w, not empty)."""
    step = min(max(region.shape) / GRID, float(np.sqrt(region.sum() / LEAST_POINTS)))
    rows, columns = (_lines(side, step) for side in region.shape)
    places = [(row, column) for row in rows for column in columns if region[row, column]]
    if places:
        return places
    # Thinner than the grid is wide.
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return [(int(row), int(column))]
