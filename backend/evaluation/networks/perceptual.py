"""LPIPS of both layers, as in the paper's Table 4.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, by
torchmetrics (AlexNet), × 100. The foreground is composited over black by the true alpha, so that
it is weighted as in F_mad.
"""

from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.network_figure import Captions, Meter
from layerpeel.backend.evaluation.networks.parts import (
    batch_of,
    device,
    missing_checkpoint,
    missing_packages,
    other_weights,
    painted,
)
from layerpeel.backend.separation import Separation

WEIGHTS = "alexnet-owt-7be5be79.pth"


class Perceptual:
    """See `NetworkFigure`."""

    title = "LPIPS"

    def lacks(self, _captions: Captions) -> str | None:
        """Look for packages, then for AlexNet's weights."""
        packages = missing_packages("torch", "torchvision", "torchmetrics")
        return packages or missing_checkpoint(WEIGHTS)

    def doubt(self) -> str | None:
        """Look whether AlexNet's weights are the published ones."""
        return other_weights(WEIGHTS)

    def meter(self, _captions: Captions) -> Meter:
        """Load AlexNet."""
        return PerceptualMeter()


class PerceptualMeter:
    """See `Meter`: F_lpips and B_lpips of each picture."""

    def __init__(self) -> None:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        self._distance = LearnedPerceptualImagePatchSimilarity("alex", normalize=True).to(device())

    def add(self, _method: str, composite: Composite, separation: Separation) -> dict[str, float]:
        """Compare each layer with the true one."""
        pairs = {
            "F_lpips": (
                painted(composite.alpha, separation.foreground),
                painted(composite.alpha, composite.foreground),
            ),
            "B_lpips": (separation.background, composite.background),
        }
        return {
            name: float(self._distance(batch_of(ours), batch_of(true))) * 100
            for name, (ours, true) in pairs.items()
        }

    def totals(self, _method: str) -> dict[str, float]:
        """Return nothing: every figure is of one picture."""
        return {}
