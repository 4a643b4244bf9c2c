"""A job that runs or waits, as the list says it."""

from dataclasses import dataclass
from typing import Optional

from krita import Document

from layerpeel.plugin.canvas.finding import is_open, name_of
from layerpeel.plugin.results.listed_result import listed
from layerpeel.plugin.texts import i18n, stage_text
from layerpeel.shared.jobs import JobInLine, JobState

_BETWEEN = " · "


@dataclass(frozen=True)
class WaitingJob:
    """What is said of a job.

    title: what is lifted off, or painted. document: name of the document that it is for; empty
    where that is not known. is_own: whether this Krita asked for it. is_closed: whether its
    document has been closed. stage: in words; empty while it waits. done: share, 0–1.
    """

    id: str
    title: str
    document: str
    is_own: bool
    is_closed: bool
    waits: bool
    stage: str
    done: float

    @property
    def note(self) -> str:
        """Say where its result goes, if not into a document that is open here; else nothing."""
        if not self.is_own:
            return i18n("not of this Krita")
        return i18n("closed: it comes to Results") if self.is_closed else ""

    @property
    def progress(self) -> str:
        """Say how far it is."""
        if self.waits:
            return i18n("waits")
        return f"{round(100 * self.done)} %, {self.stage}" if self.stage else i18n("Starting")

    @property
    def lines(self) -> str:
        """All that is said of it, in two lines."""
        what = [each for each in (self.title, self.document) if each]
        how = [each for each in (self.progress, self.note) if each]
        return f"{_BETWEEN.join(what)}\n{_BETWEEN.join(how)}"


def waiting_job(each: JobInLine, document: Optional[Document]) -> WaitingJob:
    """Read what is said of a job. document: see `Connection.document_of`."""
    result = listed(each.job)
    is_closed = document is not None and not is_open(document)
    # It may have been saved under another name since.
    name = name_of(document) if document is not None and not is_closed else result.document
    waits = each.job.state is JobState.QUEUED
    stage = stage_text(each.stage)
    return WaitingJob(
        each.job.id,
        result.title,
        name,
        document is not None,
        is_closed,
        waits,
        stage,
        each.done,
    )
