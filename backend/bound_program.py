"""Another program that ends with us, however we end, with all that it has started."""

import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend import program_keeper
from layerpeel.backend.program_keeper import CANNOT_START


class ProgramNotStartedError(Exception):
    """The program cannot be started; the reason is in what it was to print."""


class BoundProgram:
    """A program that runs. Between it and us stands a process that kills it when we are gone.

    command: the program's path and its arguments. output: gets all that it prints.

    Raises OSError when no process can be started.
    """

    def __init__(self, command: list[str], folder: Path, output: BinaryIO) -> None:
        keeper = [sys.executable, "-I", program_keeper.__file__, *command]
        self._keeper = subprocess.Popen(  # noqa: S603 - the caller has checked the command
            keeper, cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=output
        )

    def wait(self, seconds: float) -> int | None:
        """Wait until it ends, or for so long; return its exit code, None while it runs.

        Raises ProgramNotStartedError when it never began.
        """
        try:
            code = self._keeper.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if code == CANNOT_START:
            raise ProgramNotStartedError
        return code

    def end(self) -> None:
        """Kill it if it has not ended, and wait until it is gone."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()
