"""How work reports its progress, and how it is stopped."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from layerpeel.backend.image import Float32
from layerpeel.shared.translatable import Translatable

ReportProgress = Callable[[str, float], None]
"""Called with the stage in words and how much of the whole is done (0–1).

Raising `StopWork` from inside stops the work at this point; nothing has been changed by then.
"""

ShowFound = Callable[[Float32], None]
"""Called as soon as it is known what will be lifted off.

It is H×W×4, RGB of display sRGB with straight alpha, 0–1. The colours are still the picture's own:
what shines through a soft edge is in them.
"""


class StopWork(Exception):  # noqa: N818  (nothing went wrong)
    """The person who asked for the work no longer wants it."""


ReportFraction = Callable[[float], None]
"""Called from inside a stage with how much of it is done, 0–1. It may raise to cancel."""


def say_nothing(stage: str, done: float) -> None:
    """Report to nobody."""


def say_no_fraction(done: float) -> None:
    """Report how far a stage is to nobody."""


def partly(report: ReportFraction, begin: float, end: float) -> ReportFraction:
    """Report a part of a stage, which begins and ends at these fractions of the whole."""
    return lambda done: report(begin + (end - begin) * done)


def in_steps(report: ReportFraction, *shares: float) -> tuple[ReportFraction, ...]:
    """Report steps of a stage that follow each other, by their shares of its time."""
    ends = [sum(shares[:number]) / sum(shares) for number in range(len(shares) + 1)]
    return tuple(partly(report, begin, end) for begin, end in itertools.pairwise(ends))


def first_part(report: ReportProgress, share: float) -> ReportProgress:
    """Report work that is the first `share` of a whole."""
    return lambda stage, done: report(stage, share * done)


def rest(report: ReportProgress, share: float) -> ReportProgress:
    """Report work that follows after `share` of a whole."""
    return lambda stage, done: report(stage, share + (1 - share) * done)


def show_nobody(found: Float32) -> None:
    """Show nobody what will be lifted off."""


@dataclass(frozen=True)
class Stage:
    """One step of every round: its key in `MadeWith.seconds`, in words, its share of the time."""

    name: str
    words: Translatable
    share: float


class Course:
    """Reports at every stage how far the work is, and adds up how long each stage took.

    stages: what one round consists of, in order. rounds: how many there are at most, one a layer;
        it may be lowered, and shares of stages changed, before the first.
    opening: comes once, before all rounds; its share is that of the whole, theirs are of what is
        left.
    seconds: by the stages' names, in the order in which they first ran.
    """

    def __init__(
        self,
        report: ReportProgress,
        stages: tuple[Stage, ...],
        rounds: int,
        opening: Stage | None = None,
    ) -> None:
        self.seconds: dict[str, float] = {}
        self.rounds = rounds
        self._report = report
        self.stages = stages
        self._opening = opening
        self._begun = 0

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[ReportFraction]:
        """Report that a stage begins, and time what happens inside; each comes once a round.

        Yields what the stage calls with how much of itself is done.
        """
        begun = self._begun
        if not self._is_opening(stage):
            self._begun += 1

        def report(fraction: float) -> None:
            self._say(stage, begun, fraction)

        report(0.0)
        start = time.perf_counter()
        try:
            yield report
        finally:
            spent = time.perf_counter() - start
            self.seconds[stage.name] = round(self.seconds.get(stage.name, 0.0) + spent, 3)

    def skip_round(self) -> None:
        """Go on with the next round, as there is nothing more to do in this one."""
        self._begun += -self._begun % len(self.stages)

    def _is_opening(self, stage: Stage) -> bool:
        return self._opening is not None and stage.name == self._opening.name

    def _say(self, stage: Stage, begun: int, fraction: float) -> None:
        ahead = 0.0 if self._opening is None else self._opening.share
        if self._is_opening(stage):
            self._report(stage.words, ahead * fraction)
            return
        finished, place = divmod(begun, len(self.stages))
        shares = [each.share for each in self.stages]
        before = sum(shares[:place]) + shares[place] * fraction
        done = min(1.0, (finished + before / sum(shares)) / self.rounds)
        # What was passed over may have made more rounds than there are layers.
        layer = min(finished + 1, self.rounds)
        several = f" (layer {layer} of {self.rounds})" if self.rounds > 1 else ""
        self._report(stage.words + several, ahead + (1 - ahead) * done)
