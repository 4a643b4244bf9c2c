"""A job that adjusts the edges of a result: its request holds that result, and so outlives it."""

import shutil

from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.server.job_store import JobStore
from layerpeel.shared.jobs import AdjustJob, SubmitJob
from layerpeel.shared.protocol import AdjustRequest, LayerStack
from layerpeel.shared.wire import pack, unpack


def write_adjustment(store: JobStore, of: str, job_id: str, asked: AdjustJob) -> SubmitJob:
    """Write a new job's request, with the result of the job `of`, and the original of that.

    Raises OSError when they cannot be written, or the result read; the caller removes them then.
    """
    stack = unpack(LayerStack, store.result_file(of).read_bytes())
    request = AdjustRequest(stack, asked.shift, asked.soften, asked.clean)
    job = SubmitJob(asked.name, request, None, asked.keepsake)
    write_new_file(store.request_file(job_id), pack(job))
    if store.original_file(of).exists():
        shutil.copyfile(store.original_file(of), store.original_file(job_id))
    return job
