"""What the network that chooses among answers learns from and is checked on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from layerpeel.backend.training.pointing_samples import KnownAnswers, batches_of_answers
from layerpeel.backend.training.recipe import ScorerRecipe
from layerpeel.backend.training.scorer_task import ScorerTask


class PointingTask(ScorerTask):
    """A `trainer.Task`: which answer is meant (recipes/small-pointing.toml)."""

    name = "pointing"

    def __init__(
        self,
        recipe: ScorerRecipe,
        learned: Sequence[KnownAnswers],
        checked: Sequence[KnownAnswers],
    ) -> None:
        """Learn from some scenes, check on others, made of other pictures."""
        super().__init__(recipe, batches_of_answers(learned))
        self._checked = checked

    @torch.no_grad()
    def check(self, network: nn.Module, _sheet: Path) -> dict[str, float]:
        """Measure the overlap (IoU) of what is chosen, of the first answer, and of the best."""
        device = next(network.parameters()).device
        chosen = [
            int(network(torch.from_numpy(each.facts).to(device)).argmax()) for each in self._checked
        ]
        overlaps = [each.overlaps for each in self._checked]
        return {
            "iou": float(np.mean([each[k] for each, k in zip(overlaps, chosen, strict=True)])),
            "first_iou": float(np.mean([each[0] for each in overlaps])),
            "best_iou": float(np.mean([each.max() for each in overlaps])),
        }
