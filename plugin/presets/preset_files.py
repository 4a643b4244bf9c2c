"""Preset files of the artist's: read to be taken in, written to be handed on."""

import os
import secrets
import stat
from pathlib import Path

from layerpeel.plugin.texts import i18n
from layerpeel.shared.presets import MOST_BYTES


def read_file(path: str) -> str:
    """Read a preset's file as it is. path: as Qt says it; waits for nobody, not at a pipe either.

    Raises ValueError, with a line for the artist, where it is none or cannot be read.
    """
    try:
        return _as_text(_content(_path_of(path)))
    except OSError as error:
        raise _not_read(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _not_read(path, str(error)) from error


def write_file(path: str, text: str) -> None:
    """Write a preset's file, to the byte: beside what is there, which it then replaces.

    Raises ValueError, with a line for the artist, where that fails; what was there stays.
    """
    try:
        target = _path_of(path)
        beside = target.with_name(f".layerpeel-{secrets.token_hex(4)}.partial")
        try:
            with beside.open("xb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            if beside.exists():
                beside.unlink()
    except OSError as error:
        raise _not_written(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _not_written(path, str(error)) from error


def _path_of(path: str) -> Path:
    """Return a path of Qt's for Python, which Krita runs with ASCII file names (`path_text`)."""
    try:
        return Path(os.fsdecode(path.encode("utf-8")))
    except UnicodeError as error:
        raise ValueError(i18n("its name is no text")) from error


def _content(path: Path) -> bytes:
    # Without O_NONBLOCK opening a pipe waits for who writes into it. Files do not know it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(i18n("it is no file"))
        return file.read(MOST_BYTES + 1)


def _as_text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ValueError(i18n("it is far too long for a preset"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(i18n("it is no text")) from error


def _not_read(path: str, reason: str) -> ValueError:
    return ValueError(i18n("{path} cannot be read: {reason}.").format(path=path, reason=reason))


def _not_written(path: str, reason: str) -> ValueError:
    return ValueError(i18n("{path} cannot be written: {reason}.").format(path=path, reason=reason))
