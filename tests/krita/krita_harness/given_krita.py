"""The Krita that tests start: this machine's own, or the one of another Debian in a folder.

LAYERPEEL_KRITA_ROOT names that folder, which `packaging/other_krita.sh` makes. Krita then runs in
it by chroot, for which the tests have to be run by root. It sees this machine's /tmp, /proc and the
repository under their own names.
"""

import os
from pathlib import Path

from .requirements import program

ROOT = os.environ.get("LAYERPEEL_KRITA_ROOT", "")


def krita_command():
    """Return the command that starts Krita."""
    return ["chroot", ROOT, "krita"] if ROOT else [program("krita")]


def path_there(path):
    """Return where a file of Krita's Debian lies here."""
    return Path(f"{ROOT}{path}")


def command_from_there(command):
    """Return a command of this machine's as Krita has to call it."""
    # With this machine's /proc, the process of the tests leads back out of the folder.
    return ["chroot", f"/proc/{os.getpid()}/root", *command] if ROOT else command
