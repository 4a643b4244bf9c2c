"""What the server and its worker process send each other, besides the protocol's own events."""

from dataclasses import dataclass
from pathlib import Path

from layerpeel.shared.jobs import Cancelled, Failed, Finished, Preview, Progress
from layerpeel.shared.translatable import Translatable


@dataclass(frozen=True)
class PeelOrder:
    """Peel the packed `SubmitJob` in the file `request` into the new file `result`.

    thumbnails, original: new files for what is shown of it (`result_views`).
    """

    job_id: str
    request: Path
    result: Path
    thumbnails: Path
    original: Path


@dataclass(frozen=True)
class StopOrder:
    """Stop this job if it is the one that runs."""

    job_id: str


@dataclass(frozen=True)
class Broken:
    """The job ended in an unexpected exception; the worker goes on.

    kind: the exception's name.
    """

    kind: str
    traceback: str


Order = PeelOrder | StopOrder
JobOutcome = Finished | Cancelled | Failed
STARTING = Progress(Translatable("Starting"), 0.0)
"""What a worker reports first, so that the job is not given to another one."""

Report = Progress | Preview | JobOutcome | Broken
