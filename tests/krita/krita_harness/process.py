"""The process of one Krita: its start, its end, its log."""

import secrets
import subprocess
import time

from .connection import Connection
from .display import Display
from .given_krita import krita_command

SECONDS_TO_START = 180
SECONDS_TO_QUIT = 60
SECONDS_TO_DIE = 5
LINES_OF_LOG = 60


class KritaProcess:
    """Krita on a display of its own, started on creation; `connection` leads into it.

    exit_code: None while it runs; negative when a signal ended it.
    """

    def __init__(self, home, environment):
        self._home = home
        self._hung = None
        self._log = home.folder / "krita.log"
        scale = int(environment.get("QT_SCALE_FACTOR", "1"))
        self.display = Display(home.environment(), home.folder, scale)
        ready = home.folder / "driver.ready"
        ready.unlink(missing_ok=True)
        token = secrets.token_hex()
        driver = {"LAYERPEEL_DRIVER_READY": str(ready), "LAYERPEEL_DRIVER_TOKEN": token}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*krita_command(), "--nosplash"],
                env={**self.display.environment, **driver, **environment},
                cwd=home.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.connection = self._connect(ready, token)

    def _connect(self, ready, token):
        end = time.monotonic() + SECONDS_TO_START
        while not ready.exists():
            if self.exit_code is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(
                    f"Krita did not start (is python3-pyqt5 installed?). {self.account()}"
                )
            time.sleep(0.1)
        return Connection(int(ready.read_text(encoding="utf-8")), token)

    @property
    def pid(self):
        """Number of the process."""
        return self._process.pid

    @property
    def exit_code(self):
        """None while Krita runs."""
        return self._process.poll()

    def wait_for_end(self):
        """Wait for the end, return the exit code; kill it and raise RuntimeError if it hangs."""
        try:
            self._process.wait(SECONDS_TO_QUIT)
        except subprocess.TimeoutExpired:
            self._capture_and_kill()
            raise RuntimeError(f"Krita hung when it should quit. {self.account()}") from None
        self._close()
        return self.exit_code

    def end_what_is_left(self):
        """Kill a Krita that no longer answers, unless it has died: then its exit code stays."""
        try:
            self._process.wait(SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            self._capture_and_kill()
        else:
            self._close()

    def kill(self):
        """End it at once, as a crash would."""
        if self.exit_code is None:
            self._process.kill()
            self._process.wait()
        self._close()

    def account(self):
        """Describe for people: exit code and end of the log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        state = "still runs" if self.exit_code is None else f"ended with {self.exit_code}"
        log = "\n".join(lines[-LINES_OF_LOG:])
        screen = "" if self._hung is None else f" It hung; its screen was {self._hung}."
        return f"Krita {state}.{screen} The end of {self._log}:\n{log}"

    def _capture_and_kill(self):
        self._hung = self._home.folder / "hung.png"
        self.display.capture(self._hung)
        self.kill()

    def _close(self):
        if hasattr(self, "connection"):
            self.connection.close()
        self.display.close()
