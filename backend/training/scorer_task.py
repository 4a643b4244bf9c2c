"""What all networks have in common that score things by what is known of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.fact_scorer import FactScorer, FactScorerShape
from layerpeel.backend.training.fact_batches import FactBatches
from layerpeel.backend.training.recipe import FactScorerSettings, ScorerRecipe
from layerpeel.backend.training.training_checkpoint import read_weights


class ScorerTask:
    """All of a `trainer.Task` but its name and its check."""

    def __init__(self, recipe: ScorerRecipe, things: FactBatches) -> None:
        self._recipe = recipe
        self._things = things

    def network(self) -> FactScorer:
        """Make the network that is to be trained."""
        facts = self._things.facts
        scorer = FactScorer(_shape_of(self._recipe.network, facts.shape[1]))
        scorer.expect(facts)
        return scorer

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers."""
        settings = self._recipe.training
        return self._things.batches(numbers, settings.batch_size, settings.seed, device)

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the cross entropy of what each member says."""
        if not isinstance(network, FactScorer):
            raise TypeError(f"{type(network).__name__} does not score by facts")
        logits = network.logits(batch["facts"])
        score = batch["score"].expand_as(logits)
        return {"entropy": functional.binary_cross_entropy_with_logits(logits, score)}


def load_fact_scorer(file: Path) -> FactScorer:
    """Load what a training saved (`training_checkpoint.WEIGHTS`).

    Raises BadInputError when there is no such file, ModelError when it is damaged or of another
    network.
    """
    weights, about = read_weights(file)
    try:
        made = FactScorerSettings(**json.loads(about["recipe"])["network"])
        scorer = FactScorer(_shape_of(made, len(weights["mean"])))
        scorer.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError, TypeError) as error:
        raise ModelError(f"{file} holds no network that scores by facts: {error}.") from error
    return scorer.eval()


def _shape_of(made: FactScorerSettings, facts: int) -> FactScorerShape:
    first, second = made.widths
    return FactScorerShape(facts, (first, second), made.members, made.dropout)
