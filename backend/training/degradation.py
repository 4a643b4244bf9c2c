"""How pictures are degraded before anyone peels them: codecs, grain, resampling."""

from collections.abc import Callable

import cv2
import numpy as np

from layerpeel.backend.image import Float32


def degraded(picture: Float32, random: np.random.Generator) -> Float32:
    """Degrade H×W×3 (RGB, 0–1) in one of the ways below."""
    ways: tuple[Callable[[Float32, np.random.Generator], Float32], ...] = (
        _jpeg,
        _grain,
        _resampled,
    )
    return ways[random.integers(len(ways))](picture, random)


def in_eight_bits(picture: Float32) -> Float32:
    """Round to steps of 1/255, as files keep pictures."""
    steps = np.floor(np.clip(picture, 0, 1) * 255 + 0.5)
    return np.asarray(steps / np.float32(255), np.float32)


def _jpeg(picture: Float32, random: np.random.Generator) -> Float32:
    pixels = np.floor(picture[..., ::-1] * 255 + 0.5).astype(np.uint8)
    quality = int(random.integers(60, 98))
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.float32)
    return np.ascontiguousarray(decoded[..., ::-1]) / np.float32(255)


def _grain(picture: Float32, random: np.random.Generator) -> Float32:
    """Film grain or paper: noise of one or of three channels, fine or a little coarser."""
    channels = 3 if random.random() < 0.5 else 1
    noise = random.normal(0, 1, (*picture.shape[:2], channels)).astype(np.float32)
    if random.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8).reshape(noise.shape) * np.float32(2)
    return np.clip(picture + noise * np.float32(random.uniform(0.004, 0.03)), 0, 1)


def _resampled(picture: Float32, random: np.random.Generator) -> Float32:
    """Shrink and enlarge again, as pictures of generators and of the web often have been."""
    side = np.array(picture.shape[1::-1])
    small = np.maximum(1, np.round(side * random.uniform(0.5, 0.95))).astype(int)
    shrunk = cv2.resize(picture, tuple(small.tolist()), interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(shrunk, tuple(side.tolist()), interpolation=cv2.INTER_CUBIC)
    return np.clip(enlarged, 0, 1).astype(np.float32)
