"""Each method in a process of its own: its memory is its own, and so is its crash.

The evaluation only waits, so Ctrl-C is heard while compiled code runs for seconds.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.evaluation.metrics import Separation
from layerpeel.backend.evaluation.peak_memory import peak_bytes
from layerpeel.backend.image import Float32

# Started afresh and not forked: a method begins with no memory but its own.
_processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Order:
    """What to separate: an H×W×3 picture (RGB, 0–1) by an H×W trimap (0, 0.5, 1)."""

    picture: Float32
    trimap: Float32
    seed: int


@dataclass(frozen=True)
class Separated:
    """The layers, wall seconds, and the most that the process has held so far in bytes."""

    separation: Separation
    seconds: float
    peak_bytes: int | None


@dataclass(frozen=True)
class NotSeparated:
    """One picture could not be separated: why, in one line. The next may be."""

    why: str


class MethodEndedError(LayerpeelError):
    """The process is gone, and with it every further picture of its method."""


class MethodProcess:
    """A process that separates by one method. It ends with the one who started it."""

    def __init__(self, baseline: Baseline) -> None:
        self._connection, theirs = _processes.Pipe()
        self._process = _processes.Process(
            target=_separate_orders, args=(baseline, theirs), name=baseline.name, daemon=True
        )
        self._process.start()
        # Theirs alone from now on, so that its end is seen here as the end of what can be read.
        theirs.close()

    def separate(self, order: Order) -> Separated | NotSeparated:
        """Separate one picture. Raises MethodEndedError when the process crashes over it."""
        try:
            self._connection.send(order)
            answer: Separated | NotSeparated = self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            raise MethodEndedError(_how(self._process.exitcode)) from None
        return answer

    def warm_up(self, order: Order) -> None:
        """Separate once for nothing. What goes wrong will go wrong again where it counts."""
        with contextlib.suppress(MethodEndedError):
            self.separate(order)

    def end(self) -> None:
        """End the process here and now."""
        self._process.kill()
        self._process.join()
        self._connection.close()


@contextlib.contextmanager
def started(baselines: tuple[Baseline, ...]) -> Iterator[dict[str, MethodProcess]]:
    """Start a process for each method, by name; none outlives the block."""
    running: dict[str, MethodProcess] = {}
    try:
        for baseline in baselines:
            running[baseline.name] = MethodProcess(baseline)
        yield running
    finally:
        for process in running.values():
            process.end()


def _separate_orders(
    baseline: Baseline, connection: "Connection[Separated | NotSeparated, Order]"
) -> None:
    # Ctrl-C reaches everything in a terminal. When to end is for the evaluation to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get to where the figures go.
    os.dup2(2, 1)
    # The end of what can be read is the end of whoever wants it.
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(_carry_out(baseline, connection.recv()))


def _carry_out(baseline: Baseline, order: Order) -> Separated | NotSeparated:
    start = time.perf_counter()
    try:
        separation = baseline.separate(order.picture, order.trimap, order.seed)
    except LayerpeelError as error:
        return NotSeparated(str(error))
    except MemoryError:
        return NotSeparated("There is not enough memory for this picture.")
    return Separated(separation, time.perf_counter() - start, peak_bytes())


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"its process crashed ({signal.strsignal(-exit_code) or f'signal {-exit_code}'})"
    return f"its process crashed (exit code {exit_code})"
