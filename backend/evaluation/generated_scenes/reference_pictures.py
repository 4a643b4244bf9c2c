"""Folders of pictures that generated layers are compared with by FID and KID."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.errors import BadInputError, reason_of
from layerpeel.backend.evaluation.networks.distributions import LEAST
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.image import Float32

WHITE = np.float32(1)

_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass
class ReferencePictures:
    """The pictures in a folder, in the order of their names.

    unusable: names of those that could not be read so far, and why.
    """

    folder: Path
    files: tuple[Path, ...]
    unusable: dict[str, str] = field(default_factory=dict)

    def pictures(self) -> Iterator[Float32]:
        """Read them one by one: H×W×3, display sRGB, 0–1; what is clear is white."""
        for file in self.files:
            try:
                image = image_of(read_picture(file).picture)
            except BadInputError as error:
                self.unusable[file.name] = str(error)
                continue
            alpha = image.alpha[..., None]
            yield image.proxy * alpha + WHITE * (1 - alpha)


def reference_pictures(folder: Path) -> ReferencePictures:
    """Look which pictures are in a folder, and not in those within it.

    Raises BadInputError when it cannot be read, or holds too few to compare with.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    except OSError as error:
        raise BadInputError(f"{folder} cannot be read: {reason_of(error)}.") from error
    if len(files) < LEAST:
        raise BadInputError(
            f"{folder} holds {len(files)} pictures (PNG, JPEG, WebP, BMP, TIFF), too few to "
            f"compare with: give a folder of {LEAST} at least; the paper has thousands."
        )
    return ReferencePictures(folder, tuple(files))
