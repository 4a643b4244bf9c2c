"""`layerpeel train`: networks of our own, from a folder of cut-outs and backgrounds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerpeel.backend.cli.scorer_training import pointing, subject, things
from layerpeel.backend.cli.training_run import (
    CHECKED_ON,
    ArtOption,
    IterationsOption,
    OutOption,
    RecipeOption,
    ResumeOption,
    StartOption,
    installed,
    progress_shown,
    require_torch,
)

if TYPE_CHECKING:
    from layerpeel.backend.composites.composite import Composite
    from layerpeel.backend.networks.fbdd_folder import LayerName
    from layerpeel.backend.training.opened_art import OpenedArt
    from layerpeel.backend.training.recipe import Recipe, TrainingRecipe
    from layerpeel.backend.training.trainer import Task

app = typer.Typer(
    help="Train the paper's networks and small ones of our own. It takes the full install.",
    no_args_is_help=True,
)
for scorer in (subject, pointing, things):
    app.command()(scorer)


class TrainedLayer(StrEnum):
    """Which network of a pair to train."""

    BOTH = "both"
    FOREGROUND = "foreground"
    BACKGROUND = "background"


_Layer = Annotated[TrainedLayer, typer.Option(help="Train only one, say on a GPU of its own.")]


@app.callback()
def train() -> None:
    """Train the paper's networks and small ones of our own. It takes the full install."""


