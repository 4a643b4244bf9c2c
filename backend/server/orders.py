"""What the server and its worker process say to each other, beside the protocol's own events."""

from dataclasses import dataclass
from pathlib import Path

from layerpeel.shared.jobs import Cancelled, Failed, Finished, Preview, Progress


@dataclass(frozen=True)
class PeelOrder:
    """Peel what the file `request` holds (a packed `SubmitJob`) into the new file `result`."""

    job_id: str
    request: Path
    result: Path


@dataclass(frozen=True)
class StopOrder:
    """Stop that job, if it is the one at work."""

    job_id: str


@dataclass(frozen=True)
class Broken:
    """The job ended in an exception that nobody foresaw; the worker goes on.

    kind: the exception's name.
    """

    kind: str
    traceback: str


Order = PeelOrder | StopOrder
JobOutcome = Finished | Cancelled | Failed
STARTING = Progress("Starting", 0.0)
"""What a worker reports first, so that nobody else is given the job."""

Report = Progress | Preview | JobOutcome | Broken
