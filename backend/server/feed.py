"""What happens to one job, for everybody who listens."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from layerpeel.shared.jobs import Cancelled, Failed, Finished, JobEvent, Preview


def is_final(event: JobEvent) -> bool:
    """Whether nothing more will happen to the job."""
    return isinstance(event, Finished | Cancelled | Failed)


class JobFeed:
    """Where a job stands, then everything that happens to it. Late listeners miss nothing."""

    def __init__(self, first: JobEvent) -> None:
        self._latest = first
        self._preview: Preview | None = None
        self._listeners: set[asyncio.Queue[JobEvent]] = set()

    def publish(self, event: JobEvent) -> None:
        """Tell every listener, now and later. What has been told already is not told again."""
        if event == self._latest:
            return
        if isinstance(event, Preview):
            self._preview = event
        else:
            self._latest = event
        for listener in self._listeners:
            listener.put_nowait(event)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[JobEvent]]:
        """Give a queue of events: where the job stands, its preview if there is one, what comes."""
        heard: asyncio.Queue[JobEvent] = asyncio.Queue()
        heard.put_nowait(self._latest)
        if self._preview is not None and not is_final(self._latest):
            heard.put_nowait(self._preview)
        self._listeners.add(heard)
        try:
            yield heard
        finally:
            self._listeners.discard(heard)
