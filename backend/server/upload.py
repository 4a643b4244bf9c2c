"""Receives a job's picture: refused before it is read where possible, and never half kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import MESSAGE_TYPE, unpack

SILENCE_SECONDS = 30.0


def check_announced(headers: Headers, limits: Limits) -> None:
    """Raise `Refused` if the headers announce another type, no length, or too long a body."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != MESSAGE_TYPE:
        raise Refused(415, f"A job comes as {MESSAGE_TYPE}, not as “{kind}”: update the plugin.")
    length = headers.get("content-length")
    if length is None:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            raise Refused(411, "The call does not say how long it is: update the plugin.")
        return
    if int(length) > limits.body:
        raise _too_long(limits)


async def receive_body(request: Request, target: Path, limits: Limits) -> None:
    """Write a call's body into the new file `target`; the caller removes it if this fails.

    Raises `Refused` when the body is too long, ends early or stops coming, OSError when writing
    fails.
    """
    received = 0
    with target.open("xb") as file:
        async for piece in _pieces(request):
            received += len(piece)
            if received > limits.body:
                raise _too_long(limits)
            # A piece of 64 KiB goes into the system's cache: quicker than handing it to a thread.
            file.write(piece)


def read_job(path: Path, limits: Limits) -> SubmitJob:
    """Read the received job. Raises `Refused` when it is no job, or its picture is too large."""
    try:
        job = unpack(SubmitJob, path.read_bytes())
    except ProtocolError as error:
        raise Refused(400, f"The job cannot be read: {error} Update the plugin.") from error
    width, height = job.picture.pixels.width, job.picture.pixels.height
    if width * height > limits.pixels:
        raise Refused(
            413,
            f"The picture has {width}×{height} pixels, more than the {limits.pixels:,} that this "
            "backend takes. Scale it down, or start the backend with a larger --max-pixels.",
        )
    return job


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise Refused(408, "The picture stopped coming. Press Peel again.") from None
        except ClientDisconnect:
            raise Refused(400, "The picture came only in part. Press Peel again.") from None
        if piece is None:
            return
        yield piece


def _too_long(limits: Limits) -> Refused:
    return Refused(
        413,
        f"The picture is larger than the {limits.body:,} bytes that this backend takes. "
        "Scale it down, or start the backend with a larger --max-pixels or --max-body.",
    )
