"""Composites to learn from: a piece of a cut-out's edge over a piece of a background.

A sample depends on the settings, the seed, its index and the pictures alone: not on the process
that draws it, nor on earlier samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.composites.composite import MOST_DRAWS, KnownLayers, trimap_of_true_alpha
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.spread import spread_colours
from layerpeel.backend.stages.trimap import trimap_round_mask
from layerpeel.backend.training.degradation import degraded, in_eight_bits
from layerpeel.backend.training.opened_art import OpenedArt, UInt8
from layerpeel.backend.training.softness import KINDS

# Cut-outs are not enlarged beyond this: there is no detail in them, and pictures have some.
LARGEST_SCALE = 1.6

# Shares of a piece: with a smaller unknown band, or less that is surely either layer, it teaches
# little. In pictures both layers are always visible somewhere.
LEAST_BAND, LEAST_KNOWN = 0.02, 0.01

# From this alpha on a cut-out's own colour can be believed; below, 8 bits hold little of it.
COLOUR_KNOWN_FROM = 1 / 8


@dataclass(frozen=True)
class SampleSettings:
    """How samples are drawn (explained in recipes/small-matting.toml).

    softness: how often each kind of `softness.KINDS` is drawn, in proportion.
    """

    side: int
    longest_side: tuple[int, int]
    softness: Mapping[str, int]
    second_object: float
    degraded: float
    from_mask: float


@dataclass(frozen=True)
class Sample(KnownLayers):
    """A picture whose layers are known, to learn from: side×side; F is defined everywhere.

    composite: αF + (1−α)B, of which `picture` is what 8 bits, and perhaps JPEG or grain, left.
    trimap: side×side, 0, 0.5, 1.
    """

    composite: Float32
    trimap: Float32


def draw_sample(art: OpenedArt, settings: SampleSettings, seed: int, index: int) -> Sample:
    """Draw a sample by its index.

    Raises BadInputError when hardly any of the pictures has an edge.
    """
    random = np.random.default_rng((seed, index))
    for _ in range(MOST_DRAWS):
        sample = _drawn(art, settings, random)
        if sample is not None:
            return sample
    raise BadInputError(
        f"The pictures in {art.folder} are of no use for training: of {MOST_DRAWS} pieces drawn, "
        "none showed an edge between something and its surroundings."
    )


def _drawn(art: OpenedArt, settings: SampleSettings, random: np.random.Generator) -> Sample | None:
    """Draw one piece; None when it is of no use for training."""
    cut_out, other = (art.cut_out(_any_of(art.cut_outs, random)) for _ in range(2))
    scene = art.background(_any_of(art.backgrounds, random))
    if cut_out is None or other is None or scene is None:
        return None
    alpha, foreground = _soft_piece(cut_out, settings, random)
    background = _jittered(_piece_of_background(scene, settings.side, random), random)
    if random.random() < settings.second_object:
        alpha_behind, behind = _piece_of_cut_out(other, settings, random)
        background = _mixed(alpha_behind, behind, background)
    composite = _mixed(alpha, foreground, background)
    suffered = degraded(composite, random) if random.random() < settings.degraded else composite
    trimap = _trimap(alpha, settings, random)
    shares = {value: float((trimap == value).mean()) for value in (0, 0.5, 1)}
    if shares[0.5] < LEAST_BAND or min(shares[0], shares[1]) < LEAST_KNOWN:
        return None
    picture = in_eight_bits(suffered)
    return Sample(alpha, foreground, background, picture, composite, trimap)


def _any_of(paths: list[Path], random: np.random.Generator) -> Path:
    return paths[random.integers(len(paths))]


def _soft_piece(
    cut_out: UInt8, settings: SampleSettings, random: np.random.Generator
) -> tuple[Float32, Float32]:
    kinds, shares = list(settings.softness), np.array(list(settings.softness.values()), float)
    soften = KINDS[kinds[random.choice(len(kinds), p=shares / shares.sum())]]
    alpha, colours = _piece_of_cut_out(cut_out, settings, random)
    return soften(alpha, _jittered(colours, random), random)


def _piece_of_cut_out(
    cut_out: UInt8, settings: SampleSettings, random: np.random.Generator
) -> tuple[Float32, Float32]:
    """Cut a square round a place on the edge: alpha, and colours that go on where alpha is 0."""
    shortest, longest = settings.longest_side
    wanted = np.exp(random.uniform(np.log(shortest), np.log(longest)))
    scale = min(wanted / max(cut_out.shape[:2]), LARGEST_SCALE)
    side = max(2, round(settings.side / scale))
    middle = _place_on_edge(cut_out[..., 3], random) + random.uniform(-0.35, 0.35, 2) * side
    top, left = np.round(middle - side / 2).astype(int)
    piece = _window(cut_out, int(top), int(left), side).astype(np.float32) / np.float32(255)
    # Premultiplied: the hidden colour of clear pixels must not bleed into the edge.
    piece[..., :3] *= piece[..., 3:]
    piece = _turned(_resized(piece, settings.side), random)
    alpha = np.ascontiguousarray(piece[..., 3])
    straight = np.clip(piece[..., :3] / np.maximum(alpha, 1e-4)[..., None], 0, 1)
    known = np.clip(alpha / np.float32(COLOUR_KNOWN_FROM), 0, 1).astype(np.float32)
    return alpha, spread_colours(straight.astype(np.float32), known)


def _piece_of_background(scene: UInt8, side: int, random: np.random.Generator) -> Float32:
    """Cut a square out at a random scale, now and then out of focus."""
    shorter = min(scene.shape[:2])
    scale = np.exp(random.uniform(np.log(0.4), np.log(LARGEST_SCALE)))
    window = min(shorter, max(2, round(side / scale)))
    top, left = (int(random.integers(0, size - window + 1)) for size in scene.shape[:2])
    cut = scene[top : top + window, left : left + window].astype(np.float32) / np.float32(255)
    piece = _turned(_resized(cut, side), random)
    if random.random() < 0.2:
        return np.asarray(cv2.GaussianBlur(piece, (0, 0), random.uniform(1, 6)), np.float32)
    return piece


def _place_on_edge(alpha: UInt8, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Choose a pixel (row, column) that is soft or beside one that is quite different."""
    steep = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 64
    places = np.flatnonzero(steep | ((alpha > 12) & (alpha < 243)))
    if len(places) == 0:
        return np.array([random.integers(size) for size in alpha.shape])
    return np.array(np.unravel_index(places[random.integers(len(places))], alpha.shape))


