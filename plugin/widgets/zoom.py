"""Where a picture lies in the widget that shows it."""

from dataclasses import dataclass
from typing import Tuple

Size = Tuple[int, int]

MOST_SCALE = 32.0  # a picture's pixel is so many of the screen's


@dataclass(frozen=True)
class Zoom:
    """scale: pixels of the widget for one of the picture. left, top: the picture's corner there."""

    scale: float
    left: float
    top: float

    def to_picture(self, x: float, y: float) -> Tuple[float, float]:
        """Return the place in the picture that is shown at a place of the widget."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def to_widget(self, x: float, y: float) -> Tuple[float, float]:
        """Return where a place in the picture is shown."""
        return x * self.scale + self.left, y * self.scale + self.top


def fitted(picture: Size, room: Size) -> Zoom:
    """Show the whole picture, in the middle."""
    scale = min(room[0] / picture[0], room[1] / picture[1])
    return _settled(min(scale, MOST_SCALE), 0.0, 0.0, picture, room)


def zoomed(zoom: Zoom, factor: float, at: Tuple[float, float], picture: Size, room: Size) -> Zoom:
    """Zoom so that the place of the picture under `at` stays there; at least all of it is shown."""
    least = fitted(picture, room).scale
    scale = max(least, min(MOST_SCALE, zoom.scale * factor))
    x, y = zoom.to_picture(*at)
    return _settled(scale, at[0] - x * scale, at[1] - y * scale, picture, room)


def panned(zoom: Zoom, right: float, down: float, picture: Size, room: Size) -> Zoom:
    """Move the picture, as far as it reaches beyond the widget."""
    return _settled(zoom.scale, zoom.left + right, zoom.top + down, picture, room)


def _settled(scale: float, left: float, top: float, picture: Size, room: Size) -> Zoom:
    """Centre what is smaller than the widget; let no gap open beside what is larger."""
    corner = []
    for start, length, space in zip((left, top), picture, room):
        spare = space - length * scale
        corner.append(spare / 2 if spare >= 0 else min(0.0, max(spare, start)))
    return Zoom(scale, corner[0], corner[1])
