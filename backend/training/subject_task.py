"""What the network that decides about parts of the subject learns from and is checked on."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.part_scorer import PartScorer, PartScorerShape
from layerpeel.backend.stages.subject.parts import FACTS, overlap
from layerpeel.backend.training.check_sheet import write_panels
from layerpeel.backend.training.recipe import PartScorerSettings, SubjectRecipe
from layerpeel.backend.training.subject_samples import KnownSubject, PartBatches
from layerpeel.backend.training.training_checkpoint import read_weights

PICTURES_ON_SHEET = 12


class SubjectTask:
    """A `trainer.Task`: which parts are the subject (recipes/small-subject.toml)."""

    name = "subject"

    def __init__(
        self,
        recipe: SubjectRecipe,
        learned: Sequence[KnownSubject],
        checked: Sequence[KnownSubject],
    ) -> None:
        """Learn from some composites, check on others, made of other pictures."""
        self._recipe = recipe
        self._parts = PartBatches(learned)
        self._checked = checked

    def network(self) -> PartScorer:
        """Make the network that is to be trained."""
        scorer = PartScorer(_shape_of(self._recipe.network))
        scorer.expect(self._parts.facts)
        return scorer

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        settings = self._recipe.training
        return self._parts.batches(numbers, settings.batch_size, settings.seed, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the cross entropy of what each member says."""
        if not isinstance(network, PartScorer):
            raise TypeError(f"{type(network).__name__} does not score parts")
        logits = network.logits(batch["facts"])
        share = batch["share"].expand_as(logits)
        return {"entropy": functional.binary_cross_entropy_with_logits(logits, share)}

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


def load_part_scorer(file: Path) -> PartScorer:
    """Load what a training saved (`training_checkpoint.WEIGHTS`).

    Raises BadInputError when there is no such file, ModelError when it is damaged or of another
    network.
    """
    weights, about = read_weights(file)
    try:
        made = PartScorerSettings(**json.loads(about["recipe"])["network"])
        scorer = PartScorer(_shape_of(made))
        scorer.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError, TypeError) as error:
        raise ModelError(f"{file} holds no network for the subject: {error}.") from error
    return scorer.eval()


def _shape_of(made: PartScorerSettings) -> PartScorerShape:
    first, second = made.widths
    return PartScorerShape(FACTS, (first, second), made.members, made.dropout)
