"""Sheets for looking at: a row of panels for each of some pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from layerpeel.backend.formats.destination import new_file


def write_panels(columns: Sequence[Tensor], file: Path) -> None:
    """Write a PNG: a row a picture, a column for each of the [N, 3 or 1, H, W] (0–1)."""
    panels = [planes.detach().float().cpu().expand(-1, 3, -1, -1).numpy() for planes in columns]
    rows = [np.concatenate(row, axis=2) for row in zip(*panels, strict=True)]  # each [3, H, n·W]
    sheet = np.concatenate(rows, axis=1).transpose(1, 2, 0)
    pixels = np.floor(np.clip(sheet, 0, 1) * 255 + 0.5).astype(np.uint8)
    with new_file(file, force=True) as opened:
        Image.fromarray(pixels).save(opened, "PNG")
