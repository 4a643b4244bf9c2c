"""A separate HOME for Krita: resources, settings, plugins and Layerpeel's state."""

import builtins
import contextlib
import os
import runpy
import shutil
import sqlite3
from pathlib import Path

from .given_krita import path_there

DRIVER = Path(__file__).parents[1] / "driver"
IMPORTER = path_there("/usr/share/krita/pykrita/plugin_importer/plugin_importer.py")
# Not the default: which engine that is depends on the models and the GPU of the machine.
ENGINE = "compact"
SETTINGS = f"""[python]
enable_layerpeel=true
enable_layerpeel_driver=true

[layerpeel]
engine="{ENGINE}"
"""
RESOURCE_DATABASE = "resourcecache.sqlite"


class KritaHome:
    """Folders for one Krita, which may be started in them any number of times.

    Krita fills a fresh home at its first start, which is slow. `warm`: another home whose resources
    are copied instead.
    """

    def __init__(self, folder, plugin_zip, warm=None):
        self.folder = folder
        self.resources = folder / "data" / "krita"
        self.runtime = folder / "runtime"
        self.layerpeel = folder / "layerpeel"
        self.settings = folder / "config" / "kritarc"
        for made in (self.resources, self.runtime, self.layerpeel, self.settings.parent):
            made.mkdir(parents=True)
        self.runtime.chmod(0o700)  # Qt requires that only the owner can read it.
        if warm is not None:
            self._take_over(warm)
        self._install(plugin_zip)

    def environment(self):
        """Return Krita's whole environment: nothing of the user's desktop, display or settings."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.settings.parent),
            "XDG_DATA_HOME": str(self.resources.parent),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "LAYERPEEL_HOME": str(self.layerpeel),
        }

    def _take_over(self, warm):
        shutil.copytree(
            warm.resources,
            self.resources,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(f"{RESOURCE_DATABASE}*", "pykrita", "actions"),
        )
        # Its Krita may be running: a plain copy of the database could be inconsistent.
        with (
            contextlib.closing(sqlite3.connect(warm.resources / RESOURCE_DATABASE)) as theirs,
            contextlib.closing(sqlite3.connect(self.resources / RESOURCE_DATABASE)) as ours,
        ):
            theirs.backup(ours)

    def _install(self, plugin_zip):
        import_plugin(plugin_zip, self.resources)
        shutil.copytree(
            DRIVER,
            self.resources / "pykrita",
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.settings.write_text(SETTINGS, encoding="utf-8")


def import_plugin(plugin_zip, resources):
    """Install a plugin with the code of Tools > Scripts > Import Python Plugin from File."""
    builtins.i18n = lambda text, *_values: text  # Krita's own translates.
    importer = runpy.run_path(str(IMPORTER))["PluginImporter"]
    importer(str(plugin_zip), str(resources), lambda _plugin: True).import_all()
