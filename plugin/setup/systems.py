"""What differs between Linux, Windows and macOS: where Pythons are, and what lies in environments.

Linux was tried; the other two follow what their Pythons document, and were not run.
"""

import sys
from dataclasses import dataclass
from typing import List, Mapping

from layerpeel.shared.translatable import Translatable

OLDEST, NEWEST = (3, 11), (3, 14)
"""The Pythons that the lock has wheels for."""

# The best first: the newest is the last that every library has wheels for.
_MINORS = (13, 12, 14, 11)


@dataclass(frozen=True)
class System:
    """A kind of operating system.

    programs: the folder of an environment that its programs lie in. python: its Python's name.
    where_from: where a Python comes from, in a sentence.
    """

    name: str
    programs: str
    python: str
    where_from: Translatable


LINUX = System(
    "Linux",
    "bin",
    "python",
    Translatable(
        "Install python3 and python3-venv with your system's software manager (on Debian and "
        "Ubuntu: sudo apt install python3-venv). Where that is older than Python 3.11, install "
        "python3.11 and python3.11-venv."
    ),
)
WINDOWS = System(
    "Windows",
    "Scripts",
    "python.exe",
    Translatable(
        "Get Python 3.13 (64-bit) from python.org/downloads, and not from the Microsoft Store, "
        "whose programs write where Krita cannot look."
    ),
)
MACOS = System(
    "macOS",
    "bin",
    "python",
    Translatable(
        "Get Python 3.13 from python.org/downloads, or with Homebrew: brew install python@3.13."
    ),
)


def this_system() -> System:
    """Return the system that Krita runs on."""
    return {"win32": WINDOWS, "darwin": MACOS}.get(sys.platform, LINUX)


def pythons_to_try(system: System, environment: Mapping[str, str]) -> List[List[str]]:
    """Return the commands that may start a Python, the best first; most will not exist.

    Bare names are meant to be looked for on the PATH alone. environment: the variables that Krita
    has.
    """
    if system is WINDOWS:
        return _on_windows(environment)
    if system is MACOS:
        # Not /usr/bin/python3: where no Python is, it opens a window that offers developer tools.
        frameworks = "/Library/Frameworks/Python.framework/Versions"
        return [
            [place]
            for minor in _MINORS
            for place in (
                f"{frameworks}/3.{minor}/bin/python3.{minor}",
                f"/opt/homebrew/bin/python3.{minor}",
                f"/usr/local/bin/python3.{minor}",
                f"/opt/local/bin/python3.{minor}",
            )
        ]
    named = [f"python3.{minor}" for minor in _MINORS]
    places = ["", "/usr/bin/", "/usr/local/bin/"]
    return [[place + name] for place in places for name in [*named, "python3"]]


def _on_windows(environment: Mapping[str, str]) -> List[List[str]]:
    launcher = [["py", f"-3.{minor}"] for minor in _MINORS]
    folders = []
    if environment.get("LOCALAPPDATA"):
        folders.append(environment["LOCALAPPDATA"] + "\\Programs\\Python")
    if environment.get("ProgramFiles"):
        folders.append(environment["ProgramFiles"])
    placed = [[f"{folder}\\Python3{m}\\python.exe"] for m in _MINORS for folder in folders]
    # Not python.exe: where no Python is, it opens the Store, or fetches one without being asked.
    named = [[f"python3.{minor}.exe"] for minor in _MINORS]
    return [*launcher, *placed, *named]
