"""Training networks that come in pairs, one for each layer: each in a folder of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from layerpeel.backend.networks.fbdd_folder import LayerName
from layerpeel.backend.progress import ReportProgress
from layerpeel.backend.training.recipe import TrainingRecipe
from layerpeel.backend.training.trainer import Task, check_run_folder, train
from layerpeel.backend.training.training_checkpoint import CHECKPOINT, WEIGHTS

LAYERS: tuple[LayerName, ...] = ("foreground", "background")


def check_run_folders(folder: Path, layers: Sequence[LayerName], resume: bool) -> None:
    """Make the folders of the runs; raises as `trainer.check_run_folder` does."""
    for layer in layers:
        check_run_folder(folder / layer, resume)


def train_layers(
    task_of: Callable[[LayerName], Task],
    recipe: TrainingRecipe,
    folder: Path,
    layers: Sequence[LayerName],
    report: ReportProgress,
    resume: bool,
) -> None:
    """Train the networks of these layers, one after the other; raises as `trainer.train` does.

    resume: go on from their checkpoints; one that has none, because its turn had not come, begins.
    """
    begun = [layer for layer in layers if (folder / layer / CHECKPOINT).exists()]
    for layer in layers:
        goes_on = resume and (layer in begun or not begun)
        train(task_of(layer), recipe, folder / layer, _telling(layer, report), goes_on)


def trained_weights(folder: Path) -> tuple[Path, Path] | None:
    """Find the weights of foreground and background; None while one has saved nothing."""
    foreground, background = (folder / layer / WEIGHTS for layer in LAYERS)
    return (foreground, background) if foreground.exists() and background.exists() else None


def _telling(layer: LayerName, report: ReportProgress) -> ReportProgress:
    return lambda words, done: report(f"{layer.capitalize()}: {words}", done)
