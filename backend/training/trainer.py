"""The training loop of all our networks: a `Task` defines what is learned, a recipe how.

A run can be killed at any time and resumes from its last checkpoint to the same weights, bit for
bit on the same machine.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.errors import LayerpeelError, OutputError, reason_of
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.training.recipe import TrainingRecipe
from layerpeel.backend.training.run_log import RunLog
from layerpeel.backend.training.training_checkpoint import (
    CHECKPOINT,
    WEIGHTS,
    fill_with,
    load_checkpoint,
    save_checkpoint,
)
from layerpeel.backend.training.training_state import TrainingState


class Task(Protocol):
    """What a network learns, and from what."""

    name: str

    def network(self) -> nn.Module:
        """Make the untrained network; torch's random numbers are seeded."""
        ...

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Make the batches of these numbers on a device; the same number gives the same batch."""
        ...

    def losses(self, network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute the losses, each a mean over the samples; training minimises their sum.

        A batch may come in micro-batches, one after the other.
        """
        ...

    def check(self, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Measure on held-out pictures, and draw some of them into a file."""
        ...


def train(
    task: Task,
    recipe: TrainingRecipe,
    folder: Path,
    report: ReportProgress,
    resume: bool = False,
    start: Path | None = None,
) -> Path:
    """Train to the recipe's last iteration, and return the file with the EMA weights.

    folder: for checkpoint, weights, log and sheets; made when missing.
    resume: go on from the checkpoint in there.
    start: weights of an earlier training of the same network, to begin with instead of random ones.
    report: called after every iteration. Raising from it ends the run; what came after the last
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
    state = TrainingState(network, recipe)
    if resume:
        load_checkpoint(state, task.name, recipe, folder)
    log = RunLog(folder, state.iteration)
    for batch in task.batches(range(state.iteration, settings.iterations), device):
        losses, rate = _training_step(task, state, recipe, batch)
        log.write(state.iteration, {**losses, "learning_rate": rate})
        last = state.iteration == settings.iterations
        if last or state.iteration % run.save_every == 0:
            save_checkpoint(state, task.name, recipe, folder)
        if last or state.iteration % run.check_every == 0:
            sheet = folder / f"sheet-{state.iteration:06}.png"
            log.write_check(state.iteration, task.check(state.ema.network, sheet))
        total = sum(losses.values())
        words = f"Iteration {state.iteration} of {settings.iterations}, loss {total:.4f}"
        report(words, state.iteration / settings.iterations)
    log.close()
    return folder / WEIGHTS


def check_run_folder(folder: Path, resume: bool) -> None:
    """Make the folder of a run, and refuse to overwrite a training in it.

    Raises OutputError when it cannot be made, or holds a training and `resume` is not set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {reason_of(error)}.") from error
    if (folder / CHECKPOINT).exists() and not resume:
        raise OutputError(
            f"There is a training in {folder} already. Go on with it by --resume, or choose "
            "another folder."
        )


def _training_step(
    task: Task, state: TrainingState, recipe: TrainingRecipe, batch: dict[str, Tensor]
) -> tuple[dict[str, float], float]:
    """Take one step of the optimizer; return the losses and the learning rate."""
    settings = recipe.training
    rate = learning_rate(state.iteration, recipe)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.zero_grad()
    losses: dict[str, float] = {}
    for part in _micro_batches(batch, recipe.run.micro_batch_size or settings.batch_size):
        share = _count_in(part) / settings.batch_size
        for name, loss in _accumulate_gradients(task, state.network, part, share, recipe).items():
            losses[name] = losses.get(name, 0.0) + loss
    parameters = state.network.parameters()
    norm = nn.utils.clip_grad_norm_(parameters, settings.max_grad_norm)
    if not (math.isfinite(sum(losses.values())) and math.isfinite(norm.item())):
        raise LayerpeelError(
            f"The training diverged at iteration {state.iteration + 1}: its loss is no longer "
            f"finite. The last checkpoint is from before that; train again with a lower "
            f"learning_rate than {settings.learning_rate:g}."
        )
    state.optimizer.step()
    state.ema.update(state.network, state.iteration)
    state.iteration += 1
    return losses, rate


def _accumulate_gradients(
    task: Task,
    network: nn.Module,
    part: dict[str, Tensor],
    share: float,
    recipe: TrainingRecipe,
) -> dict[str, float]:
    """Accumulate the gradients of a micro-batch; return its share of the batch's losses."""
    device = next(network.parameters()).device
    halved = recipe.training.precision == "bfloat16"
    with torch.autocast(device.type, torch.bfloat16, enabled=halved):
        losses = {name: share * loss for name, loss in task.losses(network, part).items()}
    every = torch.stack(list(losses.values()))
    every.sum().backward()  # type: ignore[no-untyped-call]
    # All at once: asking a GPU for a number takes until it has done all its work.
    return dict(zip(losses, every.tolist(), strict=True))


def _micro_batches(batch: dict[str, Tensor], size: int) -> Iterator[dict[str, Tensor]]:
    for begin in range(0, _count_in(batch), size):
        yield {name: planes[begin : begin + size] for name, planes in batch.items()}


def _count_in(batch: dict[str, Tensor]) -> int:
    return len(next(iter(batch.values())))


def learning_rate(iteration: int, recipe: TrainingRecipe) -> float:
    """Rise to the full rate over `warmup_steps` iterations, then fall to 0 along a cosine."""
    settings = recipe.training
    if iteration < settings.warmup_steps:
        return settings.learning_rate * (iteration + 1) / settings.warmup_steps
    done = (iteration - settings.warmup_steps) / max(settings.iterations - settings.warmup_steps, 1)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
