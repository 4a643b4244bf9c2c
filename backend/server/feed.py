"""The events of one job, for everybody who listens."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobEvent, Preview


def is_final(event: JobEvent) -> bool:
    """Whether nothing more will happen to the job."""
    return isinstance(event, Finished | Cancelled | Failed)


class JobFeed:
    """Where a job stands, and everything that happens to it from then on."""

    def __init__(self, first: JobEvent) -> None:
        self._latest = first
        self._preview: Preview | None = None
        self._listeners: set[asyncio.Queue[JobEvent | None]] = set()

    @property
    def latest(self) -> JobEvent:
        """Where the job stands."""
        return self._latest

    def publish(self, event: JobEvent) -> None:
        """Send an event to listeners, present and later ones; a repeated one is not sent again."""
        if event == self._latest:
            return
        if isinstance(event, Preview):
            self._preview = event
        else:
            self._latest = event
        for listener in self._listeners:
            listener.put_nowait(event)

    def close(self) -> None:
        """Tell no more of a job that has not ended: it goes on when the server starts again."""
        for listener in self._listeners:
            listener.put_nowait(None)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[JobEvent | None]]:
        """Yield a queue of events: where the job stands, its latest preview, then what comes.

        None comes last where nothing more is told although the job has not ended.
        """
        heard: asyncio.Queue[JobEvent | None] = asyncio.Queue()
        heard.put_nowait(self._latest)
        if self._preview is not None and not is_final(self._latest):
            heard.put_nowait(self._preview)
        self._listeners.add(heard)
        try:
            yield heard
        finally:
            self._listeners.discard(heard)
