"""Only one server per state folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from layerpeel.backend.errors import LayerpeelError
from layerpeel.shared.places import read_server_file


class AlreadyRunningError(LayerpeelError):
    """Another server is using the same state folder."""

    exit_code = 8


@contextmanager
def only_server(folder: Path) -> Iterator[None]:
    """Hold the lock of a state folder, which must exist.

    The system releases the lock when the process ends, however it ends.

    Raises AlreadyRunningError when another one is running, OSError when the folder is not writable.
    """
    lock = FileLock(folder / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        other = read_server_file()
        where = f" at {other.address} (process {other.process})" if other else ""
        raise AlreadyRunningError(
            f"A server is already running for {folder}{where}. Use that one, or end it first."
        ) from None
    try:
        yield
    finally:
        lock.release()
