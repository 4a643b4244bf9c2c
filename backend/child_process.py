"""A child process that takes orders, reports back, and ends with its parent.

It is started afresh (`spawn`) and not forked: it inherits no socket, no lock and no memory. Each
side has one end of a pipe, and the end of that pipe tells it that the other side is gone.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Generic, TypeVar, TypeVarTuple

from layerpeel.backend.errors import LayerpeelError, reason_of

_spawning = multiprocessing.get_context("spawn")

# Exit codes of a child. Nobody is left to see the first.
_PARENT_GONE = 0
_UNREADABLE_ORDER = 1

Order = TypeVar("Order")
Report = TypeVar("Report")
Arguments = TypeVarTuple("Arguments")


@dataclass(frozen=True)
class ProcessEnd:
    """How a process ended; as text, what to put in brackets after "crashed".

    exit_code: as in `multiprocessing`: −N when signal N ended it.
    """

    exit_code: int | None

    @property
    def was_killed(self) -> bool:
        """Whether it was ended from outside, as systems do when memory runs out."""
        return self.exit_code == -getattr(signal, "SIGKILL", 9)

    def __str__(self) -> str:
        if self.exit_code is not None and self.exit_code < 0:
            return signal.strsignal(-self.exit_code) or f"signal {-self.exit_code}"
        return f"exit code {self.exit_code}"


class ChildEnded(Exception):  # noqa: N818  (it may have been meant to end)
    """The child process is gone, and no report can come any more."""

    def __init__(self, end: ProcessEnd) -> None:
        super().__init__(str(end))
        self.end = end


class NotStartedError(LayerpeelError):
    """The system has no room for another process or thread."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"A part of Layerpeel cannot be started: {reason}. Close other programs, then try "
            "again."
        )


class Parent(Generic[Order, Report]):
    """The parent process as its child sees it. When the parent is gone, the child ends at once."""

    def __init__(self, connection: "Connection[Report, Order]") -> None:
        self._connection = connection
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        # In a thread of its own, so that a child at work also notices that its parent is gone.
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def receive(self) -> Order:
        """Wait for the next order."""
        return self._orders.get()

    @property
    def has_order(self) -> bool:
        """Whether `receive` has an order to return without waiting."""
        return not self._orders.empty()

    def send(self, report: Report) -> None:
        """Report to the parent."""
        try:
            self._connection.send(report)
        except OSError:
            os._exit(_PARENT_GONE)

    def _listen(self) -> None:
        try:
            while True:
                self._orders.put(self._connection.recv())
        except (EOFError, OSError):
            os._exit(_PARENT_GONE)
        except Exception:  # noqa: BLE001  (an order that does not arrive must not be waited for)
            traceback.print_exc()
            os._exit(_UNREADABLE_ORDER)


class ChildProcess(Generic[Order, Report]):
    """A child process as its parent sees it. It ends with the parent, however that ends."""

    def __init__(
        self,
        name: str,
        work: Callable[[Parent[Order, Report], *Arguments], None],
        *arguments: *Arguments,
    ) -> None:
        """Start a process that runs `work`, a function of a module; its arguments are pickled.

        Raises NotStartedError when the system has no process, memory or file left for it.
        """
        try:
            self._connection, theirs = _spawning.Pipe()
        except OSError as error:
            raise NotStartedError(reason_of(error)) from error
        self._process = _spawning.Process(
            target=_run, args=(theirs, work, *arguments), name=name, daemon=True
        )
        try:
            self._process.start()
        except OSError as error:
            self._connection.close()
            raise NotStartedError(reason_of(error)) from error
        finally:
            # Only the child's from now on: otherwise `receive` would not notice the child's end.
            theirs.close()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can still be given orders."""
        return self._process.is_alive()

    def send(self, order: Order) -> None:
        """Hand over an order. If the child is gone, `receive` raises ChildEnded."""
        with contextlib.suppress(OSError):
            self._connection.send(order)

    def receive(self) -> Report:
        """Wait for the next report. Raises ChildEnded when none can come any more."""
        try:
            report: Report = self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            raise ChildEnded(ProcessEnd(self._process.exitcode)) from None
        return report

    def kill(self) -> None:
        """End the process at once. Whoever waits for a report gets ChildEnded."""
        self._process.kill()

    def close(self) -> None:
        """End the process if it has not ended, wait until it is gone, and close the pipe."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def _run(
    connection: "Connection[Report, Order]",
    work: Callable[[Parent[Order, Report], *Arguments], None],
    *arguments: *Arguments,
) -> None:
    # Ctrl-C reaches every process of a terminal. It is the parent that decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work(Parent(connection), *arguments)
