"""Each method in a process of its own: its memory is its own, and so is its crash.

The evaluation only waits, so Ctrl-C is heard while compiled code runs for seconds.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from layerpeel.backend.child_process import ChildEnded, ChildProcess, Parent
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.evaluation.peak_memory import peak_bytes
from layerpeel.backend.image import Float32
from layerpeel.backend.separation import Separation


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
        self._process: ChildProcess[Order, Separated | NotSeparated] = ChildProcess(
            baseline.name, _separate_orders, baseline
        )

    def separate(self, order: Order) -> Separated | NotSeparated:
        """Separate one picture. Raises MethodEndedError when the process crashes over it."""
        self._process.send(order)
        try:
            return self._process.receive()
        except ChildEnded as ended:
            raise MethodEndedError(f"its process crashed ({ended.end})") from None

    def warm_up(self, order: Order) -> None:
        """Separate once for nothing. What goes wrong will go wrong again where it counts."""
        with contextlib.suppress(MethodEndedError):
            self.separate(order)

    def end(self) -> None:
        """End the process here and now."""
        self._process.close()


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
    evaluation: Parent[Order, Separated | NotSeparated], baseline: Baseline
) -> None:
    # What libraries print must not get to where the figures go.
    os.dup2(2, 1)
    while True:
        evaluation.send(_carry_out(baseline, evaluation.receive()))


def _carry_out(baseline: Baseline, order: Order) -> Separated | NotSeparated:
    start = time.perf_counter()
    try:
        separation = baseline.separate(order.picture, order.trimap, order.seed)
    except LayerpeelError as error:
        return NotSeparated(str(error))
    except MemoryError:
        return NotSeparated("There is not enough memory for this picture.")
    return Separated(separation, time.perf_counter() - start, peak_bytes())
