"""A job that adjusts the edges of a result: its request holds that result, and so outlives it."""

import contextlib
import shutil

from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.refusal import Refused, unknown_job
from layerpeel.shared.jobs import AdjustJob, SubmitJob
from layerpeel.shared.protocol import AdjustRequest, LayerStack, ProtocolError
from layerpeel.shared.wire import pack, unpack


def write_adjustment(store: JobStore, of: str, job_id: str, asked: AdjustJob) -> SubmitJob:
    """Write a new job's request, with the result of the job `of`, and the original of that.

    Raises `Refused` when that result is gone or is no result, OSError when the disk cannot be read
    or written; the caller removes what was written then.
    """
    stack = _result_of(store, of)
    request = AdjustRequest(stack, asked.shift, asked.soften, asked.clean)
    job = SubmitJob(asked.name, request, None, asked.keepsake)
    write_new_file(store.request_file(job_id), pack(job))
    # Not every job has an original, and it may be forgotten just now.
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(store.original_file(of), store.original_file(job_id))
    return job


def _result_of(store: JobStore, job_id: str) -> LayerStack:
    try:
        return unpack(LayerStack, store.result_file(job_id).read_bytes())
    except FileNotFoundError:
        # Forgotten since it was looked up.
        raise unknown_job() from None
    except ProtocolError as error:
        raise Refused(409, f"This result cannot be read: {error} Press Peel again.") from error
