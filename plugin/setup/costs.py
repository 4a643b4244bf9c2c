"""What a set-up costs, and whether there is the room for it.

Measured on Linux with Python 3.11, elsewhere about so. Torch for Linux brings NVIDIA's libraries
along, which the other systems do without.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from layerpeel.plugin.setup.environments import scratch_folder, wheels_folder
from layerpeel.shared.places import setup_folder

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
        """How much it takes on the disk in the end."""
        together = _PACKAGES_GB * self.packages + _MODELS_GB * self.models + _NPM_GB * self.npm
        return together + _TORCH_GB * self.torch

    @property
    def peak_gigabytes(self) -> float:
        """How much it takes on the disk while it is set up, beside what is installed already.

        What pip fetches lies there three times at the end of that: in its cache, from which it goes
        on after a break, where it unpacks, and as wheels. These stay until they are installed.
        """
        fetched = (self.megabytes - MODELS_MB * self.models) / 1000
        return max(3 * fetched, fetched + self.gigabytes)


def room_lacking(costs: Costs, is_fetched: bool) -> Optional[float]:
    """Return how many GB a set-up needs where there are not so many; None where there are.

    is_fetched: whether packages are fetched, and not taken from a folder.

    Raises OSError when it cannot be found out.
    """
    needed = costs.peak_gigabytes if is_fetched else costs.gigabytes
    free = shutil.disk_usage(str(setup_folder())).free
    # What an earlier attempt has fetched is used, or goes.
    kept = sum(map(_size_of, (wheels_folder(), scratch_folder())))
    return None if free + kept >= needed * 1e9 else needed


def _size_of(folder: Path) -> int:
    """Add up the sizes of all files in a folder, in bytes."""
    size = 0
    for root, _folders, files in os.walk(str(folder)):
        size += sum(Path(root, name).lstat().st_size for name in files)
    return size
