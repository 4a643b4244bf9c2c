"""A training on disk: one file with everything that resuming it takes.

Samples depend on their index alone, so besides the weights only their EMA and the optimizer's
moments are kept.
"""

import json
from dataclasses import asdict
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.training.known_layers import CompositeSettings
from layerpeel.backend.training.recipe import TrainingRecipe
from layerpeel.backend.training.training_state import TrainingState, trained_parameters

CHECKPOINT, WEIGHTS = "checkpoint.safetensors", "network.safetensors"
_FORMAT = "layerpeel-training-2"
_FIRST_DRAWING = "1"  # of what does not say it, too
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def save_checkpoint(state: TrainingState, task: str, recipe: TrainingRecipe, folder: Path) -> None:
    """Write the checkpoint, and beside it the EMA weights alone: each whole or not at all.

    Raises OutputError when writing fails (disk full); the last checkpoint is then as it was.
    """
    about = {
        "format": _FORMAT,
        "task": task,
        "iteration": str(state.iteration),
        "recipe": json.dumps(asdict(recipe)),
        "drawing": _drawing(recipe),
    }
    weights = {name: tensor.contiguous() for name, tensor in state.ema.weights().items()}
    tensors = {f"ema.{name}": tensor for name, tensor in weights.items()}
    for name, parameter in trained_parameters(state.network):
        tensors[f"network.{name}"] = parameter.detach().contiguous()
        for moment in _MOMENTS:
            kept = state.optimizer.state[parameter][moment]
            tensors[f"{moment}.{name}"] = kept.contiguous()
    _write(folder / CHECKPOINT, tensors, about)
    _write(folder / WEIGHTS, weights, about)


def load_checkpoint(state: TrainingState, task: str, recipe: TrainingRecipe, folder: Path) -> None:
    """Restore a training from its checkpoint.

    Raises BadInputError when there is no checkpoint, or it is of another task or recipe: only the
    number of iterations, and [run], may have changed; or of other pictures. ModelError when it is
    damaged.
    """
    file = folder / CHECKPOINT
    about, tensors = _read(file)
    if about.get("format") != _FORMAT or about.get("task") != task:
        raise BadInputError(
            f"{file} is no checkpoint of “{task}” that this Layerpeel knows: choose another folder."
        )
    differing = _differing(json.loads(about["recipe"]), json.loads(json.dumps(asdict(recipe))))
    if differing:
        raise BadInputError(
            f"{file} was made by another recipe, which differs in {', '.join(differing)}. Go on "
            "with that recipe, or train anew into another folder."
        )
    if about.get("drawing", _FIRST_DRAWING) != _drawing(recipe):
        raise BadInputError(
            f"{file} is of another Layerpeel, which made other pictures of the same art: go on "
            "with that one, or train anew into another folder."
        )
    wanted = {f"network.{name}": each.shape for name, each in trained_parameters(state.network)}
    if wanted != {name: tensors[name].shape for name in tensors if name.startswith("network.")}:
        raise BadInputError(
            f"{file} is of another version of this network, which cannot go on. Train anew into "
            "another folder."
        )
    state.iteration = int(about["iteration"])
    device = next(state.network.parameters()).device
    with torch.no_grad():
        for name, average in state.ema.weights().items():
            average.copy_(tensors[f"ema.{name}"])
        for name, parameter in trained_parameters(state.network):
            parameter.copy_(tensors[f"network.{name}"])
            state.optimizer.state[parameter] = {
                moment: tensors[f"{moment}.{name}"].to("cpu" if moment == "step" else device)
                for moment in _MOMENTS
            }


def read_weights(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read `WEIGHTS` of a run: the EMA weights, and the file's metadata.

    Raises BadInputError when there is no such file, ModelError when it is damaged.
    """
    about, tensors = _read(file)
    return tensors, about


def fill_with(network: nn.Module, file: Path) -> None:
    """Load the weights that a run has saved in `WEIGHTS` into a network.

    Raises as `read_weights` does, and ModelError when they are another network's.
    """
    weights, _ = read_weights(file)
    other = ModelError(
        f"{file} is of another network than the recipe's: give the recipe that it was trained by."
    )
    try:
        differing = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise other from error
    # Weights that are not trained are not saved: the network has them already.
    frozen = {name for name, each in network.named_parameters() if not each.requires_grad}
    if differing.unexpected_keys or set(differing.missing_keys) - frozen:
        raise other


def _drawing(recipe: TrainingRecipe) -> str:
    """Tell samples apart that the same recipe has drawn in other versions."""
    whole = isinstance(getattr(recipe, "samples", None), CompositeSettings)
    return str(CompositeSettings.DRAWING) if whole else _FIRST_DRAWING


def _write(file: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    with new_file(file, force=True) as opened:
        opened.write(safetensors.torch.save(tensors, about))


def _read(file: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not file.is_file():
        raise BadInputError(
            f"There is no {file.name} in {file.parent}: no training has saved anything there yet. "
            "Choose another folder, or begin one there (without --resume)."
        )
    try:
        with safetensors.safe_open(file, "pt") as opened:
            about = opened.metadata() or {}
            return about, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"{file} is damaged ({error}). Train anew into another folder.") from error


def _differing(
    first: dict[str, dict[str, object]], second: dict[str, dict[str, object]]
) -> list[str]:
    """Name the settings that differ, of those that determine the outcome.

    What the first lacks, which came with a later version, shows in the network's weights.
    """
    return [
        f"{section}.{name}"
        for section in second
        if section != "run"
        for name, value in second[section].items()
        if name in first[section] and first[section][name] != value and name != "iterations"
    ]
