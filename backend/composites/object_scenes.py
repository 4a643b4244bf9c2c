"""Scenes of several objects that hide one another in part, each of which is known.

What a person points at is one of several things, and mostly not a whole one: the truth of an object
is what is seen of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import (
    MOST_DRAWS,
    SIZE,
    cropped_background,
    laid_over,
    of_no_use,
    placed_cut_out,
    rounded_to_8_bits,
    scaled_cut_out,
)
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32

FEWEST_OBJECTS, MOST_OBJECTS = 2, 5

# Long side of an object, as a share of the frame's.
LEAST_SIZE, LARGEST_SIZE = 0.28, 0.42

# Of each object so much is seen that it is still a thing to point at; of one at least so much is
# hidden, since touching is not hiding.
LEAST_SEEN, LEAST_HIDDEN = 0.6, 0.03
# Thinner or fainter than that a cut-out is no thing to point at.
LEAST_SOLID = 0.003
_PLACES = 60


@dataclass(frozen=True)
class SceneObject:
    """An object of a scene.

    alpha: H×W, all of it. visible: H×W, what those in front of it leave.
    colour: H×W×3, RGB, straight; black where alpha is 0. cut_out: its file, as `fg/name.png`.
    """

    alpha: Float32
    visible: Float32
    colour: Float32
    cut_out: str


@dataclass(frozen=True)
class ObjectScene:
    """A picture (H×W×3, RGB, 0–1, rounded to 8 bits) and the objects in it, front-most last.

    background: H×W×3, without any of them. backdrop: its file.
    """

    name: str
    picture: Float32
    objects: tuple[SceneObject, ...]
    background: Float32
    backdrop: str


def draw_object_scenes(
    art: Art, count: int, seed: int, objects: int = 3, size: int = SIZE
) -> Iterator[ObjectScene]:
    """Draw `count` scenes of size×size, the same for a seed and folder.

    objects: how many are in each, 2–5. One at least is hidden in part, and of each most is seen.

    Files that cannot serve are noted in `Art.unusable`, and others drawn in their place.

    Raises BadInputError for another number of objects, when the folder has no cut-outs or no
    backgrounds, and when next to none of them are of any use.
    """
    if not FEWEST_OBJECTS <= objects <= MOST_OBJECTS:
        raise BadInputError(
            f"A scene of {objects} objects cannot be drawn: take {FEWEST_OBJECTS} to "
            f"{MOST_OBJECTS}."
        )
    for index in range(count):
        random = np.random.default_rng((seed, index, objects))
        for _ in range(MOST_DRAWS):
            scene = _draw(art, random, objects, size)
            if scene is not None:
                yield scene
                break
        else:
            raise of_no_use(art)


def _draw(art: Art, random: np.random.Generator, count: int, size: int) -> ObjectScene | None:
    """Draw one scene; None when a file cannot serve or no place is found for an object."""
    backdrop = art.backgrounds[random.integers(len(art.backgrounds))]
    chosen = [art.cut_outs[random.integers(len(art.cut_outs))] for _ in range(count)]
    background = art.background(backdrop)
    cut_outs = [art.cut_out(path) for path in chosen]
    if background is None or len(set(chosen)) < count:
        return None
    placed: list[tuple[Float32, Float32]] = []
    for pixels in cut_outs:
        place = None if pixels is None else _place(pixels, random, placed, size)
        if place is None:
            return None
        placed.append(place)
    if min(_shares_seen([alpha for alpha, _ in placed])) > 1 - LEAST_HIDDEN:
        return None
    below = cropped_background(background, size)
    picture = below
    for alpha, colour in placed:
        picture = laid_over(colour, alpha, picture)
    seen = _visible([alpha for alpha, _ in placed])
    objects = tuple(
        SceneObject(alpha, visible, colour, _name(path))
        for (alpha, colour), visible, path in zip(placed, seen, chosen, strict=True)
    )
    names = ", ".join(path.stem for path in reversed(chosen))
    name = f"{names} over {backdrop.stem}"
    return ObjectScene(name, rounded_to_8_bits(picture), objects, below, _name(backdrop))


def _place(
    pixels: Float32,
    random: np.random.Generator,
    behind: list[tuple[Float32, Float32]],
    size: int,
) -> tuple[Float32, Float32] | None:
    """Find a place for a cut-out in front of those that are there: alpha, colour."""
    share = random.uniform(LEAST_SIZE, LARGEST_SIZE)
    small = scaled_cut_out(pixels, share * size / max(pixels.shape[:2]))
    for _ in range(_PLACES):
        x = int(random.integers(0, size - small.shape[1] + 1))
        y = int(random.integers(0, size - small.shape[0] + 1))
        alpha, colour = placed_cut_out(small, x, y, size)
        if _fits(alpha, [other for other, _ in behind]):
            return alpha, colour
    return None


def _fits(alpha: Float32, behind: list[Float32]) -> bool:
    """Whether it is a thing to point at, and what it hides stays one."""
    if np.count_nonzero(alpha > 0.5) < LEAST_SOLID * alpha.size:
        return False
    return all(share >= LEAST_SEEN for share in _shares_seen([*behind, alpha]))


def _shares_seen(alphas: list[Float32]) -> list[float]:
    return [
        np.count_nonzero(seen > 0.5) / np.count_nonzero(whole > 0.5)
        for seen, whole in zip(_visible(alphas), alphas, strict=True)
    ]


def _visible(alphas: list[Float32]) -> list[Float32]:
    """What is seen of each, when each lies over all before it."""
    seen: list[Float32] = []
    left = np.ones_like(alphas[0])
    for alpha in reversed(alphas):
        seen.insert(0, alpha * left)
        left = left * (1 - alpha)
    return seen


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
