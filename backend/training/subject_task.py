"""What the network that decides about parts of the subject learns from and is checked on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from layerpeel.backend.stages.subject.parts import overlap
from layerpeel.backend.training.check_sheet import write_panels
from layerpeel.backend.training.recipe import ScorerRecipe
from layerpeel.backend.training.scorer_task import ScorerTask
from layerpeel.backend.training.subject_samples import KnownSubject, batches_of_parts

PICTURES_ON_SHEET = 12


class SubjectTask(ScorerTask):
    """A `trainer.Task`: which parts are the subject (recipes/small-subject.toml)."""

    name = "subject"

    def __init__(
        self,
        recipe: ScorerRecipe,
        learned: Sequence[KnownSubject],
        checked: Sequence[KnownSubject],
    ) -> None:
        """Learn from some composites, check on others, made of other pictures."""
        super().__init__(recipe, batches_of_parts(learned))
        self._checked = checked

    @torch.no_grad()
    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure the mean intersection over union, and ISNet's; draw some pictures and masks."""
        device = next(network.parameters()).device
        found = [
            network(torch.from_numpy(each.parts.facts).to(device)).cpu().numpy()[each.parts.labels]
            for each in self._checked
        ]
        shown = list(zip(self._checked, found, strict=True))[:PICTURES_ON_SHEET]
        columns = [
            np.stack([each.opinions.picture for each, _ in shown]),
            *(
                np.stack([each.opinions.views[view] for each, _ in shown])[:, None]
                for view in (0, 1, 2)
            ),
            np.stack([mask for _, mask in shown])[:, None],
            np.stack([each.truth for each, _ in shown])[:, None],
        ]
        write_panels([torch.from_numpy(column) for column in columns], sheet)
        ours = [overlap(mask, each.truth) for each, mask in zip(self._checked, found, strict=True)]
        isnet = [overlap(each.opinions.views[0], each.truth) for each in self._checked]
        return {"iou": float(np.mean(ours)), "isnet_iou": float(np.mean(isnet))}
