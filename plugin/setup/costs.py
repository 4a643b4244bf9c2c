"""What a set-up costs: measured on Linux with Python 3.11, elsewhere about so."""

from dataclasses import dataclass

PACKAGES_MB = 235
MODELS_MB = 150  # as their npm packages travel
NPM_MB = 61

# On the disk, in the end.
_PACKAGES_GB = 0.9
_MODELS_GB = 0.13
_NPM_GB = 0.2


@dataclass(frozen=True)
class Costs:
    """What is to be fetched."""

    packages: bool
    models: bool
    npm: bool

    @property
    def megabytes(self) -> int:
        """How much travels."""
        return PACKAGES_MB * self.packages + MODELS_MB * self.models + NPM_MB * self.npm

    @property
    def gigabytes(self) -> float:
        """How much it takes on the disk."""
        return _PACKAGES_GB * self.packages + _MODELS_GB * self.models + _NPM_GB * self.npm
