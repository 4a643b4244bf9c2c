"""Hands a large message to a backend on this machine as a file.

Qt posts a body 16 KiB at a time and waits for a turn of the event loop before each: where Krita
redraws something in every turn, such as the marching ants of a selection, a large picture took
minutes. A file takes a few turns, whatever else goes on.
"""

import os
import secrets
from typing import Iterable

from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.places import incoming_folder

AT_A_TIME = 2 << 20  # bytes


def write_incoming(message: Iterable[bytes]) -> "Turns[str]":
    """Write a message into a new file that only its owner can read, and return its name.

    Raises OSError, and leaves no file, when it cannot be written.
    """
    name = secrets.token_hex(16)
    folder = incoming_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(str(folder / name), "xb", opener=_for_the_owner) as file:
            for piece in message:
                view = memoryview(piece)
                for start in range(0, len(view), AT_A_TIME):
                    file.write(view[start : start + AT_A_TIME])
                    yield "hand over the message"
    except BaseException:
        remove_incoming(name)
        raise
    return name


def remove_incoming(name: str) -> None:
    """Remove a file that the backend has not taken, if it is still there."""
    try:
        (incoming_folder() / name).unlink()
    except OSError:
        # The backend took it, or the disk refuses: then its next start removes it.
        return


def not_handed_over(error: Exception) -> Problem:
    """Tell that the file could not be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return Problem(
        i18n(
            "The picture cannot be handed to the backend: {reason}. Make room on the disk, and let "
            "yourself write in {folder}."
        ).format(reason=reason, folder=incoming_folder())
    )


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
