"""FID and KID between two sets of pictures: the paper's Table 1.

Heusel et al. 2017 and Bińkowski et al. 2018, by torchmetrics. For a few dozen pictures FID means
little: it is biased upwards, more so the fewer there are. KID is unbiased, but noisy.
"""

import warnings
from collections import defaultdict
from typing import TYPE_CHECKING

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import (
    batch_of,
    device,
    missing_checkpoint,
    missing_packages,
    other_weights,
)
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation

if TYPE_CHECKING:
    import torch

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"

# Which of Inception's features are compared: those of its last pooling, as everywhere.
FEATURES = 2048

# KID averages over random subsets of this many pictures, or of half of them if there are fewer.
MOST_DRAWN = 50
LEAST = 4


class Distributions:
    """See `NetworkFigure`."""

    title = "FID, KID"

    def lacks(self, _captions: Captions) -> str | None:
        """Look for packages, then for Inception's weights."""
        packages = missing_packages("torch", "torchmetrics", "torch_fidelity")
        return packages or missing_checkpoint(WEIGHTS)

    def doubt(self) -> str | None:
        """Look whether Inception's weights are the published ones."""
        return other_weights(WEIGHTS)

    def meter(self, _captions: Captions) -> Meter:
        """Load Inception."""
        return DistributionsMeter()


class Distance:
    """FID and KID between pictures that are true and those that were made.

    inception: as `load_inception` gives it; one serves any number of these.
    """

    def __init__(self, inception: "torch.nn.Module") -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.kid import KernelInceptionDistance

        self._inception = inception
        passing = _passing()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # That it keeps features in memory is known.
            self._distances = (
                FrechetInceptionDistance(passing).to(device()),
                KernelInceptionDistance(passing).to(device()),
            )
        self._counts = {True: 0, False: 0}

    def add(self, picture: Float32, true: bool) -> None:
        """Add a picture, H×W×3 (RGB, 0–1)."""
        features = self._inception((batch_of(picture) * 255).round().byte())
        for distance in self._distances:
            distance.update(features, real=true)
        self._counts[true] += 1

    def figures(self) -> dict[str, float]:
        """Return `fid` and `kid`; nothing for fewer than `LEAST` of each."""
        import torch

        fewest = min(self._counts.values())
        if fewest < LEAST:
            return {}
        frechet, kernel = self._distances
        kernel.subset_size = min(MOST_DRAWN, fewest // 2)
        torch.manual_seed(0)
        mean, _deviation = kernel.compute()
        return {"fid": float(frechet.compute()), "kid": float(mean)}


def load_inception() -> "torch.nn.Module":
    """Load Inception v3 as FID has it; it takes bytes, and gives `FEATURES` numbers a picture."""
    import torch
    from torchmetrics.image.fid import NoTrainInceptionV3

    network: torch.nn.Module = NoTrainInceptionV3("inception-v3-compat", [str(FEATURES)])
    return network.to(device())


def _passing() -> "torch.nn.Module":
    """Make a network that answers what it is asked: both distances share features found once."""
    import torch

    class Passing(torch.nn.Identity):
        num_features = FEATURES  # torchmetrics asks for it.

    return Passing()


class DistributionsMeter:
    """See `Meter`: B_fid and B_kid of each method, against the true backgrounds."""

    def __init__(self) -> None:
        inception = load_inception()
        self._distances = defaultdict[str, Distance](lambda: Distance(inception))

    def add(self, method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Add a background and the true one; the figures come with `totals`."""
        self._distances[method].add(composite.background, true=True)
        self._distances[method].add(separation.background, true=False)
        return {}

    def totals(self, method: str) -> dict[str, float]:
        """Compare all backgrounds with all true ones; no figures for fewer than `LEAST`."""
        return {f"B_{name}": value for name, value in self._distances[method].figures().items()}
