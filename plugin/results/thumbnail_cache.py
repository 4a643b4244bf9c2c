"""The thumbnails of results, fetched a few at a time for those that are looked at."""

from functools import partial
from typing import Dict, List, Optional, Set

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.qt import QObject, pyqtSignal
from layerpeel.shared.thumbnails import Thumbnails

AT_A_TIME = 3


class ThumbnailCache(QObject):
    """Thumbnails by the id of their job.

    arrived: emitted with the id of a job whose thumbnails have come, or of which there are none.
    """

    arrived = pyqtSignal(str)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._client: Optional[Client] = None
        self._known: Dict[str, Optional[Thumbnails]] = {}
        self._waiting: List[str] = []
        self._asked: Set[str] = set()
        self._refused: Set[str] = set()

    def ask_from_now(self, client: Client) -> None:
        """Fetch from this backend; what was not answered so far is asked again when looked at."""
        self._client = client
        self._waiting.clear()
        self._asked.clear()
        self._refused.clear()

    def look_at(self, job: str) -> Optional[Thumbnails]:
        """Return a job's thumbnails; where they are not known yet they are fetched, and None."""
        is_new = job not in self._known and job not in self._asked and job not in self._refused
        if is_new and job not in self._waiting:
            self._waiting.append(job)
            self._fetch_next()
        return self._known.get(job)

    def is_known(self, job: str) -> bool:
        """Whether a job's thumbnails have come, or there are none."""
        return job in self._known

    def forget(self, job: str) -> None:
        """Give up what is known of a job."""
        self._known.pop(job, None)

    def _fetch_next(self) -> None:
        client = self._client
        while client is not None and self._waiting and len(self._asked) < AT_A_TIME:
            # What came into view last is what the artist sees now.
            job = self._waiting.pop()
            self._asked.add(job)
            client.thumbnails(job, partial(self._settle, job), partial(self._failed, job))

    def _failed(self, job: str, problem: Problem) -> None:
        if problem.unknown:
            self._settle(job, None)
        elif not (problem.unreachable or problem.broken):
            # Asked for again with the whole list, and no reason to keep the others waiting.
            self._asked.discard(job)
            self._refused.add(job)
            self._fetch_next()
        # Else the backend has gone: it is asked again once there is one.

    def _settle(self, job: str, thumbnails: Optional[Thumbnails]) -> None:
        self._asked.discard(job)
        self._known[job] = thumbnails
        self.arrived.emit(job)
        self._fetch_next()
