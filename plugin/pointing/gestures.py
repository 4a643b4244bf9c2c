"""What the artist does with the mouse or pen in the picture, and the mark that comes of it."""

import math
from enum import Enum
from typing import List, Optional, Tuple

from layerpeel.plugin.pointing.marks import Click, Frame, Mark, Place, Stroke
from layerpeel.shared.protocol import Box


class Tool(str, Enum):
    """What dragging with the left button draws."""

    BOX = "box"
    STROKE = "stroke"


class Gesture:
    """One press of a button, until it is let go.

    A press without a drag is a click. What is to stay (`keeps` is False) has no box: there,
    dragging draws a stroke whatever the tool.

    is_drag: whether the pointer has moved away from where it was pressed.
    """

    def __init__(self, start: Place, size: Tuple[int, int], keeps: bool, tool: Tool) -> None:
        """size: width, height of the picture."""
        self._path: List[Place] = [start]
        self._size = size
        self._keeps = keeps
        self._draws_box = keeps and tool is Tool.BOX
        self.is_drag = False

    def drag_to(self, place: Place) -> None:
        """Go on to a place."""
        self.is_drag = True
        self._path.append(place)

    def mark(self) -> Optional[Mark]:
        """Return the mark so far; None when all of it lies outside the picture."""
        if not self.is_drag:
            return Click(self._path[0], self._keeps) if self._holds(self._path[0]) else None
        if self._draws_box:
            box = self._box(self._path[0], self._path[-1])
            return None if box is None else Frame(box)
        path = tuple(place for place in self._path if self._holds(place))
        return Stroke(path, self._keeps) if path else None

    def _holds(self, place: Place) -> bool:
        return 0 <= place[0] < self._size[0] and 0 <= place[1] < self._size[1]

    def _box(self, one: Place, other: Place) -> Optional[Box]:
        """Return the pixels that a box between two corners touches, within the picture."""
        edges = []
        for first, second, most in zip(one, other, self._size):
            low, high = sorted((first, second))
            if high <= 0 or low >= most:
                return None
            low, high = max(0, math.floor(low)), min(most, math.ceil(high))
            edges.append((low, max(1, high - low)))
        (left, width), (top, height) = edges
        return Box(left, top, width, height)
