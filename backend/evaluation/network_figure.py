"""A figure computed by a network, as the evaluation sees it."""

from collections.abc import Mapping
from typing import Protocol

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.separation import Separation

Captions = Mapping[str, str]
"""Captions of the art's pictures by file (`fg/name.png`)."""


class Meter(Protocol):
    """Measures; it is given every separation once."""

    def add(self, method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Take a separation in, and return the figures of this one picture by name."""

    def totals(self, method: str) -> dict[str, float]:
        """Return the figures of a method over all pictures together."""


class NetworkFigure(Protocol):
    """A figure that can be computed only where its network is installed."""

    @property
    def title(self) -> str:
        """Name in tables."""

    def lacks(self, captions: Captions) -> str | None:
        """Return in one line what is missing here, None when it can be measured."""

    def doubt(self) -> str | None:
        """Return in one line why its figures mean nothing here, None where they do."""

    def meter(self, captions: Captions) -> Meter:
        """Load the network. Call it only when nothing is lacking."""
