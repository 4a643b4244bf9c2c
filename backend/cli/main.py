"""The command `layerpeel`: its subcommands, and how errors are shown."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from layerpeel.backend.cli import models_command
from layerpeel.backend.errors import LayerpeelError, StoppedError
from layerpeel.shared.version import VERSION

STOPPED = "Stopped. Nothing that is half done was put in place."

app = typer.Typer(
    help="Peel a picture into real layers that, flattened, are the picture.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(models_command.app, name="models")


@app.callback(invoke_without_command=True)
def layerpeel(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Peel a picture into real layers that, flattened, are the picture."""
    if version:
        typer.echo(VERSION)
        raise typer.Exit


def _add_peel() -> None:
    # It loads compiled libraries, which takes a second; the other commands do without them.
    from layerpeel.backend.cli.peel_command import peel

    app.command()(peel)


def _add_serve() -> None:
    from layerpeel.backend.cli.serve_command import register, serve

    app.command()(serve)
    app.command()(register)


def _add_generate() -> None:
    from layerpeel.backend.cli.generate_command import generate

    app.command()(generate)


def _add_scenes() -> None:
    from layerpeel.backend.cli.scene_command import add_background, add_object, scene

    for command in (scene, add_object, add_background):
        app.command()(command)


def _add_train() -> None:
    from layerpeel.backend.cli import train_command

    app.add_typer(train_command.app, name="train")


def _add_eval() -> None:
    from layerpeel.backend.cli.eval_command import evaluate_methods

    app.command("eval")(evaluate_methods)


_ADDED_BY = {
    "peel": _add_peel,
    "serve": _add_serve,
    "register": _add_serve,
    "eval": _add_eval,
    "generate": _add_generate,
    "scene": _add_scenes,
    "add-object": _add_scenes,
    "add-background": _add_scenes,
    "train": _add_train,
}


def run() -> None:
    """Run the command line; an error ends it with one line and an exit code (README)."""
    # Idle threads that spin slow down those that work (docs/decisions.md).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGINT, _leave)
    wanted = sys.argv[1:2]
    if wanted != ["models"]:
        chosen = [_ADDED_BY[word] for word in wanted if word in _ADDED_BY]
        for add in chosen or dict.fromkeys(_ADDED_BY.values()):
            add()
    signal.signal(signal.SIGINT, _stop)
    try:
        app()
    except StoppedError:
        # A peel in compiled code cannot be stopped; it ends with the process.
        _leave()
    except LayerpeelError as error:
        typer.echo(f"layerpeel: {error}", err=True)
        sys.exit(error.exit_code)
    except MemoryError:
        typer.echo(
            "layerpeel: There is not enough memory for this picture. "
            "Close other programs, or scale it down.",
            err=True,
        )
        sys.exit(LayerpeelError.exit_code)


def _leave(_signal: int = signal.SIGINT, _frame: FrameType | None = None) -> None:
    """End at once. While libraries load, an exception would be reported as one of theirs."""
    typer.echo(f"layerpeel: {STOPPED}", err=True)
    sys.stdout.flush()
    os._exit(StoppedError.exit_code)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # An exception of our own: Typer replaces KeyboardInterrupt by its own message.
    raise StoppedError(STOPPED)