def _window(pixels: UInt8, top: int, left: int, side: int) -> UInt8:
    """Cut a square that may reach beyond the picture, where everything is 0."""
    window = np.zeros((side, side, pixels.shape[2]), np.uint8)
    y, x = max(0, top), max(0, left)
    inside = pixels[y : max(y, top + side), x : max(x, left + side)]
    height, width = inside.shape[:2]
    window[y - top : y - top + height, x - left : x - left + width] = inside
    return window


def _resized(piece: Float32, side: int) -> Float32:
    method = cv2.INTER_AREA if side < len(piece) else cv2.INTER_CUBIC
    return np.clip(cv2.resize(piece, (side, side), interpolation=method), 0, 1).astype(np.float32)


def _turned(piece: Float32, random: np.random.Generator) -> Float32:
    """Turn by any number of quarters, and mirror or not."""
    piece = np.rot90(piece, int(random.integers(4)))
    return np.ascontiguousarray(piece[:, ::-1] if random.random() < 0.5 else piece)


def _jittered(colours: Float32, random: np.random.Generator) -> Float32:
    """Shift brightness, contrast and the balance of colours a little."""
    gamma = np.exp(random.normal(0, 0.2))
    gain, shift = random.normal(1, 0.08, 3), random.normal(0, 0.03, 3)
    changed = (colours**gamma - 0.5) * gain + 0.5 + shift
    return np.asarray(np.clip(changed, 0, 1), np.float32)


def _mixed(alpha: Float32, foreground: Float32, background: Float32) -> Float32:
    """The composition model: C = αF + (1−α)B."""
    share = alpha[..., None]
    return np.asarray(share * foreground + (1 - share) * background, np.float32)


def _trimap(alpha: Float32, settings: SampleSettings, random: np.random.Generator) -> Float32:
    if random.random() >= settings.from_mask:
        return trimap_of_true_alpha(alpha, int(random.integers(5, 21)))
    fault = random.uniform(0, 4)
    return trimap_round_mask(_faulty(alpha, fault, random), fault + random.uniform(2, 16))


def _faulty(alpha: Float32, most: float, random: np.random.Generator) -> Float32:
    """Displace alpha smoothly by at most some pixels, as a mask misses the edge."""
    height, width = alpha.shape
    across, down = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    grid = random.uniform(-most, most, (2, max(2, height // 24), max(2, width // 24)))
    by_x, by_y = (
        cv2.resize(plane.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        for plane in grid / np.sqrt(2)
    )
    displaced = cv2.remap(
        alpha, across + by_x, down + by_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(displaced, np.float32)
