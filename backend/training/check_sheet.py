"""Contact sheets of checks: a row of panels for each of some pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation
from layerpeel.backend.training.comparison import Separate


def write_panels(columns: Sequence[Tensor], file: Path) -> None:
    """Write a PNG: a row a picture, a column for each of the [N, 3 or 1, H, W] (0–1)."""
    panels = [planes.detach().float().cpu().expand(-1, 3, -1, -1).numpy() for planes in columns]
    rows = [np.concatenate(row, axis=2) for row in zip(*panels, strict=True)]  # each [3, H, n·W]
    _write(np.concatenate(rows, axis=1).transpose(1, 2, 0), file)


def write_sheet(separate: Separate, composites: Iterable[Composite], file: Path) -> None:
    """Draw picture, trimap, true alpha, alpha, F and B over a checkerboard, a row a composite."""
    rows = [_row(composite, separate(composite)) for composite in composites]
    _write(np.vstack(rows), file)


def _row(composite: Composite, separation: Separation) -> Float32:
    y, x = np.mgrid[: composite.alpha.shape[0], : composite.alpha.shape[1]] // 16
    board = np.where((x + y) % 2, np.float32(0.35), np.float32(0.5))[..., None]
    # The network says nothing of what lies behind the object; the board shows there.
    hidden = separation.alpha[..., None]
    panels = (
        composite.picture,
        *(
            np.repeat(plane[..., None], 3, axis=-1)
            for plane in (composite.trimap, composite.alpha, separation.alpha)
        ),
        hidden * separation.foreground + (1 - hidden) * board,
        hidden * board + (1 - hidden) * separation.background,
    )
    row: Float32 = np.hstack(panels)[::2, ::2]
    return row


def _write(sheet: Float32, file: Path) -> None:
    """Write H×W×3 (RGB, 0–1, clipped) as a PNG of 8 bits."""
    pixels = np.floor(np.clip(sheet, 0, 1) * 255 + 0.5).astype(np.uint8)
    with new_file(file, force=True) as opened:
        Image.fromarray(pixels).save(opened, "PNG")
