"""A virtual screen with a window manager, one for each Krita."""

import contextlib
import os
import subprocess

from .requirements import program

SIZE = (1600, 1000)
SECONDS_TO_END = 10


class Display:
    """Xvfb and openbox, from creation to `close`.

    scale: screen pixels to a logical one; the screen is that much larger.
    environment: for programs that are to appear on this screen.
    """

    def __init__(self, environment, log_folder, scale=1):
        self._size = [length * scale for length in SIZE]
        self._log = (log_folder / "display.log").open("ab")
        self._server, number = self._start_server(environment)
        self.environment = {**environment, "DISPLAY": f":{number}"}
        self._window_manager = subprocess.Popen(
            [program("openbox"), "--sm-disable"],
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
        )

    def _start_server(self, environment):
        receiver, sender = os.pipe()
        width, height = self._size
        screen = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
        server = subprocess.Popen(
            [program("Xvfb"), "-displayfd", str(sender), *screen],
            env=environment,
            pass_fds=[sender],
            stdout=self._log,
            stderr=self._log,
        )
        os.close(sender)
        with os.fdopen(receiver, encoding="ascii") as told:
            number = (
                told.readline().strip()
            )  # Written when the screen is ready; empty if Xvfb ends.
        if not number:
            raise RuntimeError(f"Xvfb did not start; see {self._log.name}")
        return server, number

    def xdotool(self, *words):
        """Move and press the real mouse and keyboard of this screen."""
        subprocess.run([program("xdotool"), *words], env=self.environment, check=True)

    def capture(self, path, place=None):
        """Write the screen, or [left, top, width, height] of it, to a PNG at `path`."""
        command = [program("import"), "-silent", "-window", "root"]
        if place is not None:
            left, top, width, height = place
            command += ["-crop", f"{width}x{height}+{left}+{top}", "+repage"]
        subprocess.run([*command, str(path)], env=self.environment, check=True)

    def close(self):
        """End both programs."""
        for process in (self._window_manager, self._server):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_END)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._log.close()
