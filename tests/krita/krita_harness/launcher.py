"""Starts Kritas for tests: the first one fills its home, those after it take over what it made."""

import os
from pathlib import Path

from .home import KritaHome
from .running import RunningKrita


class Launcher:
    """Starts Kritas, each with the plugin and the driver, and keeps a list of them."""

    def __init__(self, folder, plugin_zip):
        self._folder = folder
        self._plugin_zip = plugin_zip
        self._warm_home = None
        self.screenshots = Path(os.environ.get("LAYERPEEL_SCREENSHOTS") or folder / "screenshots")
        self.screenshots.mkdir(parents=True, exist_ok=True)
        self.started = []

    def launch(self, environment=None, name="home", plugin_zip=None):
        """Start a Krita in a home of its own; `environment` adds to, or replaces, what it gets.

        name: of the home's folder, before its number. plugin_zip: another one than the run's.
        """
        folder = self._folder / f"{name}-{len(self.started) + 1}"
        home = KritaHome(folder, plugin_zip or self._plugin_zip, self._warm_home)
        krita = RunningKrita(home, environment or {}, self.screenshots)
        self.started.append(krita)
        krita.start()
        self._warm_home = self._warm_home or home
        return krita

    def kill_all(self):
        """Kill all that still run, including those that failed to start."""
        for krita in self.started:
            if krita.is_running:
                krita.kill()

    def end(self, krita):
        """Quit it if it runs; return what went wrong, None if nothing did.

        A Krita that the test itself has ended is not checked.
        """
        if not krita.is_running:
            return None
        errors = krita.errors()
        code = krita.quit()
        if errors:
            return "Krita collected unhandled exceptions:\n" + "\n".join(errors)
        return None if code == 0 else f"Krita quit badly. {krita.account()}"
