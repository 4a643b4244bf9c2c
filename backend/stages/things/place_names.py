"""What things are called: by where they lie in the picture."""

from collections.abc import Sequence

import numpy as np

from layerpeel.backend.image import Bool
from layerpeel.shared.translatable import Translatable

_PLACES = (
    (Translatable("Top left"), Translatable("Top"), Translatable("Top right")),
    (Translatable("Left"), Translatable("Middle"), Translatable("Right")),
    (Translatable("Bottom left"), Translatable("Bottom"), Translatable("Bottom right")),
)


def place_names(masks: Sequence[Bool]) -> list[str]:
    """Name each mask (H×W, not empty) by the ninth of the picture in which its middle lies.

    “Left”, “Top right”, “Middle” …; of several in one place, all but the first are numbered: “Left
    2”. No two have the same name.
    """
    names: list[str] = []
    for mask in masks:
        place = _place_of(mask)
        number = sum(name.rstrip(" 0123456789") == place for name in names) + 1
        names.append(place if number == 1 else f"{place} {number}")
    return names


def _place_of(mask: Bool) -> Translatable:
    rows, columns = np.nonzero(mask)
    row, column = 3 * rows.mean() / mask.shape[0], 3 * columns.mean() / mask.shape[1]
    return _PLACES[int(row)][int(column)]
