"""FID and KID of the backgrounds against the true ones: the paper's Table 1, on our composites.

Heusel et al. 2017 and Bińkowski et al. 2018, by torchmetrics. For a few dozen pictures FID means
little: it is biased upwards, more so the fewer there are. KID is unbiased, but noisy.
"""

from collections import Counter, defaultdict

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import (
    batch_of,
    device,
    missing_checkpoint,
    missing_packages,
)
from layerpeel.backend.separation import Separation

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"

# KID averages over random subsets of this many pictures, or of half of them if there are fewer.
MOST_DRAWN = 50


class Distributions:
    """See `NetworkFigure`."""

    title = "FID, KID"

    def lacks(self, _captions: Captions) -> str | None:
        """Look for packages, then for Inception's weights."""
        packages = missing_packages("torch", "torchmetrics", "torch_fidelity")
        return packages or missing_checkpoint(WEIGHTS)

    def meter(self, _captions: Captions) -> Meter:
        """Return a meter that loads Inception for each method at its first picture."""
        return DistributionsMeter()


class DistributionsMeter:
    """See `Meter`: B_fid and B_kid of each method."""

    def __init__(self) -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.kid import KernelInceptionDistance

        Pair = tuple[FrechetInceptionDistance, KernelInceptionDistance]  # noqa: N806  (a type)

        def loaded() -> Pair:
            return (
                FrechetInceptionDistance(normalize=True).to(device()),
                KernelInceptionDistance(normalize=True).to(device()),
            )

        self._distances: defaultdict[str, Pair] = defaultdict(loaded)
        self._counts: Counter[str] = Counter()

    def add(self, method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Add a background and the true one; the figures come with `totals`."""
        for distance in self._distances[method]:
            distance.update(batch_of(composite.background), real=True)
            distance.update(batch_of(separation.background), real=False)
        self._counts[method] += 1
        return {}

    def totals(self, method: str) -> dict[str, float]:
        """Compare all backgrounds with all true ones; no figures for fewer than two."""
        import torch

        drawn = min(MOST_DRAWN, self._counts[method] // 2)
        if drawn < 1:
            return {}
        frechet, kernel = self._distances[method]
        kernel.subset_size = drawn
        torch.manual_seed(0)
        mean, _deviation = kernel.compute()
        return {"B_fid": float(frechet.compute()), "B_kid": float(mean)}
