"""The server's log: a line per job and per failure; no token, no pixels, no words of the artist's.

What others may have chosen, as a name or a message, cannot look like a line of its own: whatever is
not a record's first line begins with a bar.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from layerpeel.backend.errors import LayerpeelError, StoppedError

FILE_BYTES = 1_000_000
FILES = 3
_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")

log = logging.getLogger("layerpeel.server")


class _LogFile(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (its name in logging)
        """Lose a line that cannot be written: on a full disk a traceback of each helps nobody."""

    def close(self) -> None:
        """Close the file, also where its last lines cannot be written."""
        with suppress(OSError):
            super().close()


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        first, *more = super().format(record).splitlines() or [""]
        text = "\n".join((first, *(f"    | {line}" for line in more)))
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def without_quotes(message: str) -> str:
    """Leave out what a message quotes: prompts, names of pictures and layers."""
    return re.sub("“.*”", "“…”", message, flags=re.DOTALL)


@contextmanager
def logging_to(path: Path, level: str) -> Iterator[None]:
    """Log into `path`; when it is full, it is rotated into two older files beside it.

    level: the name of a level of `logging`. Raises OSError when the file cannot be written.
    """
    handler = _LogFile(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    handler.setFormatter(_Lines(_FORMAT))
    log.setLevel(level)
    # The HTTP server logs every call, and warns of each malformed one: strangers could fill it.
    of_http = logging.getLogger("uvicorn.error")
    of_http.setLevel(logging.ERROR)
    sources = (log, of_http, logging.getLogger("asyncio"))
    for source in sources:
        source.addHandler(handler)
    try:
        yield
    except StoppedError:
        raise
    except LayerpeelError as error:
        log.error("cannot serve: %s", error)  # noqa: TRY400  (it says itself what is wrong)
        raise
    except Exception:
        # The plugin discards what the server prints, and points to this file instead.
        log.exception("cannot serve")
        raise
    finally:
        for source in sources:
            source.removeHandler(handler)
        handler.close()
