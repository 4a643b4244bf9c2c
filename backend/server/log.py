"""The server's log: a line for each job and each failure; no token and no pixels."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES = 1_000_000
FILES = 3
_FORMAT = "%(asctime)s %(levelname)s %(message)s"

log = logging.getLogger("layerpeel.server")


@contextmanager
def logging_to(path: Path, level: str) -> Iterator[None]:
    """Write what happens into `path`, and into two older files beside it when it is full.

    level: the name of one of logging's levels. Raises OSError when the file cannot be written.
    """
    handler = RotatingFileHandler(
        path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter(_FORMAT))
    log.setLevel(level)
    # What the HTTP server itself has to say is about calls; only its troubles are of interest.
    sources = (log, logging.getLogger("uvicorn.error"))
    sources[1].setLevel(logging.WARNING)
    for source in sources:
        source.addHandler(handler)
    try:
        yield
    except Exception:
        # Whoever started this may have thrown away what it prints: the plugin points to this file.
        log.exception("cannot serve")
        raise
    finally:
        for source in sources:
            source.removeHandler(handler)
        handler.close()
