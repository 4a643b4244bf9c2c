"""Samples for matting that are drawn once and learned from again and again, never twice alike.

Drawing one takes ten times as long as turning, mirroring and recolouring it. An affine map of the
colours keeps C = αF + (1−α)B as it is, and closed-form alpha too, whose model of colours is affine.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Float32
from layerpeel.backend.training.opened_art import OpenedArt, UInt8
from layerpeel.backend.training.samples import Sample, SampleSettings, draw_sample

# How often colours lose some of their saturation, and how often light becomes dark.
PALER, INVERTED = 0.5, 0.3

LEAST_CONTRAST = 0.6


@dataclass(frozen=True)
class MattingSample:
    """A sample and the alpha that a network starts from: h×w(×3), float32, RGB, 0–1, straight."""

    picture: Float32
    trimap: Float32
    coarse_alpha: Float32
    alpha: Float32
    foreground: Float32
    background: Float32


class KeptSamples:
    """Draws the first `distinct` samples when they are asked for, and keeps them in memory.

    In 8 bits, alpha in half floats: 320 kB for 160×160 pixels.
    """

    def __init__(
        self,
        art: OpenedArt,
        settings: SampleSettings,
        seed: int,
        distinct: int,
        coarse_alpha: Callable[[Sample], Float32],
    ) -> None:
        """Draw as `draw_sample` does; coarse_alpha: the alpha (h×w) that a network starts from."""
        self._art, self._settings, self._seed, self._distinct = art, settings, seed, distinct
        self._coarse_alpha = coarse_alpha
        self._kept: dict[int, tuple[UInt8, npt.NDArray[np.float16]]] = {}
        self._lock = threading.Lock()

    def sample(self, index: int) -> MattingSample:
        """Give the sample of this number, the same each time; raises as `draw_sample` does."""
        number = index % self._distinct
        if number not in self._kept:
            drawn = self._drawn(number)
            with self._lock:
                self._kept[number] = drawn
        planes, alpha = self._kept[number]
        # A seed of three numbers, so that it is none of those that samples are drawn by.
        return _varied(planes, alpha, np.random.default_rng((self._seed, index, 1)))

    def _drawn(self, number: int) -> tuple[UInt8, npt.NDArray[np.float16]]:
        sample = draw_sample(self._art, self._settings, self._seed, number)
        coarse = self._coarse_alpha(sample)
        planes = (
            sample.picture,
            sample.foreground,
            sample.background,
            sample.trimap,
            coarse,
        )
        steps = np.floor(np.dstack(planes) * 255 + 0.5).astype(np.uint8)
        return steps, sample.alpha.astype(np.float16)


def _varied(
    planes: UInt8, alpha: npt.NDArray[np.float16], random: np.random.Generator
) -> MattingSample:
    quarters, mirrored = int(random.integers(4)), random.random() < 0.5
    turned = np.rot90(np.dstack([planes.astype(np.float32) / 255, alpha]), quarters)
    turned = np.ascontiguousarray(turned[:, ::-1] if mirrored else turned, np.float32)
    mixing, shift = _other_colours(random)
    picture, foreground, background = (
        np.asarray(turned[..., first : first + 3] @ mixing + shift, np.float32)
        for first in (0, 3, 6)
    )
    # In 8 bits a half is 128/255.
    trimap = np.asarray(np.round(turned[..., 9] * 2) / 2, np.float32)
    coarse = np.where(trimap == 0.5, turned[..., 10], trimap)
    return MattingSample(picture, trimap, coarse, turned[..., 11], foreground, background)


def _other_colours(random: np.random.Generator) -> tuple[Float32, Float32]:
    """Draw an affine map of colours (a row RGB @ 3×3 + 3) that keeps 0–1 within 0–1."""
    mixing = np.eye(3)[random.permutation(3)]
    if random.random() < PALER:
        grey = random.random() ** 2
        mixing = (1 - grey) * mixing + grey / 3
    contrast = random.uniform(LEAST_CONTRAST, 1)
    shift = random.uniform(0, 1 - contrast)
    if random.random() < INVERTED:
        mixing, shift = -mixing, shift + contrast
    return (contrast * mixing).astype(np.float32), np.full(3, shift, np.float32)
