"""Simulated results of diffusion and autoencoder, to train HFA on without FBDD.

The paper feeds FAN and BAN what FBDD has decoded, of which it says that textures are degraded and,
behind the object, both texture and colour differ from the truth (section 3.4). All numbers here
are ours; on photographs the result lies some 25–38 dB from the layer.
"""

import cv2
import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.spread import spread_colours

# FBDD works at its own resolution; a picture is up to so much larger.
LARGEST_ENLARGEMENT = 3.0

# What lies behind an alpha of this and more is all but hidden.
HIDDEN_FROM = 0.9


def as_if_decoded(layer: Float32, random: np.random.Generator) -> Float32:
    """Blur H×W×3 (RGB, 0–1), as at a lower resolution, with colours and texture a little off."""
    height, width = layer.shape[:2]
    smaller = np.exp(random.uniform(0, np.log(LARGEST_ENLARGEMENT)))
    size = (max(1, round(width / smaller)), max(1, round(height / smaller)))
    small = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), random.uniform(0.3, 0.7))
    small = small + _wrong_texture(size, random) + _wrong_colours(size, random)
    decoded = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(decoded, 0, 1).astype(np.float32)


def as_if_filled_in(background: Float32, alpha: Float32, random: np.random.Generator) -> Float32:
    """Replace what alpha (H×W) hides of a background by what might as well be there.

    That is the colours round it, with texture from elsewhere in the background, and a share of the
    truth's colours that is drawn anew each time: FBDD guesses well or badly.
    """
    hidden = cv2.GaussianBlur((alpha >= HIDDEN_FROM).astype(np.float32), (0, 0), 1.5)
    colours = spread_colours(background, (alpha < HIDDEN_FROM).astype(np.float32))
    softly = random.uniform(2, 12)
    true_colours = cv2.GaussianBlur(background, (0, 0), softly)
    texture = _moved(background - true_colours, random)
    guessed = random.random() * (true_colours - colours) + colours + texture
    share = hidden[..., None]
    mixed = share * guessed + (1 - share) * background
    return np.asarray(np.clip(mixed, 0, 1), np.float32)


def _moved(texture: Float32, random: np.random.Generator) -> Float32:
    """Shift at random; what is missing then is mirrored, so that no seam shows."""
    height, width = texture.shape[:2]
    y, x = int(random.integers(height)), int(random.integers(width))
    mirrored = np.pad(texture, ((0, height), (0, width), (0, 0)), "symmetric")
    return np.asarray(mirrored[y : y + height, x : x + width], np.float32)


def _wrong_texture(size: tuple[int, int], random: np.random.Generator) -> Float32:
    noise = random.normal(0, random.uniform(0, 0.012), (size[1], size[0], 3))
    return noise.astype(np.float32)


def _wrong_colours(size: tuple[int, int], random: np.random.Generator) -> Float32:
    """Shift all colours a little, and more here than there."""
    all_over = random.normal(0, 0.012, 3)
    here_and_there = random.normal(0, 0.012, (4, 4, 3)).astype(np.float32)
    shift = cv2.resize(here_and_there, size, interpolation=cv2.INTER_CUBIC) + all_over
    return np.asarray(shift, np.float32)
