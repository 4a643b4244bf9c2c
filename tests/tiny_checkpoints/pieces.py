"""What can be installed or not, of tiny networks, and which requests that is enough for."""

import itertools
from pathlib import Path

import numpy as np

from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Mask,
    Phrases,
    Point,
    Points,
    Subject,
    Things,
    Words,
)
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, Painting, SceneRequest

from .generation import save_tiny_flux2_klein, save_tiny_sdxl, save_tiny_sdxl_inpainting
from .installed import install_tiny_paper_models
from .point import store_with_tiny_minisam

WIDTH, HEIGHT = 80, 64
MIDDLE = np.zeros((HEIGHT, WIDTH), np.uint8)
MIDDLE[20:50, 30:64] = 255
COVERAGE = Coverage(WIDTH, HEIGHT, MIDDLE.tobytes())

# By the ids of their models.
PIECES = {
    "detector": ("grounding-dino",),
    "SAM": ("sam",),
    "miniSAM": ("minisam",),
    "ISNet": ("isnet",),
    "ViTMatte": ("vitmatte",),
    "FBDD and HFA": ("fbdd", "hfa"),
    "inpainter": ("sdxl-inpainting",),
    "generator": ("sdxl",),
}
SUBSETS = [
    frozenset(chosen)
    for count in range(len(PIECES) + 1)
    for chosen in itertools.combinations(PIECES, count)
]
# Taken only where it is asked for by name: beside nothing and beside all is enough.
PIECES["editor"] = ("flux2-klein",)
SUBSETS += [frozenset({"editor"}), frozenset(PIECES)]


def points(there):
    return bool({"SAM", "miniSAM"} & there)


def boxes(there):
    return points(there) or "ISNet" in there


def words(there):
    return "detector" in there and boxes(there)


def subject(there):
    return "ISNet" in there


def anything(_there):
    return True


# Each with what it takes.
PEELS = {
    "subject": (Subject(), subject),
    "part": (Subject(COVERAGE), lambda there: bool({"ISNet", "SAM"} & there)),
    "box": (Box(20, 10, 30, 40), boxes),
    "click": (Points((Point(40, 30),)), points),
    "words": (Words("a cat, dog"), words),
    "phrases": (Phrases(("a cat", "dog")), words),
    "things": (Things(), lambda there: points(there) and subject(there)),
    "mask": (Mask(COVERAGE), anything),
}
PAINTING = Painting(style="tiny")
SCENES = {
    "scene": (
        SceneRequest("[a cat] on a wall", PAINTING),
        lambda there: words(there) or subject(there),
    ),
    "scene without brackets": (SceneRequest("a wall", PAINTING), anything),
    "add object": (ObjectRequest("a lamp", COVERAGE, PAINTING), anything),
    "add background": (BackgroundRequest("a meadow", PAINTING), anything),
}


class SomeInstalled:
    """Stores that have some pieces of a whole one, and its manifest.

    isnet: file of the real one; all else is tiny.
    """

    def __init__(self, folder: Path, isnet: Path) -> None:
        self.whole = store_with_tiny_minisam(folder / "whole")
        install_tiny_paper_models(folder / "made", self.whole, isnet)
        for save in (save_tiny_sdxl, save_tiny_sdxl_inpainting, save_tiny_flux2_klein):
            made = save(folder / "made" / save.__name__)
            self.whole.take_in(self.whole.recognise(made))
        self._folder = folder
        self._stores: dict[frozenset[str], ModelStore] = {}

    def __call__(self, there) -> ModelStore:
        """Return the store that has these pieces, and no others."""
        chosen = frozenset(there)
        if chosen not in self._stores:
            folder = self._folder / f"some-{len(self._stores)}"
            folder.mkdir()
            for model_id in (each for piece in sorted(chosen) for each in PIECES[piece]):
                name = self.whole.manifest.usable(model_id).name
                for entry in (name, f"{name}.checked.json"):
                    if (self.whole.folder / entry).exists():
                        (folder / entry).symlink_to(self.whole.folder / entry)
            self._stores[chosen] = ModelStore(folder, self.whole.manifest)
        return self._stores[chosen]
