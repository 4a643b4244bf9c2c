"""The worker process as the server sees it."""

import asyncio
import contextlib
import multiprocessing
import signal

from layerpeel.backend.server.orders import Order, Report
from layerpeel.backend.server.work import work

# Started afresh and not forked: the worker inherits neither the listening socket nor any lock.
_processes = multiprocessing.get_context("spawn")


class WorkerEnded(Exception):  # noqa: N818  (who ended it may well have meant to)
    """The worker process is gone. The message is one line for people."""


class Worker:
    """A process that peels. It ends with the server, however that ends."""

    def __init__(self) -> None:
        self._connection, theirs = _processes.Pipe()
        self._process = _processes.Process(
            target=work, args=(theirs,), name="layerpeel-worker", daemon=True
        )
        self._process.start()
        # Theirs alone from now on, so that its end is seen here as the end of what can be read.
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can still be given work."""
        return self._process.is_alive()

    def send(self, order: Order) -> None:
        """Hand over an order. If the worker is gone, `receive` says so."""
        with contextlib.suppress(OSError):
            self._connection.send(order)

    async def receive(self) -> Report:
        """Wait for the next report. Raises WorkerEnded when none can come any more."""
        try:
            return await asyncio.to_thread(self._receive)
        except (EOFError, OSError):
            await asyncio.to_thread(self._process.join)
            raise WorkerEnded(_why(self._process.exitcode)) from None

    def _receive(self) -> Report:
        report: Report = self._connection.recv()
        return report

    def kill(self) -> None:
        """End the process here and now. Who waits for a report hears WorkerEnded."""
        self._process.kill()


def _why(exit_code: int | None) -> str:
    if exit_code == -getattr(signal, "SIGKILL", 9):
        return (
            "The system ended the process that peels, most likely because memory ran out. "
            "Close other programs, or scale the picture down, then press Peel again."
        )
    how = f"exit code {exit_code}"
    if exit_code is not None and exit_code < 0:
        how = signal.strsignal(-exit_code) or f"signal {-exit_code}"
    return (
        f"The process that peels crashed ({how}), and this picture with it. Press Peel again; "
        "if it happens again, report it with the picture."
    )
