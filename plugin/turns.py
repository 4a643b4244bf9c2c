"""Work on the GUI thread in short turns, so that Krita stays responsive between them.

Krita's documents may only be touched on the GUI thread, and some of its calls are slow on a large
canvas. Work is therefore written as a generator that yields after each such call, and wherever it
may be interrupted. A call of Krita's ends a turn of the event loop. Short parts of our own share
one: Krita may redraw between any two turns, which takes longer than they do.
"""

import time
from dataclasses import dataclass, field
from typing import Callable, Dict, Generator, Optional, Tuple, TypeVar

from layerpeel.plugin.qt import QTimer

Result = TypeVar("Result")

Turns = Generator[str, None, Result]
"""Yields after each part, with the name of what it did; returns the result.

The name of a part that is little more than one unavoidable call to Krita begins with KRITA.
"""

KRITA = "Krita: "

PAUSE = "wait a moment"
"""The name of a part after which the next comes a moment later, to look again at something."""

# A turn goes on with the next part until it has taken so long.
SHORT = 0.025  # seconds
_MOMENT = 50  # milliseconds


@dataclass
class Timings:
    """When and for how long the GUI thread was busy with a peel; the bench reads it.

    longest_holds: seconds for which a turn held it, by what was done last.
    moments: when something last happened, by `time.perf_counter` in seconds.
    """

    longest_holds: Dict[str, float] = field(default_factory=dict)
    moments: Dict[str, float] = field(default_factory=dict)

    def note_hold(self, name: str, seconds: float) -> None:
        """Remember a turn if it is the longest of its name."""
        self.longest_holds[name] = max(seconds, self.longest_holds.get(name, 0.0))

    def note_moment(self, name: str) -> None:
        """Remember that this happened now."""
        self.moments[name] = time.perf_counter()


TIMINGS = Timings()


@dataclass
class _UnderWay:
    """The turn that is under way. began: when, by `time.perf_counter`; None between turns."""

    began: Optional[float] = None

    def has_time_left(self) -> bool:
        """Whether more can be done in it."""
        return self.began is not None and time.perf_counter() - self.began < SHORT


_UNDER_WAY = _UnderWay()


def run_in_turns(
    turns: "Turns[Result]",
    done: Callable[[Result], None],
    failed: Callable[[Exception], None],
    expected: Tuple[type, ...],
    at_once: bool = False,
) -> None:
    """Run `turns` in turns of the event loop, then call `done` with what it returned.

    expected: exceptions that only `failed` handles. Any other is a bug: it is raised again after
        `failed` was called, so that Krita shows it and the docker does not stay busy for ever.
    at_once: whether to begin in the turn that is under way, if there is one and it was short so
        far; `done` or `failed` may then be called before this returns.
    """

    def turn() -> None:
        around = _UNDER_WAY.began
        start = time.perf_counter() if around is None else around
        _UNDER_WAY.began = start
        try:
            take_turn(start)
        finally:
            _UNDER_WAY.began = around

    def take_turn(start: float) -> None:
        held, name = 0.0, ""
        try:
            while held < SHORT and not name.startswith((KRITA, PAUSE)):
                name = next(turns)
                held = time.perf_counter() - start
                TIMINGS.note_hold(name, held)
        except StopIteration as end:
            done(end.value)
            TIMINGS.note_hold("go on from there", time.perf_counter() - start)
        except Exception as error:
            failed(error)
            if not isinstance(error, expected):
                raise
        else:
            QTimer.singleShot(_MOMENT if name == PAUSE else 0, turn)

    if at_once and _UNDER_WAY.has_time_left():
        turn()
    else:
        QTimer.singleShot(0, turn)
