"""Messages between plugin and backend about jobs: submitting, progress, end.

`layerpeel.shared.protocol` has the types of their content.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Tuple, Union

from layerpeel.shared.protocol import AdjustRequest, PeelRequest, Picture, RefillRequest
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, SceneRequest

Request = Union[
    PeelRequest, RefillRequest, AdjustRequest, SceneRequest, ObjectRequest, BackgroundRequest
]


class Cause(str, Enum):
    """Why a job failed, as far as there is something that can be done about it at once."""

    NOTHING_FOUND = "nothing found"
    MODEL = "model"
    UNFORESEEN = "unforeseen"
    OTHER = "other"


@dataclass(frozen=True)
class SubmitJob:
    """Ask the backend for layers.

    name: for people, such as the artist's list of results.
    picture: what to work on; None where the request brings it (`AdjustRequest`).
    keepsake: any text of the client's own; it comes back with the job (`JobSummary`), also after
        the client was restarted.
    """

    name: str
    request: Request
    picture: Optional[Picture]
    keepsake: str = ""

    @property
    def size(self) -> Tuple[int, int]:
        """Width, height of what to work on."""
        if self.picture is None:
            return self.request.stack.size if isinstance(self.request, AdjustRequest) else (0, 0)
        return (self.picture.pixels.width, self.picture.pixels.height)


@dataclass(frozen=True)
class AdjustJob:
    """Ask for another result, in which the edges of one that the backend has are adjusted.

    name, keepsake: see `SubmitJob`. shift, soften, clean: see `AdjustRequest`.
    """

    name: str
    shift: float = 0.0
    soften: float = 0.0
    clean: bool = False
    keepsake: str = ""


class JobState(str, Enum):
    """The state of a job. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class JobSummary:
    """A job as the backend remembers it.

    created: seconds since 1970, UTC.
    size: width, height of the picture.
    message: why it failed, for people; else empty. cause: of no meaning where it did not.
    """

    id: str
    name: str
    state: JobState
    created: float
    size: Tuple[int, int]
    message: str = ""
    keepsake: str = ""
    cause: Cause = Cause.OTHER


@dataclass(frozen=True)
class JobList:
    """The recent jobs, newest first."""

    jobs: Tuple[JobSummary, ...]


@dataclass(frozen=True)
class JobInLine:
    """A job that runs or waits. stage: in words; empty while it waits. done: share, 0–1."""

    job: JobSummary
    stage: str = ""
    done: float = 0.0


@dataclass(frozen=True)
class JobsInLine:
    """All jobs that run or wait: the one that runs, then the others in their order."""

    jobs: Tuple[JobInLine, ...] = ()


class Step(str, Enum):
    """Where a job that waits goes among those that wait."""

    FIRST = "first"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True)
class MoveJob:
    """Ask for another place in the line. Where there is none further on, nothing changes."""

    to: Step


@dataclass(frozen=True)
class Queued:
    """The job waits. position: number of jobs before it."""

    position: int


@dataclass(frozen=True)
class Progress:
    """The job runs. stage: in words. done: share of the whole, 0–1."""

    stage: str
    done: float


@dataclass(frozen=True)
class Preview:
    """What will be lifted off, as soon as that is known: a small PNG with transparency."""

    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Finished:
    """The result can be fetched. notes: lines for people."""

    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    """The job was stopped on request."""


@dataclass(frozen=True)
class Failed:
    """The job ended without a result.

    message: one line for people.
    """

    message: str
    cause: Cause = Cause.OTHER


JobEvent = Union[Queued, Progress, Preview, Finished, Cancelled, Failed]


@dataclass(frozen=True)
class EngineInfo:
    """An engine, and what it can do on the backend's machine now.

    missing: one line for people about what it lacks; empty when it can run.
    words: whether it finds things by name; if not, words_hint says what is needed.

    It gets no further field; see `Health`.
    """

    name: str
    missing: str
    words: bool
    words_hint: str


@dataclass(frozen=True)
class StageMeans:
    """What can be chosen for a stage. title: in words. missing: what it lacks, in one line."""

    name: str
    title: str
    missing: str


@dataclass(frozen=True)
class StageInfo:
    """A stage for which the engine `auto` can be told what to take: `auto+STAGE=NAME`."""

    name: str
    choices: Tuple[StageMeans, ...]


@dataclass(frozen=True)
class AutoInfo:
    """What the engine `auto` does on the backend's machine now, and what it can be told.

    about: what it would take for each question, in one line for people.
    """

    about: str
    stages: Tuple[StageInfo, ...]


@dataclass(frozen=True)
class Health:
    """Version and engines of a backend. Other calls carry the protocol's number, and must match.

    So this is what a plugin of any version reads, to say which of the two is to be updated: it
    stays as version 0.2.0 had it, which refuses any field that it does not know.
    """

    version: str
    protocol: int
    engines: Tuple[EngineInfo, ...]


@dataclass(frozen=True)
class Refusal:
    """The answer to a call that was refused. message: one line for people."""

    message: str
