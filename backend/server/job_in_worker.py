"""One job in the worker process: reads a request file, reports events, writes a result file."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from layerpeel.backend.answering import answer
from layerpeel.backend.errors import (
    BadInputError,
    LayerpeelError,
    ModelError,
    NothingFoundError,
    OneLayerError,
    reason_of,
)
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork
from layerpeel.backend.server.orders import JobOutcome, PeelOrder, Report
from layerpeel.backend.server.result_views import write_views
from layerpeel.shared.jobs import Cancelled, Cause, Failed, Finished, Preview, Progress, SubmitJob
from layerpeel.shared.protocol import Depth
from layerpeel.shared.wire import pack, unpack

PREVIEW_SIDE = 256

NO_MEMORY = (
    "There is not enough memory for this picture. Close other programs, or scale it down, "
    "then press Peel again."
)


def peel_into_file(
    order: PeelOrder, tell: Callable[[Report], None], is_stopped: Callable[[], bool]
) -> JobOutcome:
    """Peel, and write the packed stack to `order.result` once it is complete.

    tell: gets progress and the preview. is_stopped: checked at each step.

    Errors of our own become `Failed`; any other exception is raised.
    """

    def report(stage: str, done: float) -> None:
        if is_stopped():
            raise StopWork
        tell(Progress(stage, done))

    def show(found: Float32) -> None:
        tell(Preview(small_png(found)))

    try:
        job = unpack(SubmitJob, order.request.read_bytes())
        stack = answer(job.picture, job.request, ModelStore(), report, show)
        unwritten = _written(order.result, pack(stack))
        if unwritten is None:
            # A result without them is a result: the list of results shows a frame in their place.
            with contextlib.suppress(OSError, BadInputError, MemoryError):
                write_views(job, stack, order.thumbnails, order.original)
        return unwritten or Finished(stack.notes)
    except StopWork:
        return Cancelled()
    except LayerpeelError as error:
        return Failed(str(error), _cause_of(error))
    except MemoryError:
        return Failed(NO_MEMORY)


def _cause_of(error: LayerpeelError) -> Cause:
    if isinstance(error, NothingFoundError) and not isinstance(error, OneLayerError):
        return Cause.NOTHING_FOUND
    return Cause.MODEL if isinstance(error, ModelError) else Cause.OTHER


def small_png(found: Float32) -> bytes:
    """Draw H×W×4 display sRGB (0–1, straight alpha) as a PNG of at most `PREVIEW_SIDE` a side."""
    picture = Image.fromarray(from_float(found, Depth.U8), "RGBA")
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def _written(path: Path, data: bytes) -> Failed | None:
    """Write a new file to disk; return Failed when that cannot be done."""
    try:
        write_new_file(path, data)
    except OSError as error:
        return Failed(
            f"The result cannot be kept in {path.parent}: {reason_of(error)}. "
            "Make room there, then press Peel again."
        )
    return None
