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

    orders = _Orders(server)
    answers = PointingAnswers(models)
    while True:
        match orders.next():
            case LookOrder(picture):
                # Whatever goes wrong is told to those who ask about the picture.
                with contextlib.suppress(Exception):
                    answers.look(picture)
            case AskOrder() as order:
                report = _answered(order, orders, answers)
                if report is not None:
                    server.send(report)


def _answered(
    order: AskOrder, orders: "_Orders", answers: "PointingAnswers"
) -> PointingReport | None:
    """Answer a question; None when nobody waits for that any more."""
    from layerpeel.backend.progress import StopWork

    def stop_if_dropped(_done: float) -> None:
        if orders.is_dropped(order.number):
            raise StopWork

    try:
        stop_if_dropped(0)
        return Answered(
            order.number, answers.answer(order.picture, order.question, stop_if_dropped)
        )
    except StopWork:
        return None
    except LayerpeelError as error:
        return Answered(order.number, error)
    except MemoryError:
        return Answered(order.number, LayerpeelError(NO_MEMORY))
    except Exception as error:  # noqa: BLE001  (reported whole; the next question may well succeed)
        return Unforeseen(order.number, type(error).__name__, traceback.format_exc())


class _Orders:
    """Orders sorted into what is to be done, and questions that nobody waits for any more."""

    def __init__(self, server: Parent[PointingOrder, PointingReport]) -> None:
        self._server = server
        self._to_do: deque[LookOrder | AskOrder] = deque()
        self._dropped: set[int] = set()

    def next(self) -> LookOrder | AskOrder:
        """Wait for the next thing to do."""
        while not self._to_do:
            self._sort(self._server.receive())
        return self._to_do.popleft()

    def is_dropped(self, number: int) -> bool:
        """Whether the server has dropped this question."""
        while self._server.has_order:
            self._sort(self._server.receive())
        return number in self._dropped

    def _sort(self, order: PointingOrder) -> None:
        match order:
            case DropOrder(number):
                self._dropped.add(number)
            case _:
                self._to_do.append(order)
