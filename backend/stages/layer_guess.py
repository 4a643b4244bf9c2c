"""From a stack of layers that a network has painted to estimates for the lossless step.

A network that decides everything at once paints its layers anew, small, and a little off in colour.
Where a layer's edge lies and what lies behind it is taken from there; everything that the picture
itself shows is taken from the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.stages.alpha_behind import spread_into
from layerpeel.backend.stages.crop import grown, resized
from layerpeel.backend.stages.rim import meet_surroundings

PaintedLayer = tuple[Float32, Float32]
"""Straight colour h×w×3 (sRGB, 0–1) and alpha h×w (0–1) for all of a picture, of whatever size."""

# An autoencoder never gives quite 0 or 1 back.
LEAST_ALPHA, FULL_ALPHA = 0.01, 0.99

# A layer is empty when less of the picture than this is covered more than this.
EMPTY_AREA, EMPTY_ALPHA = 0.0005, 0.05

# Colour cannot be told from what is next to invisible.
LEAST_VISIBLE = np.float32(1 / 255)

# How far round a layer the picture is compared with what was painted behind it: in pixels, and as a
# share of the picture's side.
LEAST_RIM, RIM = 3.0, 0.006

# From this alpha on the background is what was painted. Below, ever more of it is the picture less
# the layer's colour, which keeps the grain of what is seen through shadows and hems
# (docs/decisions.md).
PAINTED_ALONE = 0.3


@dataclass(frozen=True)
class LayerGuess:
    """One layer as it was painted, and what lies behind it, of one size.

    behind: the layers below, flattened; colour is of no meaning where its alpha is 0.

    Both are brought to the picture's size only when they are needed: a stack of many layers would
    fill the memory.
    """

    layer: PaintedLayer
    behind: PaintedLayer

    def estimates_for(self, parent: Image) -> Estimates:
        """Estimate both layers of the picture that this is the front-most layer of."""
        share = self.share_of(parent)
        channels, depth, profile = parent.values.shape[-1], parent.depth, parent.icc_profile
        foreground, _ = _at_size(self.layer, parent.shape)
        foreground = values_from_proxy(foreground, channels, depth, profile)
        colour, coverage = _at_size(self.behind, parent.shape)
        painted = values_from_proxy(colour, channels, depth, profile)
        # Where nothing was painted behind it, the picture is what is left.
        painted = parent.values + coverage[..., None] * (painted - parent.values)
        painted = _levelled(painted, parent, share > 0)
        background = _kept_where_faint(painted, foreground, parent.values, share)
        behind = spread_into(parent.alpha, share > 0)
        both_show = (share > 0) & (share < 1)
        return Estimates(share, foreground, background, both_show, background_alpha=behind)

    def share_of(self, parent: Image) -> Float32:
        """How much of what is visible (H×W, 0–1) is this layer's."""
        alpha = _resized(self.layer[1], parent.shape)
        share: Float32 = np.divide(
            alpha, parent.alpha, out=np.zeros_like(alpha), where=parent.alpha > 0
        )
        share[share <= LEAST_ALPHA] = 0
        share[share >= FULL_ALPHA] = 1
        return share


def guesses_from(layers: Sequence[PaintedLayer]) -> list[LayerGuess]:
    """Return every layer that can be lifted off, front-most first; `layers` come in that order too.

    Empty layers are left out. The last of the others is what stays, and is not among the guesses.
    """
    guesses: list[LayerGuess] = []
    behind: PaintedLayer | None = None
    for layer in reversed([layer for layer in layers if not _is_empty(layer)]):
        if behind is not None:
            guesses.insert(0, LayerGuess(layer, behind))
        behind = layer if behind is None else _over(layer, behind)
    return guesses


def _is_empty(layer: PaintedLayer) -> bool:
    return float((layer[1] > EMPTY_ALPHA).mean()) < EMPTY_AREA


def _over(front: PaintedLayer, back: PaintedLayer) -> PaintedLayer:
    """Flatten two layers: Porter and Duff's "over", of straight colours."""
    (colour, alpha), (behind, behind_alpha) = front, back
    shows_through = (1 - alpha) * behind_alpha
    union = alpha + shows_through
    weight: Float32 = np.divide(alpha, union, out=np.ones_like(alpha), where=union > 0)
    flattened: Float32 = behind + weight[..., None] * (colour - behind)
    return flattened, union


def _at_size(layer: PaintedLayer, shape: tuple[int, int]) -> PaintedLayer:
    """Resize a layer without letting colours in that nobody sees."""
    colour, alpha = layer
    if alpha.shape == shape:
        return layer
    visible = _resized(colour * alpha[..., None], shape)
    colour, alpha = _resized(colour, shape), _resized(alpha, shape)
    shows = alpha[..., None] > LEAST_VISIBLE
    colour = np.divide(visible, alpha[..., None], out=colour, where=shows)
    return np.clip(colour, 0, 1), alpha


def _resized(plane: Float32, shape: tuple[int, int]) -> Float32:
    method = None if shape[0] < plane.shape[0] else cv2.INTER_CUBIC
    within: Float32 = np.clip(resized(plane, shape, method), 0, 1)
    return within


def _levelled(painted: Float32, parent: Image, touched: Bool) -> Float32:
    """Bring what was painted behind a layer to the level of the picture just outside it."""
    reach = max(LEAST_RIM, RIM * float(np.sqrt(touched.size)))
    hole = grown(touched, reach)
    return meet_surroundings(painted, parent.values, hole & ~touched & (parent.alpha > 0), hole)


def _kept_where_faint(
    painted: Float32, foreground: Float32, values: Float32, share: Float32
) -> Float32:
    """Blend C = αF + (1−α)B solved for B, where α is low, into what was painted."""
    alpha = share[..., None]
    rise = np.clip(alpha / np.float32(PAINTED_ALONE), 0, 1)
    weight = rise * rise * (3 - 2 * rise)
    # Where that is divided by next to nothing it weighs nothing.
    solved = (values - alpha * foreground) / np.maximum(1 - alpha, np.float32(1 - PAINTED_ALONE))
    blended: Float32 = weight * painted + (1 - weight) * solved
    return blended
