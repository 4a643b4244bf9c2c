"""Receives what calls bring: refused before it is read where possible, never half kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from layerpeel.backend.errors import reason_of
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import Picture, ProtocolError
from layerpeel.shared.scenes import SceneRequest
from layerpeel.shared.wire import LONGEST_HEADER, MESSAGE_TYPE, from_text, unpack

SILENCE_SECONDS = 30.0

# Of one job, beside its picture: more than any generator is shown.
MOST_REFERENCES = 16

Message = TypeVar("Message")


def check_announced(headers: Headers, limits: Limits) -> None:
    """Raise `Refused` if the headers announce another type, no length, or too long a body."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != MESSAGE_TYPE:
        raise Refused(
            415, f"A picture comes as {MESSAGE_TYPE}, not as “{kind}”: update the plugin."
        )
    length = headers.get("content-length")
    if length is None:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            raise Refused(411, "The call does not say how long it is: update the plugin.")
        return
    if int(length) > limits.body:
        raise too_long(limits)


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
                raise too_long(limits)
            # A piece of 64 KiB goes into the system's cache: quicker than handing it to a thread.
            file.write(piece)


def read_job(path: Path, limits: Limits) -> SubmitJob:
    """Read the received job.

    Raises `Refused` when it is no job, or its pictures are too large or too many.
    """
    job = _unpacked(SubmitJob, path, "job")
    if job.size == (0, 0):
        raise Refused(400, "The job came without a picture: update the plugin.")
    _check_pixels(job.size, limits)
    _check_references(job, limits)
    return job


def read_picture(path: Path, limits: Limits) -> Picture:
    """Read the received picture. Raises `Refused` when it is none, or too large."""
    picture = _unpacked(Picture, path, "picture")
    _check_pixels(_size_of(picture), limits)
    return picture


async def read_message(kind: type[Message], request: Request) -> Message:
    """Read a body that is a small JSON message of the type `kind`.

    Raises `Refused` when it is too long, incomplete, or another message.
    """
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST_HEADER:
                raise Refused(413, "The call is longer than such a call can be: update the plugin.")
        message: Any = from_text(kind, bytes(body))
    except ClientDisconnect:
        raise Refused(400, "The call came only in part. Try again.") from None
    except ProtocolError as error:
        raise Refused(400, f"The call cannot be understood: {error} Update the plugin.") from error
    checked: Message = message
    return checked


def no_room(error: OSError) -> Refused:
    """Tell that what came cannot be written to disk."""
    return Refused(
        507,
        f"The picture cannot be kept: {reason_of(error)}. Make room on the disk, then try again.",
    )


def _unpacked(kind: type[Message], path: Path, what: str) -> Message:
    try:
        return unpack(kind, path.read_bytes())
    except ProtocolError as error:
        raise Refused(400, f"The {what} cannot be read: {error} Update the plugin.") from error


def _check_references(job: SubmitJob, limits: Limits) -> None:
    guide = job.request.guide if isinstance(job.request, SceneRequest) else None
    sizes = [_size_of(each) for each in guide.references] if guide is not None else []
    if len(sizes) > MOST_REFERENCES:
        raise Refused(
            413,
            f"The job came with {len(sizes)} further pictures, and no generator is shown more than "
            f"{MOST_REFERENCES}: leave some out.",
        )
    for size in sizes:
        _check_pixels(size, limits)
    together = sum(width * height for width, height in (job.size, *sizes))
    if together > limits.pixels:
        raise Refused(
            413,
            f"The picture and the further ones have {together:,} pixels together, more than the "
            f"{limits.pixels:,} that this backend takes. Scale them down, or start the backend "
            "with a larger --max-pixels.",
        )


def _size_of(picture: Picture) -> tuple[int, int]:
    return picture.pixels.width, picture.pixels.height


def _check_pixels(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.pixels:
        raise Refused(
            413,
            f"The picture has {width}×{height} pixels, more than the {limits.pixels:,} that this "
            "backend takes. Scale it down, or start the backend with a larger --max-pixels.",
        )


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise Refused(408, "The picture stopped coming. Try again.") from None
        except ClientDisconnect:
            raise Refused(400, "The picture came only in part. Try again.") from None
        if piece is None:
            return
        yield piece


def too_long(limits: Limits) -> Refused:
    """Tell that a body is longer than this server takes."""
    return Refused(
        413,
        f"The picture is larger than the {limits.body:,} bytes that this backend takes. "
        "Scale it down, or start the backend with a larger --max-pixels or --max-body.",
    )
