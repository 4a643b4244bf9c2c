"""The process that looks at pictures and answers what is pointed at in them.

It lives beside the worker process, so that no click waits for a peel. It loads the libraries; the
server, which only starts it, does not.
"""

import contextlib
import traceback
from collections import deque
from typing import TYPE_CHECKING

from layerpeel.backend.child_process import ChildProcess, Parent, ProcessEnd
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.pointing_orders import (
    Answered,
    AskOrder,
    DropOrder,
    LookOrder,
    PointingOrder,
    PointingReport,
    Unforeseen,
)
from layerpeel.shared.pointing import WhatIsAt, WhatThings

if TYPE_CHECKING:
    from layerpeel.backend.server.pointing_answers import PointingAnswers

NO_MEMORY = (
    "There is not enough memory to look at this picture. Close other programs, or scale it down, "
    "then point again."
)

PointingProcess = ChildProcess[PointingOrder, PointingReport]


def start_pointing_process(models: ModelStore) -> PointingProcess:
    """Start the process. It ends with the server, however that ends."""
    return ChildProcess("layerpeel-pointing", carry_out_pointing, models)


def why_no_answer(end: ProcessEnd) -> str:
    """Return one line, for people, that tells why the process gave no answer."""
    if end.was_killed:
        return (
            "The system ended the process that looks at the picture, most likely because memory "
            "ran out. Close other programs, or scale the picture down, then point again."
        )
    return (
        f"The process that looks at the picture crashed ({end}). Point again; if it happens again, "
        "report it with the picture."
    )


def carry_out_pointing(server: Parent[PointingOrder, PointingReport], models: ModelStore) -> None:
    """Carry out orders in the process, one after the other, until the server is gone."""
    from layerpeel.backend.server.pointing_answers import PointingAnswers

    pointing = PointingWork(server, PointingAnswers(models))
    while True:
        pointing.carry_out_next()


class PointingWork:
    """Orders, sorted into what is to be done and questions that nobody waits for any more."""

    def __init__(
        self, server: Parent[PointingOrder, PointingReport], answers: "PointingAnswers"
    ) -> None:
        self._server = server
        self._answers = answers
        self._to_do: deque[LookOrder | AskOrder] = deque()
        self._dropped: set[int] = set()

    def carry_out_next(self) -> None:
        """Wait for an order, and carry it out."""
        while not self._to_do:
            self._sort(self._server.receive())
        match self._to_do.popleft():
            case LookOrder(picture):
                # Whatever goes wrong is told to those who ask about the picture.
                with contextlib.suppress(Exception):
                    self._answers.look(picture)
            case AskOrder() as order:
                self._answer(order)

    def _answer(self, order: AskOrder) -> None:
        """Answer a question, unless nobody waits for that any more."""
        from layerpeel.backend.out_of_memory import TellingOfMemory
        from layerpeel.backend.progress import StopWork

        def attend(_done: float) -> None:
            self._sort_all()
            if order.number in self._dropped:
                raise StopWork
            if isinstance(order.question, WhatThings):
                self._answer_clicks()

        try:
            attend(0)
            with TellingOfMemory():
                answer = self._answers.answer(order.picture, order.question, attend)
            report: PointingReport = Answered(order.number, answer)
        except StopWork:
            return
        except LayerpeelError as error:
            report = Answered(order.number, error)
        except MemoryError:
            report = Answered(order.number, LayerpeelError(NO_MEMORY))
        except Exception as error:  # noqa: BLE001  (reported whole; the next may well succeed)
            report = Unforeseen(order.number, type(error).__name__, traceback.format_exc())
        self._server.send(report)

    def _answer_clicks(self) -> None:
        """Answer the clicks that wait: looking for things takes seconds, and a click no time."""
        waiting, self._to_do = self._to_do, deque()
        for order in waiting:
            if isinstance(order, AskOrder) and isinstance(order.question, WhatIsAt):
                self._answer(order)
            else:
                self._to_do.append(order)

    def _sort_all(self) -> None:
        while self._server.has_order:
            self._sort(self._server.receive())

    def _sort(self, order: PointingOrder) -> None:
        match order:
            case DropOrder(number):
                self._dropped.add(number)
            case _:
                self._to_do.append(order)
