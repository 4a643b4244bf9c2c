"""The worker process, which peels for the server: how it is started, and what it runs.

It loads the libraries that peel; the server, which only starts it, does not.
"""

import contextlib
import importlib
import os
import sys
from collections import deque

from layerpeel.backend.child_process import ChildProcess, Parent, ProcessEnd
from layerpeel.backend.server.orders import STARTING, Broken, Order, PeelOrder, Report, StopOrder
from layerpeel.backend.server.told_traceback import told_traceback
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import unpack

# How far behind other programs it stands in line for the processor (0 to 19); not on Windows.
NICENESS = 5

PEELING = "layerpeel.backend.server.job_in_worker"

Worker = ChildProcess[Order, Report]


def start_worker() -> Worker:
    """Start a process that peels. It ends with the server, however that ends."""
    return ChildProcess("layerpeel-worker", carry_out_orders)


def why_job_was_lost(end: ProcessEnd) -> str:
    """Return one line, for people, that tells why a job was lost with its worker."""
    if end.was_killed:
        return (
            "The system ended the process that peels, most likely because memory ran out. "
            "Close other programs, or scale the picture down, then press Peel again."
        )
    return (
        f"The process that peels crashed ({end}), and this picture with it. Press Peel again; "
        "if it happens again, report it with the picture."
    )


def carry_out_orders(server: Parent[Order, Report]) -> None:
    """Carry out orders in the worker process, one after the other, until the server is gone."""
    _give_way()
    orders = _Orders(server)
    # Loaded before the first job comes. If it cannot be loaded, that job will report why.
    with contextlib.suppress(Exception):
        importlib.import_module(PEELING)
    while True:
        server.send(_carry_out(orders.next(), orders, server))


def _give_way() -> None:
    """Let Krita and the server go before: where nothing else is to be done, that costs nothing."""
    if sys.platform != "win32":
        os.nice(max(0, NICENESS - os.nice(0)))


def _carry_out(order: PeelOrder, orders: "_Orders", server: Parent[Order, Report]) -> Report:
    server.send(STARTING)
    try:
        from layerpeel.backend.server.job_in_worker import peel_into_file

        return peel_into_file(order, server.send, lambda: orders.is_stopped(order.job_id))
    except Exception as error:  # noqa: BLE001  (reported; the next job may well succeed)
        return Broken(type(error).__name__, told_traceback(error, _request_of(order)))


def _request_of(order: PeelOrder) -> object:
    """Return what was asked for; nothing where even that cannot be read."""
    try:
        return unpack(SubmitJob, order.request.read_bytes()).request
    except (OSError, ProtocolError, MemoryError):
        return None


class _Orders:
    """Orders sorted into jobs to peel, and the job that is to stop."""

    def __init__(self, server: Parent[Order, Report]) -> None:
        self._server = server
        self._to_peel: deque[PeelOrder] = deque()
        self._stopped = ""

    def next(self) -> PeelOrder:
        """Wait for the next job."""
        while not self._to_peel:
            self._sort(self._server.receive())
        return self._to_peel.popleft()

    def is_stopped(self, job_id: str) -> bool:
        """Whether the server has asked to stop this job."""
        while self._server.has_order:
            self._sort(self._server.receive())
        return self._stopped == job_id

    def _sort(self, order: Order) -> None:
        match order:
            case PeelOrder():
                self._to_peel.append(order)
            case StopOrder(job_id):
                self._stopped = job_id
