"""Softness of our own making: most cut-outs have hard edges, and art does not.

Every kind takes alpha (H×W, 0–1) and colours (H×W×3, straight, defined everywhere: see
`spread_colours`) and returns both, alpha between 0 and 1.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Float32

Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
Layer = tuple[Float32, Float32]  # alpha, colours


def none(alpha: Float32, colours: Float32, _random: np.random.Generator) -> Layer:
    """Leave the edge as it was painted."""
    return alpha, colours


def blur(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Soften the edge as a lens or a soft brush does, drawn in by about as much as it spreads."""
    deviation = float(np.exp(random.uniform(np.log(0.6), np.log(9))))
    soft = cv2.GaussianBlur(alpha, (0, 0), deviation)
    # Raising the foot moves the edge inwards, so that thin parts do not turn into mist.
    foot = random.uniform(0, 0.3)
    return _clipped((soft - foot) / (1 - foot)), colours


def hair(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Draw strands that start inside the edge and leave it, in shades of the colour there."""
    height, width = alpha.shape
    starts = np.argwhere(cv2.morphologyEx(_hard(alpha), cv2.MORPH_GRADIENT, _SMALL) > 0)
    if len(starts) == 0:
        return alpha, colours
    outward_y, outward_x = _outward(alpha)
    strands = np.zeros((height, width, 4), np.float32)  # premultiplied
    length = random.uniform(8, 60)
    leaning = random.normal(0, 0.8, 2)
    for _ in range(int(random.integers(20, 120))):
        y, x = starts[random.integers(len(starts))]
        direction = np.array([outward_y[y, x], outward_x[y, x]]) + leaning
        direction += random.normal(0, 0.5, 2)
        direction /= max(float(np.hypot(*direction)), 1e-3)
        points = _strand(np.array([y, x], np.float64), direction, length, random)
        shade = np.clip(colours[y, x] * random.uniform(0.7, 1.3), 0, 1)
        _draw_strand(strands, points, shade, random)
    grown = strands[..., 3] + alpha * (1 - strands[..., 3])
    painted = strands[..., :3] + colours * (alpha * (1 - strands[..., 3]))[..., None]
    visible = grown > 1e-3
    mixed = np.where(visible[..., None], painted / np.maximum(grown, 1e-3)[..., None], colours)
    return _clipped(grown), _clipped(mixed)


def brush(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Fray the edge along one direction, as bristles do."""
    streaks = _streaks(alpha.shape, random)
    reach = random.uniform(2, 12)
    soft = cv2.GaussianBlur(alpha, (0, 0), reach / 2)
    steepness = random.uniform(2, 8)
    frayed = _clipped((soft - 0.5 + 0.35 * streaks) * steepness + 0.5)
    inside = cv2.erode(alpha, _disc(int(reach)))
    return np.maximum(frayed, inside), colours


def glass(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Make a part of the object, or all of it, translucent, with opaque highlights."""
    clearness = random.uniform(0.2, 0.85)
    region = _noise(alpha.shape, random, coarsest=random.uniform(30, 120))
    part = _clipped((region - random.uniform(-1.2, 0.5)) * random.uniform(2, 30))
    lights = _clipped(_noise(alpha.shape, random, coarsest=20) * 2 - random.uniform(1.5, 3.5))
    kept = 1 - clearness * part * (1 - lights)
    tint = _clipped(colours + (0.9 * lights * part)[..., None])
    return _clipped(alpha * kept), tint


def smoke(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Add clouds of one colour round the object's edge."""
    deviation = random.uniform(6, 30)
    near = cv2.GaussianBlur(alpha, (0, 0), deviation)
    clouds = _noise(alpha.shape, random, coarsest=random.uniform(20, 80))
    thickness = random.uniform(0.4, 1.0)
    smoke_alpha = thickness * _clipped(2 * near * (1 - near) + 0.4 * clouds * (near > 0.02))
    smoke_alpha = np.asarray(smoke_alpha, np.float32)
    shade = random.uniform(0.1, 0.95) + random.normal(0, 0.05, 3)
    shaded = np.clip(shade + 0.1 * clouds[..., None], 0, 1).astype(np.float32)
    return _over(smoke_alpha, shaded, alpha, colours)


def glow(alpha: Float32, colours: Float32, random: np.random.Generator) -> Layer:
    """Put a halo of one colour behind the object."""
    outside = cv2.distanceTransform(1 - _hard(alpha), cv2.DIST_L2, 5)
    reach, strength = random.uniform(4, 25), random.uniform(0.3, 1.0)
    # Without an object everything is as far from it as can be said.
    halo = (strength * np.exp(-(np.minimum(outside / reach, 9) ** 2))).astype(np.float32)
    colour = np.clip(random.uniform(0.5, 1.2, 3), 0, 1).astype(np.float32)
    return _over(alpha, colours, halo, np.broadcast_to(colour, colours.shape))


Soften = Callable[[Float32, Float32, np.random.Generator], Layer]
KINDS: dict[str, Soften] = {
    kind.__name__: kind for kind in (none, blur, hair, brush, glass, smoke, glow)
}

_SMALL = np.ones((3, 3), np.uint8)


def _over(alpha: Float32, colours: Float32, alpha_below: Float32, colours_below: Float32) -> Layer:
    """Lay one layer over another; where neither is, the upper's colours."""
    below = alpha_below * (1 - alpha)
    union = alpha + below
    share = (alpha / np.maximum(union, 1e-4))[..., None]
    mixed = np.where(
        union[..., None] > 1e-4, share * colours + (1 - share) * colours_below, colours
    )
    return _clipped(union), _clipped(mixed)


def _strand(
    start: Float64,
    direction: Float64,
    length: float,
    random: np.random.Generator,
) -> Float64:
    """Bend a line of points (row, column) from inside the edge outwards."""
    along = np.linspace(-0.3, 1, 12)[:, None] * length * random.uniform(0.4, 1.2)
    across = np.array([-direction[1], direction[0]])
    bend = random.normal(0, 0.4) / max(length, 1)
    points: Float64 = start + along * direction + bend * along**2 * across
    return points


def _draw_strand(
    strands: Float32,
    points: Float64,
    shade: Float32,
    random: np.random.Generator,
) -> None:
    """Draw over premultiplied RGBA; thinner than a pixel is less than opaque."""
    opacity = random.uniform(0.25, 1)
    xy = np.round(points[:, ::-1] * 16).astype(np.int32)
    drawn = np.zeros(strands.shape[:2], np.uint8)
    thickness = 2 if random.random() < 0.25 else 1
    cv2.polylines(drawn, [xy], False, 255, thickness, cv2.LINE_AA, shift=4)
    left, top, width, height = cv2.boundingRect(drawn)
    if width == 0:
        return
    inside = np.s_[top : top + height, left : left + width]
    share = (drawn[inside].astype(np.float32) * np.float32(opacity / 255))[..., None]
    paint = np.append(shade, 1).astype(np.float32)
    strands[inside] = share * paint + (1 - share) * strands[inside]


def _outward(alpha: Float32) -> tuple[Float32, Float32]:
    soft = cv2.GaussianBlur(alpha, (0, 0), 3)
    y = -cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    x = -cv2.Sobel(soft, cv2.CV_32F, 1, 0)
    norm = np.maximum(np.hypot(x, y), 1e-4)
    return np.asarray(y / norm, np.float32), np.asarray(x / norm, np.float32)


def _noise(shape: tuple[int, int], random: np.random.Generator, coarsest: float) -> Float32:
    """Clouds: random planes of several scales (`coarsest` in pixels), mean about 0, most in ±1."""
    total = np.zeros(shape, np.float32)
    scale, share = coarsest, 0.6
    for _ in range(4):
        grid = (int(shape[0] / scale) + 2, int(shape[1] / scale) + 2)
        plane = random.uniform(-1, 1, grid).astype(np.float32)
        total += share * cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_CUBIC)
        scale, share = max(1.0, scale / 2), share * 0.6
    return total


def _streaks(shape: tuple[int, int], random: np.random.Generator) -> Float32:
    """Noise drawn out along a random direction, most in ±1."""
    side = int(np.ceil(np.hypot(*shape)))
    width, length = random.uniform(1.5, 4), random.uniform(15, 60)
    grid = (int(side / width) + 2, int(side / length) + 2)
    plane = random.uniform(-1, 1, grid).astype(np.float32)
    drawn_out = cv2.resize(plane, (side, side), interpolation=cv2.INTER_LINEAR)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.uniform(0, 360), 1.0)
    turned = cv2.warpAffine(drawn_out, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    return np.asarray(turned[top : top + shape[0], left : left + shape[1]], np.float32)


def _hard(alpha: Float32) -> UInt8:
    return (alpha >= 0.5).astype(np.uint8)


def _disc(radius: int) -> UInt8:
    side = 2 * radius + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)


def _clipped(plane: Float32 | Float64) -> Float32:
    return np.clip(plane, 0, 1).astype(np.float32)
