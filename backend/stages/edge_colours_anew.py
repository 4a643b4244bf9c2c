"""Colours of both layers where an edge was moved, from those that they had before.

Where more is covered than before, the background is filled in; where less is, what was the object's
stays behind, in the background. Nothing else than that can flatten to the same picture.
"""

from dataclasses import dataclass

import numpy as np

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.spread import spread_colours

# From this alpha on the fill starts to replace what is seen, and here it has done so.
FILL_FROM, FILL_ALONE = 0.02, 0.5
# Of what is no longer covered altogether, likewise: there the fill is what was behind it.
KEEP_FILL_FROM, KEEP_FILL_ALONE = 0.5, 0.95
# From this alpha on a foreground's own colour is known.
COLOUR_KNOWN = 0.2
SURE = 0.95

# Colours of both layers that differ by so much (in all channels together) tell of alpha.
TELLING = 0.06
# How far a colour may lie off the line between both, as a share of their difference.
OFF_LINE = 0.5

# Colours are estimated for so many pixels at a time, a moment's work.
BAND = 1 << 19


@dataclass(frozen=True)
class EdgeBefore:
    """An edge as it was: a picture, and its layers. All in the document's own values.

    picture, foreground, background: H×W×C. alpha: H×W, 0–1.
    """

    picture: Float32
    alpha: Float32
    foreground: Float32
    background: Float32

    def rows(self, band: slice) -> "EdgeBefore":
        """Return some of its rows."""
        planes = (self.picture, self.alpha, self.foreground, self.background)
        return EdgeBefore(*(plane[band] for plane in planes))


def newly_covered(before: EdgeBefore, alpha: Float32) -> Bool:
    """Where (H×W) a background is seen that a new alpha (H×W) covers more of than before."""
    covered: Bool = (alpha > before.alpha) & (before.alpha < FILL_ALONE)
    return covered


def colours_anew(
    before: EdgeBefore,
    alpha: Float32,
    filled: Float32,
    report: ReportFraction = say_no_fraction,
) -> tuple[Float32, Float32]:
    """Estimate F and B (H×W×C) for a new alpha (H×W).

    filled: H×W×C, the background before, filled in where that is newly covered.
    """
    picture = before.picture
    limits = min(0.0, float(picture.min())), max(1.0, float(picture.max()))
    foreground, background = np.empty_like(picture), np.empty_like(picture)
    height, width = alpha.shape
    step = max(1, BAND // width)
    for top in range(0, height, step):
        report(top / height)
        band = slice(top, top + step)
        foreground[band], background[band] = _colours_within(
            before.rows(band), alpha[band], filled[band], limits
        )
    return foreground, background


def _colours_within(
    before: EdgeBefore, alpha: Float32, filled: Float32, limits: tuple[float, float]
) -> tuple[Float32, Float32]:
    """Estimate F and B. limits: the lowest and the highest value that F may have."""
    picture, over = before.picture, alpha[..., None]
    fills = _smooth_step(over, FILL_FROM, FILL_ALONE)
    keeps = _smooth_step(over, KEEP_FILL_FROM, KEEP_FILL_ALONE)
    wished = np.where(
        over < before.alpha[..., None],
        keeps * filled + (1 - keeps) * picture,
        np.where(
            newly_covered(before, alpha)[..., None],
            fills * filled + (1 - fills) * before.background,
            filled,
        ),
    )
    share = np.where(over > 0, over, 1)
    background = picture + _within_reach(picture, wished, share, limits) * (wished - picture)
    foreground = (picture - (1 - share) * background) / share
    known = _smooth_step(before.alpha, 0, COLOUR_KNOWN)[..., None]
    hidden = known * before.foreground + (1 - known) * picture
    foreground = np.where(over > 0, foreground, hidden)
    return foreground.astype(np.float32), background.astype(np.float32)


def _within_reach(
    picture: Float32, background: Float32, alpha: Float32, limits: tuple[float, float]
) -> Float32:
    """How far (H×W×1, 0–1) a background may go from the picture to its wish, so that there is an F.

    The same share for all channels: else single ones would lag behind, and pixels glare.
    """
    lowest, highest = limits
    away = (1 - alpha) * (background - picture)
    room = alpha * np.where(away > 0, picture - lowest, highest - picture)
    share = np.divide(room, np.abs(away), out=np.ones_like(away), where=away != 0)
    least: Float32 = np.clip(share, 0, 1).min(axis=-1, keepdims=True)
    return least


def without_what_shows_through(before: EdgeBefore) -> Float32:
    """Lower alpha (H×W) where a colour has more of the background in it than alpha says.

    The object has there the colour that it has further inside, where it surely hides all.
    """
    sure = (before.alpha >= SURE).astype(np.float32)
    towards = spread_colours(before.foreground, sure) - before.background
    length = (towards**2).sum(axis=-1)
    along = ((before.picture - before.background) * towards).sum(axis=-1)
    told = np.divide(along, length, out=np.ones_like(length), where=length > 0)
    told = np.clip(told, 0, 1)
    off = before.picture - before.background - told[..., None] * towards
    off_share = np.sqrt((off**2).sum(axis=-1) / np.maximum(length, np.float32(1e-6)))
    trust = length / (length + np.float32(TELLING**2)) * np.clip(1 - off_share / OFF_LINE, 0, 1)
    partial = (before.alpha > 0) & (before.alpha < 1)
    lower = before.alpha - trust * np.maximum(before.alpha - told, 0)
    return np.where(partial, lower, before.alpha).astype(np.float32)


def _smooth_step(value: Float32, low: float, high: float) -> Float32:
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Float32 = share * share * (3 - 2 * share)
    return smooth
