"""Training any network of ours: what `Task` says is learned, as a recipe says how.

A run can be killed at any time and goes on from its last checkpoint to the same weights, bit for
bit on the same machine.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.errors import LayerpeelError, OutputError
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.training.recipe import TrainingRecipe
from layerpeel.backend.training.run_log import RunLog
from layerpeel.backend.training.training_checkpoint import (
    CHECKPOINT,
    WEIGHTS,
    Training,
    fill_with,
    load_checkpoint,
    save_checkpoint,
)


class Task(Protocol):
    """What a network learns, and from what."""

    name: str

    def network(self) -> nn.Module:
        """Make the network, untrained; torch's random numbers are seeded."""
        ...

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers, the same for the same number, on a device."""
        ...

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the losses on samples, each a mean over them; what is learned is to lower their sum.

        A batch may come in parts, one after the other.
        """
        ...

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on pictures that are not learned from, and draw some of them into a file."""
        ...


def train(
    task: Task,
    recipe: TrainingRecipe,
    folder: Path,
    report: ReportProgress,
    resume: bool = False,
    start: Path | None = None,
) -> Path:
    """Train to the recipe's last iteration; gives the file with the averaged weights.

    folder: for checkpoint, weights, log and sheets; made where it is missing.
    resume: go on from the checkpoint in there.
    start: weights of an earlier training of the same network, to begin with instead of random ones.
    report: called after every iteration. Raising from it ends the run, and what came after the last
        checkpoint is lost.

    Raises OutputError when there is a checkpoint and `resume` is not set, or the folder cannot be
    written into; BadInputError as `load_checkpoint` and the task do, and BadInputError and
    ModelError as `fill_with` does; LayerpeelError when the network diverges: the last checkpoint
    then is the last good state.
    """
    check_run_folder(folder, resume)
    settings, run = recipe.training, recipe.run
    torch.manual_seed(settings.seed)
    device = compute_on().device
    # Two steps, as the types of torch do not know both in one. Channels last is faster.
    network = task.network()
    if start is not None and not resume:
        fill_with(network, start)
    network = network.to(device).to(memory_format=torch.channels_last)
    training = Training(network, recipe)
    if resume:
        load_checkpoint(training, task.name, recipe, folder)
    log = RunLog(folder, training.iteration)
    for batch in task.batches(range(training.iteration, settings.iterations), device):
        losses, rate = _learn(task, training, recipe, batch)
        log.write(training.iteration, {**losses, "learning_rate": rate})
        last = training.iteration == settings.iterations
        if last or training.iteration % run.save_every == 0:
            save_checkpoint(training, task.name, recipe, folder)
        if last or training.iteration % run.check_every == 0:
            sheet = folder / f"sheet-{training.iteration:06}.png"
            log.write_check(training.iteration, task.check(training.average.network, sheet))
        total = sum(losses.values())
        words = f"Iteration {training.iteration} of {settings.iterations}, loss {total:.4f}"
        report(words, training.iteration / settings.iterations)
    log.close()
    return folder / WEIGHTS


def check_run_folder(folder: Path, resume: bool) -> None:
    """Make the folder of a run, and make sure that no training in it is overwritten.

    Raises OutputError when it cannot be made, or holds a training and `resume` is not set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}.") from error
    if (folder / CHECKPOINT).exists() and not resume:
        raise OutputError(
            f"There is a training in {folder} already. Go on with it by --resume, or choose "
            "another folder."
        )


def _learn(
    task: Task, training: Training, recipe: TrainingRecipe, batch: dict[str, Tensor]
) -> tuple[dict[str, float], float]:
    """Go one step down the losses; gives them, and the learning rate."""
    settings = recipe.training
    rate = learning_rate(training.iteration, recipe)
    for group in training.optimiser.param_groups:
        group["lr"] = rate
    training.optimiser.zero_grad()
    losses: dict[str, float] = {}
    for part in _parts_of(batch, recipe.run.at_once or settings.batch):
        share = _count_in(part) / settings.batch
        for name, loss in _add_gradients(task, training.network, part, share, recipe).items():
            losses[name] = losses.get(name, 0.0) + loss
    parameters = training.network.parameters()
    norm = nn.utils.clip_grad_norm_(parameters, settings.largest_gradient)
    if not (math.isfinite(sum(losses.values())) and math.isfinite(norm.item())):
        raise LayerpeelError(
            f"The training diverged at iteration {training.iteration + 1}: its loss is no number "
            f"any more. The last checkpoint is from before that; train anew with a lower "
            f"learning_rate than {settings.learning_rate:g}."
        )
    training.optimiser.step()
    training.average.follow(training.network, training.iteration)
    training.iteration += 1
    return losses, rate


def _add_gradients(
    task: Task,
    network: nn.Module,
    part: dict[str, Tensor],
    share: float,
    recipe: TrainingRecipe,
) -> dict[str, float]:
    """Add the gradients of a part of a batch; gives its losses' share of the batch's."""
    device = next(network.parameters()).device
    halved = recipe.training.precision == "bfloat16"
    with torch.autocast(device.type, torch.bfloat16, enabled=halved):
        losses = {name: share * loss for name, loss in task.losses(network, part).items()}
    every = torch.stack(list(losses.values()))
    every.sum().backward()  # type: ignore[no-untyped-call]
    # All at once: asking a GPU for a number takes until it has done all its work.
    return dict(zip(losses, every.tolist(), strict=True))


def _parts_of(batch: dict[str, Tensor], size: int) -> Iterator[dict[str, Tensor]]:
    for begin in range(0, _count_in(batch), size):
        yield {name: planes[begin : begin + size] for name, planes in batch.items()}


def _count_in(batch: dict[str, Tensor]) -> int:
    return len(next(iter(batch.values())))


def learning_rate(iteration: int, recipe: TrainingRecipe) -> float:
    """Rise to the full rate over `warm_up` iterations, then fall to 0 along a cosine."""
    settings = recipe.training
    if iteration < settings.warm_up:
        return settings.learning_rate * (iteration + 1) / settings.warm_up
    done = (iteration - settings.warm_up) / max(settings.iterations - settings.warm_up, 1)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
