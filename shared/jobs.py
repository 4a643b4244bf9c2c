"""What plugin and backend say to each other about jobs: handed in, at work, ended.

`layerpeel.shared.protocol` says what they are about.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Tuple, Union

from layerpeel.shared.protocol import PeelRequest, Picture
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, SceneRequest

Request = Union[PeelRequest, SceneRequest, ObjectRequest, BackgroundRequest]


@dataclass(frozen=True)
class SubmitJob:
    """Ask the backend for layers.

    name: what the artist calls it.
    keepsake: any text of the asker's own; it comes back with the job (`JobSummary`), also to one
        who has lost its memory since.
    """

    name: str
    request: Request
    picture: Picture
    keepsake: str = ""


class JobState(str, Enum):
    """Where a job is. The last three are final."""

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
    message: why it failed, for people; else empty.
    """

    id: str
    name: str
    state: JobState
    created: float
    size: Tuple[int, int]
    message: str = ""
    keepsake: str = ""


@dataclass(frozen=True)
class JobList:
    """The recent jobs, newest first."""

    jobs: Tuple[JobSummary, ...]


@dataclass(frozen=True)
class Queued:
    """The job waits. position: how many go before it."""

    position: int


@dataclass(frozen=True)
class Progress:
    """The job runs. stage: in words. done: how much of the whole, 0–1."""

    stage: str
    done: float


@dataclass(frozen=True)
class Preview:
    """What will be lifted off, as soon as it is known: a small PNG of it on clear ground."""

    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Finished:
    """The result can be fetched. notes: what a person should be told."""

    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    """The job was stopped because somebody asked for it."""


@dataclass(frozen=True)
class Failed:
    """The job ended without a result. message: one line for people."""

    message: str


JobEvent = Union[Queued, Progress, Preview, Finished, Cancelled, Failed]


@dataclass(frozen=True)
class EngineInfo:
    """An engine, and what it can do on this machine now.

    missing: one line for people about what to get before it runs; empty when it runs.
    words: whether things can be named; if not, words_hint says what to get.
    """

    name: str
    missing: str
    words: bool
    words_hint: str


@dataclass(frozen=True)
class Health:
    """Who answers. Every other call carries the protocol's number and is refused on another."""

    version: str
    protocol: int
    engines: Tuple[EngineInfo, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a call was not carried out. message: one line for people."""

    message: str
