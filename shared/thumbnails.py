"""What a result looks like, small: sent for the rows of a list that are seen."""

from dataclasses import dataclass, field
from typing import Tuple

from layerpeel.shared.protocol import Role

THUMBNAIL_SIDE = 160
"""Of the longer side of a thumbnail, at most, in pixels."""

ORIGINAL_SIDE = 1024
"""Likewise of the original that is kept to compare with."""


@dataclass(frozen=True)
class LayerThumbnail:
    """A layer where it lies in its picture: a PNG of the picture's shape, with transparency.

    A background that only covers what has changed is shown together with the picture around it.
    """

    name: str
    role: Role
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Thumbnails:
    """All layers of a result, bottom first; of a selection, the one layer that it would cut out."""

    layers: Tuple[LayerThumbnail, ...]
