"""Each method runs in its own process, so that its memory and its crashes are its own.

The evaluation only waits, so Ctrl-C works even while compiled code runs for seconds.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.child_process import ChildEnded, ChildProcess, Parent
from layerpeel.backend.errors import LayerpeelError, NothingFoundError
from layerpeel.backend.evaluation.baseline import Answer, Baseline
from layerpeel.backend.image import Float32
from layerpeel.shared.protocol import Lift

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Order:
    """What to lift off an H×W×3 picture (RGB, 0–1)."""

    picture: Float32
    lift: Lift
    seed: int


@dataclass(frozen=True)
class Separated:
    """The layers, wall seconds, and the peak memory of the process so far in bytes.

    nothing_found: why there are no layers.
    """

    answer: Answer
    seconds: float
    peak_bytes: int | None
    nothing_found: str = ""


@dataclass(frozen=True)
class NotSeparated:
    """One picture could not be separated, and why, in one line. The next one may be."""

    why: str


class MethodEndedError(LayerpeelError):
    """The process has ended, so its method can separate no further picture."""


class MethodProcess:
    """A process that separates by one method. It ends with its parent."""

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

    def end(self) -> None:
        """End the process at once."""
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
    # What libraries print must not end up among the figures on standard output.
    os.dup2(2, 1)
    while True:
        evaluation.send(_carry_out(baseline, evaluation.receive()))


def _carry_out(baseline: Baseline, order: Order) -> Separated | NotSeparated:
    start = time.perf_counter()
    nothing_found = ""
    try:
        answer = baseline.separate(order.picture, order.lift, order.seed)
    except NothingFoundError as error:
        answer, nothing_found = (), str(error)
    except LayerpeelError as error:
        return NotSeparated(str(error))
    except MemoryError:
        return NotSeparated("There is not enough memory for this picture.")
    return Separated(answer, time.perf_counter() - start, _peak_bytes(), nothing_found)


def _peak_bytes() -> int | None:
    """The most memory that this process has held so far; None where the system does not tell."""
    # On Linux `getrusage` includes the peak of the parent process; this line in /proc does not.
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None
