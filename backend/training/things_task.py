"""What the network that tells whole things from other answers learns from and is checked on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.training.pointing_samples import KnownAnswers, batches_of_answers
from layerpeel.backend.training.recipe import ScorerRecipe
from layerpeel.backend.training.scorer_task import ScorerTask

# An answer is no thing up to this overlap (IoU), a thing from the other on, and between them the
# more the larger.
NO_THING, WHOLE_THING = 0.45, 0.85
# What is met is counted from here on, as the evaluation does.
MET = 0.75


class ThingsTask(ScorerTask):
    """A `trainer.Task`: which answers are whole things (recipes/small-things.toml)."""

    name = "things"

    def __init__(
        self,
        recipe: ScorerRecipe,
        learned: Sequence[KnownAnswers],
        checked: Sequence[KnownAnswers],
    ) -> None:
        """Learn from some scenes, check on others, made of other pictures."""
        scored = [replace(each, overlaps=_wholeness(each.overlaps)) for each in learned]
        super().__init__(recipe, batches_of_answers(scored))
        self._checked = checked

    @torch.no_grad()
    def check(self, network: nn.Module, _sheet: Path) -> dict[str, float]:
        """Measure how well answers that meet a thing are told from others (average precision)."""
        device = next(network.parameters()).device
        facts = np.concatenate([each.facts for each in self._checked])
        met = np.concatenate([each.overlaps for each in self._checked]) >= MET
        scores = network(torch.from_numpy(facts).to(device)).cpu().numpy()
        return {"precision": _average_precision(scores, met)}


def _wholeness(overlaps: Float32) -> Float32:
    share = (overlaps - NO_THING) / (WHOLE_THING - NO_THING)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def _average_precision(scores: Float32, right: Bool) -> float:
    ordered = right[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].mean()) if ordered.any() else 0.0
