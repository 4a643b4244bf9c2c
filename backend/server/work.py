"""What the worker process runs. It brings the libraries that peel only when it is there."""

import contextlib
import importlib
import os
import queue
import signal
import threading
import traceback
from multiprocessing.connection import Connection

from layerpeel.backend.server.orders import STARTING, Broken, Order, PeelOrder, Report, StopOrder

PEELING = "layerpeel.backend.server.job_in_worker"


def work(connection: "Connection[Report, Order]") -> None:
    """Carry out orders, one after the other, until the server is gone."""
    # Ctrl-C reaches everything in a terminal. When to end is for the server to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = _Orders(connection)
    # Loaded before the first job comes. What keeps it from loading, that job will report.
    with contextlib.suppress(Exception):
        importlib.import_module(PEELING)
    while True:
        connection.send(_carry_out(orders.next(), orders, connection))


def _carry_out(
    order: PeelOrder, orders: "_Orders", connection: "Connection[Report, Order]"
) -> Report:
    connection.send(STARTING)
    try:
        from layerpeel.backend.server.job_in_worker import peel_into_file

        return peel_into_file(order, connection.send, lambda: orders.is_stopped(order.job_id))
    except Exception as error:  # noqa: BLE001  (reported whole; the next job may well succeed)
        return Broken(type(error).__name__, traceback.format_exc())


class _Orders:
    """Hears the server in a thread of its own, so that a job at work can be stopped."""

    def __init__(self, connection: "Connection[Report, Order]") -> None:
        self._connection = connection
        self._to_peel: queue.SimpleQueue[PeelOrder] = queue.SimpleQueue()
        self._stopped = ""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def next(self) -> PeelOrder:
        """Wait for the next job."""
        return self._to_peel.get()

    def is_stopped(self, job_id: str) -> bool:
        """Whether nobody wants this job any more."""
        return self._stopped == job_id

    def _listen(self) -> None:
        while True:
            try:
                order = self._connection.recv()
            except (EOFError, OSError):
                # The server is gone, and with it whoever waits for a result.
                os._exit(0)
            match order:
                case PeelOrder():
                    self._to_peel.put(order)
                case StopOrder(job_id):
                    self._stopped = job_id
