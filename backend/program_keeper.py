"""Run as a script: keeps a program only for as long as whoever started it is there.

    python program_keeper.py COMMAND…

Standard input is a pipe of which nothing comes. Its end is the sign that the other side is gone or
does not want the program any more: the program is killed then, with all that it has started. It
knows the standard library only, so that it starts at once.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

CANNOT_START = 97


def keep(command: list[str]) -> int:
    """Run a program until it ends; return its exit code, or CANNOT_START, having printed why."""
    # Ctrl-C reaches every process of a terminal. It is the other side that decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        program = subprocess.Popen(  # noqa: S603 - what its starter has checked
            command, stdin=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        return CANNOT_START
    threading.Thread(target=_end_when_unwanted, args=(program,), daemon=True).start()
    code = program.wait()
    _kill_all(program)
    return code if code >= 0 else 128 - code


def _end_when_unwanted(program: "subprocess.Popen[bytes]") -> None:
    # Not by `sys.stdin`, whose lock would be held when the program ends first and we exit.
    while os.read(0, 1):
        pass
    _kill_all(program)


def _kill_all(program: "subprocess.Popen[bytes]") -> None:
    """Kill a program and all that it has started, which may outlive it."""
    if sys.platform == "win32":
        tree = ("taskkill", "/T", "/F", "/PID", str(program.pid))
        subprocess.run(tree, check=False, capture_output=True)  # noqa: S603 - fixed words
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
