"""What a figure by a network is to the evaluation."""

from collections.abc import Mapping
from typing import Protocol

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.separation import Separation

Captions = Mapping[str, str]
"""What a picture of the art shows, in words, by its file (`fg/name.png`)."""


class Meter(Protocol):
    """Sees every separation once, and measures."""

    def add(self, method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Take a separation in; the figures that this one picture has, by name."""

    def totals(self, method: str) -> dict[str, float]:
        """Give the figures that only all pictures of a method have together."""


class NetworkFigure(Protocol):
    """A figure that may or may not be had on this machine."""

    @property
    def title(self) -> str:
        """What it is called in tables."""

    def lacks(self, captions: Captions) -> str | None:
        """Say in one line what is missing here, None when it can be measured."""

    def meter(self, captions: Captions) -> Meter:
        """Load the network. Only when nothing is lacking."""
