"""What all commands of `layerpeel train` have in common."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from layerpeel.backend.errors import ModelError
from layerpeel.backend.progress import ReportProgress

RecipeOption = Annotated[
    Path | None, typer.Option(help="A TOML file instead of the one that is shipped for this.")
]
ArtOption = Annotated[Path, typer.Option(help="Holds cut-outs in fg, backgrounds in bg.")]
OutOption = Annotated[
    Path, typer.Option(help="Folder for a run of each layer, and for what both make together.")
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from the checkpoints in the folder.")
]
IterationsOption = Annotated[
    int | None, typer.Option(min=1, help="How many iterations, instead of the recipe's.")
]
StartOption = Annotated[
    Path | None,
    typer.Option(
        help="Weights (network.safetensors) of an earlier training, to begin with instead of "
        "random ones."
    ),
]

CHECKED_ON = 16
"""Pictures that small networks are checked on as they learn."""

# Seconds between lines where there is no terminal for a progress bar.
_SECONDS_BETWEEN_LINES = 60


def require_torch() -> None:
    """Raise ModelError where the full install is missing."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ModelError(
            "Training needs the full install: run `pip install 'layerpeel[full]'` (some 6 GB)."
        ) from error


def installed(model_id: str) -> Path:
    """Find a model that a training needs; raises ModelError where it is not installed."""
    from layerpeel.backend.models.model_store import ModelStore

    return ModelStore().path_of(model_id)


@contextmanager
def progress_shown() -> Iterator[ReportProgress]:
    """Show a progress bar on a terminal, or a line from time to time elsewhere."""
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    next_line = time.monotonic()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("Loading", total=1.0)

        def say(words: str, done: float) -> None:
            nonlocal next_line
            bar.update(task, description=words, completed=done)
            if not console.is_terminal and time.monotonic() >= next_line:
                typer.echo(words, err=True)
                next_line = time.monotonic() + _SECONDS_BETWEEN_LINES

        yield say
