"""What a request itself says of its job, should the records be lost while it waits."""

from pathlib import Path

from layerpeel.backend.server.result_notes import NoResultError
from layerpeel.shared.jobs import JobState, JobSummary, SubmitJob
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import unpack


class NoRequestError(NoResultError):
    """A file is no whole request."""


def job_from_request(path: Path) -> JobSummary:
    """Return the job, waiting, of a file that holds a packed `SubmitJob`.

    It is as old as the file. Raises NoRequestError when the file cannot be read, or is not whole.
    """
    try:
        asked: SubmitJob = unpack(SubmitJob, path.read_bytes())
        created = path.stat().st_mtime
    except (OSError, ProtocolError) as error:
        raise NoRequestError(f"{path} is no request") from error
    return JobSummary(
        path.stem, asked.name, JobState.QUEUED, created, asked.size, keepsake=asked.keepsake
    )
