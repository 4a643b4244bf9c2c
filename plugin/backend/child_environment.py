"""The environment of the programs that we start: the user's, without what is Krita's own.

Krita's Python, and the libraries that an AppImage brings, would be taken for those of the program.
Proxies, certificates and folders go through.
"""

import os
import sys
from pathlib import Path
from typing import Mapping, Optional

from layerpeel.plugin.qt import QApplication, QProcessEnvironment

_OF_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE")
_PATHS = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def child_environment(more: Optional[Mapping[str, str]] = None) -> QProcessEnvironment:
    """Return the environment for a program. more: variables that it gets besides."""
    environment = QProcessEnvironment.systemEnvironment()
    for name in _OF_PYTHON:
        environment.remove(name)
    krita = folder_of_krita()
    if krita is not None:
        for name in _PATHS:
            if environment.contains(name):
                environment.insert(name, without_folder(environment.value(name), krita))
    for name, value in (more or {}).items():
        environment.insert(name, value)
    return environment


def without_folder(paths: str, folder: Path) -> str:
    """Leave what lies in a folder out of a list of paths, as PATH has it."""
    kept = [path for path in paths.split(os.pathsep) if path and not _is_in(Path(path), folder)]
    return os.pathsep.join(kept)


def folder_of_krita() -> Optional[Path]:
    """Return the folder that Krita brings its libraries in; None where they are the system's."""
    if os.environ.get("APPDIR"):  # Set by an AppImage.
        return Path(os.environ["APPDIR"])
    if sys.platform == "win32":
        return Path(QApplication.applicationDirPath())
    if sys.platform == "darwin":
        return Path(QApplication.applicationDirPath()).parent  # Krita.app/Contents
    return None


def _is_in(path: Path, folder: Path) -> bool:
    return folder == path or folder in path.parents
