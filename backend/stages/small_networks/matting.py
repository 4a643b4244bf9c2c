"""Alpha and colours in the unknown band of a trimap, by a small network."""

from dataclasses import replace

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, in_steps, say_no_fraction
from layerpeel.backend.separation import Separation
from layerpeel.backend.stages.crop import resized, window_round
from layerpeel.backend.stages.guided_upsampling import smaller_trimap
from layerpeel.backend.stages.small_networks import answer_of
from layerpeel.backend.stages.small_networks.band_layers import (
    OUTPUTS,
    BandLayers,
    layers_of_answer,
    separation_of,
)
from layerpeel.backend.stages.small_networks.planes import (
    NUMPY,
    Planes,
    named,
    planes_of,
)
from layerpeel.backend.stages.small_networks.refining import refine

NETWORK = "matting"

# Steps along rows and columns: the picture as it is, and turned by a half.
TURNED = (1, -1)

# What the network may see beyond the band, in pixels.
MARGIN = 64

# A pixel shows one layer alone when its colour is the nearest sure one of that layer to within a
# step of 8 bits, rounded, and the other layer's differs by as much as this, of full scale.
ALIKE, APART = np.float32(1.5 / 255), np.float32(0.05)


# An object whose band is longer, in pixels to a side, is seen at half the size first: it would be
# larger than nearly all that the network has learned from.
LONGEST_SIDE = 1000

# What finding at half the size takes of the time.
_SMALL_SHARE = 0.4


def matte_by_small_network(
    proxy: Float32, trimap: Float32, report: ReportFraction = say_no_fraction
) -> Separation:
    """Find alpha, F and B of H×W×3 RGB in the band of a trimap with 1, 0 and 0.5 for unknown.

    Outside the band alpha is the trimap, and the colours are the picture's.
    Raises whatever `report` raises to cancel.
    """
    band = trimap == 0.5
    alpha, foreground, background = trimap.copy(), proxy.copy(), proxy.copy()
    if not band.any():
        return Separation(alpha, foreground, background)
    window = window_round(band, MARGIN).slices
    inside = band[window]
    found = _matted(proxy[window], trimap[window], report)
    alpha[window][inside] = found.alpha[inside]
    foreground[window][inside] = found.foreground[inside]
    background[window][inside] = found.background[inside]
    return Separation(alpha, foreground, background)


def _matted(picture: Float32, trimap: Float32, report: ReportFraction) -> Separation:
    """Find layers in the band, of a large object by way of half the size."""
    height, width = trimap.shape
    band = window_round(trimap == 0.5, 0)
    if max(band.bottom - band.top, band.right - band.left) <= LONGEST_SIDE:
        return _matted_at_once(picture, trimap, report)
    beyond = ((0, height % 2), (0, width % 2))
    known = np.pad(trimap, beyond, mode="edge")
    seen = np.pad(picture, (*beyond, (0, 0)), mode="edge")
    half = known.shape[0] // 2, known.shape[1] // 2
    small_trimap = smaller_trimap(known, half)
    if not ((small_trimap == 0).any() and (small_trimap == 1).any()):
        # What is sure is too thin to be seen smaller.
        return _matted_at_once(picture, trimap, report)
    small_picture = resized(seen, half)
    at_half, at_full = in_steps(report, _SMALL_SHARE, 1 - _SMALL_SHARE)
    small = _matted(small_picture, small_trimap, at_half)

    def find(planes: Float32, wanted: Bool) -> Separation:
        return _layers_of(answer_of(NETWORK, planes, wanted), planes)

    refined = refine(seen, known, small_picture, small, find, at_full)
    return Separation(
        refined.alpha[:height, :width],
        refined.foreground[:height, :width],
        refined.background[:height, :width],
    )


def _matted_at_once(picture: Float32, trimap: Float32, report: ReportFraction) -> Separation:
    planes = planes_of(picture, trimap)
    return _layers_of(_mean_answer(planes, trimap == 0.5, report), planes)


def _layers_of(answer: Float32, planes: Float32) -> Separation:
    by_name = named(planes)
    return separation_of(_settled_where_flat(layers_of_answer(answer, by_name, NUMPY), by_name))


def _settled_where_flat(
    layers: BandLayers[Float32], planes: Planes[Float32]
) -> BandLayers[Float32]:
    """Let flat colours show one layer alone, where the network leaves a veil or a thin spot.

    It has learned from photographs and paintings, where equal colours are rare. In drawings they
    are the rule: a black disc on white, in a wide band, would get a white rim of alpha
    (docs/decisions.md).
    """
    picture = planes.picture
    apart = _furthest(planes.foreground, planes.background) > APART
    clear = apart & (layers.alpha < 0.5) & (_furthest(picture, planes.background) < ALIKE)
    full = apart & (layers.alpha > 0.5) & (_furthest(picture, planes.foreground) < ALIKE)
    return replace(
        layers,
        alpha=np.where(clear, np.float32(0), np.where(full, np.float32(1), layers.alpha)),
        foreground=np.where(full, picture, layers.foreground),
        background=np.where(clear, picture, layers.background),
    )


def _furthest(one: Float32, other: Float32) -> Float32:
    """Largest difference of any channel: 3×H×W and 3×H×W to 1×H×W."""
    return np.asarray(np.abs(one - other).max(axis=0, keepdims=True), np.float32)


def _mean_answer(planes: Float32, wanted: Bool, report: ReportFraction) -> Float32:
    """Answer 13×H×W as it is and turned by a half, and take the mean, which errs less.

    Above all, the worst pixels are better: less of a loud colour stays in the background
    (docs/decisions.md).
    """
    total = np.zeros((OUTPUTS, *wanted.shape), np.float32)
    for step, tell in zip(TURNED, in_steps(report, *[1.0] * len(TURNED)), strict=True):
        turn = np.s_[..., ::step, ::step]
        seen = np.ascontiguousarray(planes[turn])
        total += answer_of(NETWORK, seen, np.ascontiguousarray(wanted[turn]), tell)[turn]
    total /= np.float32(len(TURNED))
    return total
