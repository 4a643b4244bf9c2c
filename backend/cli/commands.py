"""The subcommands of `layerpeel`, and how their errors are shown."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Annotated, get_args, get_type_hints

import typer
from typer.models import ParameterInfo

from layerpeel.backend.cli import models_command
from layerpeel.backend.errors import (
    BadInputError,
    LayerpeelError,
    OutputError,
    StoppedError,
    one_line,
    reason_of,
)
from layerpeel.shared.version import VERSION

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


def _add_adjust() -> None:
    from layerpeel.backend.cli.adjust_command import adjust

    app.command()(adjust)


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


def _add_doctor() -> None:
    from layerpeel.backend.cli.doctor_command import doctor

    app.command()(doctor)


def _add_train() -> None:
    from layerpeel.backend.cli import train_command

    app.add_typer(train_command.app, name="train")


def _add_eval() -> None:
    from layerpeel.backend.cli.eval_command import evaluate_methods

    app.command("eval")(evaluate_methods)


def _add_eval_scenes() -> None:
    from layerpeel.backend.cli.eval_scenes_command import evaluate_scenes

    app.command("eval-scenes")(evaluate_scenes)


_ADDED_BY = {
    "peel": _add_peel,
    "adjust": _add_adjust,
    "serve": _add_serve,
    "register": _add_serve,
    "eval": _add_eval,
    "eval-scenes": _add_eval_scenes,
    "generate": _add_generate,
    "scene": _add_scenes,
    "add-object": _add_scenes,
    "add-background": _add_scenes,
    "train": _add_train,
    "doctor": _add_doctor,
}


# What the command ends with when none of our own errors tells why it failed.
UNFORESEEN_CODE = 10
_UNFORESEEN = (
    "This was not foreseen, and is a fault of Layerpeel: nothing that is half done was put in "
    "place. Please report the lines above."
)

_NO_MEMORY = "There is not enough memory for this picture. Close other programs, or scale it down."


def run_commands(leave: Callable[[], None]) -> None:
    """Run the command that was asked for; an error ends it with one line and an exit code.

    leave: ends the process at once, and says that it was stopped.
    """
    # Idle threads that spin slow down those that work (docs/decisions.md).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    wanted = sys.argv[1:2]
    if wanted != ["models"]:
        chosen = [_ADDED_BY[word] for word in wanted if word in _ADDED_BY]
        for add in chosen or dict.fromkeys(_ADDED_BY.values()):
            add()
    signal.signal(signal.SIGINT, _stop)
    try:
        _run_app()
    except StoppedError:
        # A peel in compiled code cannot be stopped; it ends with the process.
        leave()
    except LayerpeelError as error:
        _end_with(str(error), error.exit_code)
    except OSError as error:
        _end_with(_told(error), _code_of(error))
    except MemoryError:
        _end_with(_NO_MEMORY, LayerpeelError.exit_code)
    except Exception:  # noqa: BLE001  (whatever it is, it is no lack of memory, which ends with 1)
        traceback.print_exc()
        _end_with(_UNFORESEEN, UNFORESEEN_CODE)


def _run_app() -> None:
    _leave_files_to_commands(app)
    try:
        app()
    finally:
        sys.stdout.flush()


def _leave_files_to_commands(group: typer.Typer) -> None:
    """Let commands say which file cannot be read: Typer would call that a mistake in the words."""
    for command in group.registered_commands:
        hints = get_type_hints(command.callback, include_extras=True)
        for said in (each for hint in hints.values() for each in get_args(hint)[1:]):
            if isinstance(said, ParameterInfo):
                said.readable = False
    for each in group.registered_groups:
        if each.typer_instance is not None:
            _leave_files_to_commands(each.typer_instance)


def _told(error: OSError) -> str:
    if error.filename is not None:
        return f"{error.filename} cannot be used: {reason_of(error)}."
    return f"Writing or printing failed: {reason_of(error)}."


def _code_of(error: OSError) -> int:
    return OutputError.exit_code if error.filename is None else BadInputError.exit_code


def _end_with(words: str, exit_code: int) -> None:
    print(f"layerpeel: {one_line(words)}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:
        # Python's own end would try once more to print what cannot be printed.
        os._exit(exit_code)
    sys.exit(exit_code)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # An exception of our own: Typer replaces KeyboardInterrupt by its own message.
    raise StoppedError("Stopped.")