@app.command()
def matting(
    art: ArtOption,
    out: OutOption,
    recipe: RecipeOption = None,
    start: StartOption = None,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the network that finds alpha and both colours in the band of a trimap.

    A tenth of the pictures is kept back, and the network checked on it as it learns.
    """
    require_torch()
    from layerpeel.backend.training.matting_task import MattingTask

    _train_matting(MattingTask, recipe, "small-matting", art, out, start, resume, iterations)


@app.command()
def known_background(
    art: ArtOption,
    out: OutOption,
    recipe: RecipeOption = None,
    start: StartOption = None,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the network that finds alpha and colour of what was painted over a known background.

    A tenth of the pictures is kept back, and the network checked on it as it learns.
    """
    require_torch()
    from layerpeel.backend.training.known_background_task import KnownBackgroundTask

    _train_matting(
        KnownBackgroundTask,
        recipe,
        "small-known-background",
        art,
        out,
        start,
        resume,
        iterations,
    )


@app.command()
def hfa(
    art: ArtOption,
    out: OutOption,
    recipe: Annotated[
        Path | None,
        typer.Option(help="A TOML file, or small-hfa (unless given) or paper-hfa."),
    ] = None,
    fbdd: Annotated[
        Path | None,
        typer.Option(
            help="FBDD that paints the decoded layers, for recipes that have them by it; the "
            "installed model unless given."
        ),
    ] = None,
    layer: _Layer = TrainedLayer.BOTH,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train FAN and BAN, which bring fine detail back (the paper's HFA).

    A tenth of the pictures is kept back, and the networks checked on it as they learn.
    """
    require_torch()
    from layerpeel.backend.training.hfa_task import HfaTask, save_trained_hfa
    from layerpeel.backend.training.layer_runs import trained_weights
    from layerpeel.backend.training.painting import painting_fbdd
    from layerpeel.backend.training.recipe import read_hfa_recipe, recipe_file

    followed = read_hfa_recipe(recipe_file(recipe, "small-hfa"))
    painter = None
    if fbdd is not None or followed.decoded.by == "fbdd":
        painter = painting_fbdd(fbdd or installed("fbdd"))

    def task_of(layer: "LayerName", learned: "OpenedArt", checked: "OpenedArt") -> "Task":
        return HfaTask(layer, followed, learned, checked, painter)

    _train_layers(task_of, followed, art, out, layer, resume, iterations)
    weights = trained_weights(out)
    if weights is not None:
        save_trained_hfa(followed, *weights, out / "hfa")
    _say_what_next(out / "hfa", weights is not None)


@app.command()
def fbdd(
    art: ArtOption,
    out: OutOption,
    start: Annotated[
        Path | None,
        typer.Option(
            help="Stable Diffusion 2 inpainting as the hub has it, or an FBDD to train on; the "
            "installed model sd2-inpainting unless given."
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(help="A TOML file, or paper-fbdd (unless given) or small-fbdd."),
    ] = None,
    layer: _Layer = TrainedLayer.BOTH,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the two diffusion UNets that split foreground and background (the paper's FBDD).

    A tenth of the pictures is kept back, and the networks checked on it as they learn.
    """
    require_torch()
    from layerpeel.backend.training.fbdd_task import FbddTask, save_trained_fbdd, starting_fbdd
    from layerpeel.backend.training.layer_runs import trained_weights
    from layerpeel.backend.training.recipe import read_fbdd_recipe, recipe_file

    followed = read_fbdd_recipe(recipe_file(recipe, "paper-fbdd"))
    begun_with = starting_fbdd(start or installed("sd2-inpainting"), followed)

    def task_of(layer: "LayerName", learned: "OpenedArt", checked: "OpenedArt") -> "Task":
        return FbddTask(layer, followed, learned, checked, begun_with)

    _train_layers(task_of, followed, art, out, layer, resume, iterations)
    weights = trained_weights(out)
    if weights is not None:
        save_trained_fbdd(followed, begun_with, *weights, out / "fbdd")
    _say_what_next(out / "fbdd", weights is not None)


def _train_matting(
    task: "Callable[[Recipe, OpenedArt, Sequence[Composite]], Task]",
    recipe: Path | None,
    shipped: str,
    art: Path,
    out: Path,
    start: Path | None,
    resume: bool,
    iterations: int | None,
) -> None:
    """Open the pictures, and train on pieces of composites; recipe: `shipped` unless given."""
    from layerpeel.backend.training.comparison import composites_to_check_on
    from layerpeel.backend.training.opened_art import OpenedArt, art_to_check_on, art_to_learn_from
    from layerpeel.backend.training.recipe import read_recipe, recipe_file
    from layerpeel.backend.training.trainer import check_run_folder, train

    followed = read_recipe(recipe_file(recipe, shipped))
    if iterations is not None:
        followed = replace(followed, training=replace(followed.training, iterations=iterations))
    to_learn_from = art_to_learn_from(art)
    check_run_folder(out, resume)
    composites = composites_to_check_on(art_to_check_on(art), CHECKED_ON)
    with progress_shown() as say:
        opened = OpenedArt(to_learn_from, followed.run.cache_megabytes * 1_000_000, say)
        for name, why in to_learn_from.unusable.items():
            typer.echo(f"Left out: {name} {why}.", err=True)
        weights = train(task(followed, opened, composites), followed, out, say, resume, start)
    typer.echo(f"The weights: {weights}")


def _train_layers(
    task_of: "Callable[[LayerName, OpenedArt, OpenedArt], Task]",
    recipe: "TrainingRecipe",
    art: Path,
    out: Path,
    layer: TrainedLayer,
    resume: bool,
    iterations: int | None,
) -> None:
    """Open the pictures and train what was asked for; out: gets a folder for each layer."""
    from layerpeel.backend.training.layer_runs import LAYERS, check_run_folders, train_layers
    from layerpeel.backend.training.opened_art import OpenedArt, art_to_check_on, art_to_learn_from

    if iterations is not None:
        recipe = replace(recipe, training=replace(recipe.training, iterations=iterations))
    to_learn_from, to_check_on = art_to_learn_from(art), art_to_check_on(art)
    layers = [each for each in LAYERS if layer in (TrainedLayer.BOTH, each)]
    check_run_folders(out, layers, resume)
    with progress_shown() as say:
        learned = OpenedArt(to_learn_from, recipe.run.cache_megabytes * 1_000_000, say)
        # Few of these pictures are used, each once.
        checked = OpenedArt(to_check_on, 0, say)
        for name, why in {**to_learn_from.unusable, **to_check_on.unusable}.items():
            typer.echo(f"Left out: {name} {why}.", err=True)
        train_layers(lambda each: task_of(each, learned, checked), recipe, out, layers, say, resume)


def _say_what_next(folder: Path, is_there: bool) -> None:
    if is_there:
        typer.echo(f"The model: {folder}. Install it by `layerpeel models import {folder}`.")
    else:
        typer.echo(
            f"{folder} is made when the other layer has been trained too, into {folder.parent}."
        )
