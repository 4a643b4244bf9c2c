"""What a set-up costs: measured on Linux with Python 3.11, elsewhere about so.

Torch for Linux brings NVIDIA's libraries along, which the other systems do without.
"""

import sys
from dataclasses import dataclass

PACKAGES_MB = 235
MODELS_MB = 150  # as their npm packages travel
NPM_MB = 61
TORCH_MB = 3060 if sys.platform.startswith("linux") else 190

# On the disk, in the end.
_PACKAGES_GB = 0.9
_MODELS_GB = 0.13
_NPM_GB = 0.2
_TORCH_GB = 5.6 if sys.platform.startswith("linux") else 1.0


@dataclass(frozen=True)
class Costs:
    """What is to be fetched."""

    packages: bool
    models: bool
    npm: bool
    torch: bool = False

    @property
    def megabytes(self) -> int:
        """How much travels."""
        together = PACKAGES_MB * self.packages + MODELS_MB * self.models + NPM_MB * self.npm
        return together + TORCH_MB * self.torch

    @property
    def gigabytes(self) -> float:
        """How much it takes on the disk."""
        together = _PACKAGES_GB * self.packages + _MODELS_GB * self.models + _NPM_GB * self.npm
        return together + _TORCH_GB * self.torch
