"""How well an engine lifts off what is pointed at, in scenes whose objects are known.

A box is drawn tight round what is seen of an object. Clicks are simulated: the first in the middle
of it (largest distance to the edge), each further one in the middle of the largest error of what
would come off, which it keeps or takes away. Figures are of
the alpha after matting, which is what comes off.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from layerpeel.backend.composites.object_scenes import ObjectScene
from layerpeel.backend.determine import determine
from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.stages.crop import window_round
from layerpeel.shared.protocol import Box, Depth, Lift, Point, Points

MOST_CLICKS = 3

# Of alpha: below the first it is as good as nothing, above the second as good as solid.
_NOTHING, _SOLID = 0.02, 0.98
_HALF = (0.15, 0.85)
_FAINT = 20 / 255


@dataclass(frozen=True)
class PointingFigures:
    """Of one object, shown in one way.

    shown: "box", "1 click", "2 clicks" …
    iou: of what is more than half there, of what is seen; 0 where nothing was found.
    undecided: how much of the frame is half there and should not be, per mille; edges do not count.
    """

    shown: str
    iou: float
    undecided: float


def measure_pointing(
    scene: ObjectScene, engine: Engine, clicks: int = MOST_CLICKS
) -> list[PointingFigures]:
    """Point at every object of a scene by a box, and by clicks that correct what comes off.

    Raises ModelError when the engine cannot be pointed with.
    """
    image = Image(
        scene.picture, np.ones(scene.picture.shape[:2], np.float32), scene.picture, Depth.U8
    )
    figures = []
    for thing in scene.objects:
        truth = thing.visible
        figures.append(_figures("box", _lifted(image, box_round(truth), engine), truth))
        points = [simulated_click(np.zeros_like(truth), truth)]
        for count in range(1, clicks + 1):
            alpha = _lifted(image, Points(tuple(points)), engine)
            name = "1 click" if count == 1 else f"{count} clicks"
            figures.append(_figures(name, alpha, truth))
            points.append(simulated_click(alpha, truth))
    return figures


def box_round(truth: Float32) -> Box:
    """Draw a tight box round what is seen of an object (H×W, 0–1)."""
    window = window_round(truth > _FAINT, 0)
    return Box(window.left, window.top, window.right - window.left, window.bottom - window.top)


def simulated_click(alpha: Float32, truth: Float32) -> Point:
    """Click into the middle of the largest error of an alpha (H×W, 0–1): what lacks, or is over."""
    lacking, over = (truth > 0.5) & (alpha <= 0.5), (alpha > 0.5) & (truth <= 0.5)
    (depth, x, y), (other_depth, other_x, other_y) = _middle(lacking), _middle(over)
    if depth >= other_depth:
        return Point(x, y, inside=True)
    return Point(other_x, other_y, inside=False)


def overlap(alpha: Float32, truth: Float32) -> float:
    """Intersection over union of what is more than half there, 0–1."""
    found, true = alpha > 0.5, truth > 0.5
    either = int(np.count_nonzero(found | true))
    return int(np.count_nonzero(found & true)) / either if either else 1.0


def undecided(alpha: Float32, truth: Float32) -> float:
    """Share of the frame, per mille, that is half there where the truth is solid or nothing.

    After an opening with 5×5 pixels: edges do not count, fog does.
    """
    sure = (truth < _NOTHING) | (truth > _SOLID)
    half = sure & (alpha > _HALF[0]) & (alpha < _HALF[1])
    opened = cv2.morphologyEx(half.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return 1000 * float(opened.mean())


def _lifted(image: Image, lift: Lift, engine: Engine) -> Float32:
    """What comes off, H×W; nothing where nothing is found."""
    try:
        trimap = determine(image, lift, None, engine).trimap
    except NothingFoundError:
        return np.zeros(image.shape, np.float32)
    return engine.matte(image, trimap).alpha


def _figures(shown: str, alpha: Float32, truth: Float32) -> PointingFigures:
    return PointingFigures(shown, overlap(alpha, truth), undecided(alpha, truth))


def _middle(region: Bool) -> tuple[float, int, int]:
    """Distance from the edge, x and y of the pixel that lies deepest in a region."""
    framed = np.pad(region, 1).astype(np.uint8)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(depth[y, x]), int(x), int(y)
