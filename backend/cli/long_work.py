"""Long work on the command line: with a progress bar on a terminal, and stopped by Ctrl-C."""

import threading
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from layerpeel.backend.progress import ReportProgress, say_nothing

Result = TypeVar("Result")


def with_bar(work: Callable[[ReportProgress], Result], quiet: bool) -> Result:
    """Run work that reports progress, and return its result. Raises what the work raises."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as bar:
        task = bar.add_task("Loading", total=1.0)

        def report(stage: str, done: float) -> None:
            bar.update(task, description=stage, completed=done)

        return _in_background(lambda: work(say_nothing if quiet else report))


def _in_background(work: Callable[[], Result]) -> Result:
    """Run work in a thread, so that Ctrl-C is handled while compiled code runs for seconds.

    Nothing is written before the work is done, so an abandoned thread does no harm; it ends with
    the process.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as failure:  # noqa: BLE001  (raised again below)
            failures.append(failure)

    worker = threading.Thread(target=run, name="work", daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(0.1)
    if failures:
        raise failures[0]
    return results[0]
