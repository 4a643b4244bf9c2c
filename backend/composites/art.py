"""Folders of cut-outs and backgrounds, in which not every file is what it should be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32

PICTURE_ENDINGS = {".webp", ".png"}

# The repository's own small set, from its root.
_OWN = Path("tests") / "art"


class UnusableError(Exception):
    """A picture cannot serve. The message says why, after the file's name."""


@dataclass
class Art:
    """A folder that holds cut-outs (RGBA) in fg and backgrounds (opaque) in bg.

    unusable: the files met so far that cannot serve, as `fg/name.png`, and why.

    Raises BadInputError when either holds no pictures.
    """

    folder: Path
    unusable: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cut_outs = _pictures(self.folder / "fg")
        self.backgrounds = _pictures(self.folder / "bg")

    @property
    def name(self) -> str:
        """Its name in a report, without its place on this machine."""
        parts = self.folder.resolve().parts[-2:]
        return _OWN.as_posix() if parts == _OWN.parts else parts[-1]

    def cut_out(self, path: Path) -> Float32 | None:
        """Open a cut-out as H×W×4, RGB and straight alpha, 0–1; None when it cannot serve."""
        return self._opened(path, _cut_out)

    def background(self, path: Path) -> Float32 | None:
        """Open a background as H×W×3, RGB, 0–1; None when it cannot serve."""
        return self._opened(path, _background)

    def _opened(self, path: Path, read: Callable[[Path], Float32]) -> Float32 | None:
        name = f"{path.parent.name}/{path.name}"
        if name in self.unusable:
            return None
        try:
            return read(path)
        except UnusableError as error:
            self.unusable[name] = str(error)
            return None


def own_art() -> Path:
    """Find the repository's small set: of the clone this runs from, or in which it is run.

    Raises BadInputError where there is none, as for an installed package outside a clone.
    """
    # `resolve` as the import root is made of links.
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / _OWN / "fg").is_dir():
            return root / _OWN
    raise BadInputError(
        f"The small set of pictures lies in {_OWN.as_posix()} of a clone, and this is none: run it "
        "there, or give --art FOLDER, which holds cut-outs in fg and backgrounds in bg."
    )


def _pictures(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURE_ENDINGS)
    if not paths:
        raise BadInputError(
            f"No PNG or WebP pictures in {folder}. Give a folder that holds cut-outs in fg and "
            "backgrounds in bg."
        )
    return paths


_WHERE_TO_PUT = "cut-outs go into fg, backgrounds into bg"


def _cut_out(path: Path) -> Float32:
    image = _loaded(path)
    if not image.has_transparency_data:
        raise UnusableError(f"has no transparency, so it is no cut-out: {_WHERE_TO_PUT}")
    pixels = np.asarray(image.convert("RGBA"), np.float32) / np.float32(255)
    if pixels[..., 3].min() == 1:
        raise UnusableError(f"is opaque everywhere, so it is no cut-out: {_WHERE_TO_PUT}")
    return pixels


def _background(path: Path) -> Float32:
    pixels = np.asarray(_loaded(path).convert("RGBA"), np.float32) / np.float32(255)
    if pixels[..., 3].min() < 1:
        raise UnusableError(f"has clear parts, so it is no background: {_WHERE_TO_PUT}")
    return np.ascontiguousarray(pixels[..., :3])


def _loaded(path: Path) -> PillowImage.Image:
    try:
        with PillowImage.open(path) as image:
            image.load()
            return image
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        # Pillow names the whole path, which the reader of a report has no use for.
        why = str(error).replace(str(path), path.name)
        raise UnusableError(f"cannot be read as a picture: {why}") from error
