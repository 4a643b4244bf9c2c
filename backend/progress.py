"""How long work says where it is, and how it is stopped."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ReportProgress = Callable[[str, float], None]
"""Called with the stage in words and how much of the whole is done (0–1).

Raising `Cancelled` from inside stops the work at this point; nothing has been changed by then.
"""


class Cancelled(Exception):  # noqa: N818  (nothing went wrong)
    """The person who asked for the work no longer wants it."""


def say_nothing(stage: str, done: float) -> None:
    """Report to nobody."""


class StageClock:
    """Adds up how long each stage took, in the order in which they first ran."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside, under `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
