"""Results packed to travel within documents, and what strangers' documents bring checked.

Nothing of it is drawn here: the layers are numbers whose count is right, the pictures beside them
are those that any picture's viewer opens, and no larger than ours.
"""

import io
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.limits import LONGEST_PROFILE, Limits
from layerpeel.backend.server.log import log
from layerpeel.backend.server.refusal import Refused, unknown_job
from layerpeel.backend.server.result_notes import ResultNote
from layerpeel.shared.enclosed import EnclosedResult
from layerpeel.shared.jobs import Cause, JobState, JobSummary
from layerpeel.shared.protocol import Layer, LayerStack, ProtocolError, Role
from layerpeel.shared.thumbnails import ORIGINAL_SIDE, THUMBNAIL_SIDE, Thumbnails
from layerpeel.shared.wire import pack, unpack

MOST_UNPACKED = 512 << 20
"""Bytes of the layers of one: a few kilobytes could else unpack to whatever memory there is."""

_QUICK = 1  # zlib's: others take two to three times as long, for some hundredths of the size
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME, _LONGEST_KEEPSAKE, _MOST = 1000, 1 << 16, 100
# Bytes: ours take at most some 100 kB, and 4 MB.
_LARGEST_THUMBNAIL, _LARGEST_ORIGINAL = 256 << 10, 8 << 20


def enclosed(store: JobStore, job: JobSummary, notes: tuple[str, ...]) -> bytes:
    """Pack the result of a finished job, an `EnclosedResult`.

    Raises `Refused` when it is gone, or too large to travel, OSError when it cannot be read.
    """
    try:
        if store.result_file(job.id).stat().st_size > MOST_UNPACKED:
            raise Refused(413, f"“{job.name}” is too large to travel in a document.")
        stack = zlib.compress(store.result_file(job.id).read_bytes(), _QUICK)
    except FileNotFoundError:
        # Forgotten since it was looked up.
        raise unknown_job() from None
    thumbnails, original = None, b""
    with suppress(FileNotFoundError, ProtocolError):
        thumbnails = unpack(Thumbnails, store.thumbnails_file(job.id).read_bytes())
    with suppress(FileNotFoundError):
        original = store.original_file(job.id).read_bytes()
    return pack(EnclosedResult(job, notes, stack, thumbnails, original))


def read_enclosed(data: bytes, limits: Limits) -> tuple[EnclosedResult, bytes]:
    """Read what `enclosed` wrote, or a stranger; return it and its packed `LayerStack`.

    Raises `Refused` for anything that is not as ours are.
    """
    try:
        came: EnclosedResult = unpack(EnclosedResult, data)
        packed = _unpacked(came.stack)
        stack = unpack(LayerStack, packed)
        _check(came, stack, limits)
    except (ProtocolError, zlib.error) as error:
        log.warning("an enclosed result is refused: %s", error)
        raise _damaged() from error
    return came, packed


def take_apart(data: bytes, job: str, store: JobStore, files: str, limits: Limits) -> ResultNote:
    """Write the files of what came into the store, under a name that is free; say what it is.

    job: the id that the document has it under. Another could not be taken out of it again.

    Raises `Refused` likewise, OSError when the disk is full; the caller removes the files then.
    """
    came, packed = read_enclosed(data, limits)
    if came.job.id != job:
        raise _damaged()
    write_new_file(store.draft_file(files), packed)
    if came.thumbnails is not None:
        write_new_file(store.thumbnails_file(files), pack(came.thumbnails))
    if came.original:
        write_new_file(store.original_file(files), came.original)
    # No clock of another machine puts a result into the future.
    created = min(came.job.created, time.time())
    return ResultNote(replace(came.job, created=created, message="", cause=Cause.OTHER), came.notes)


def _damaged() -> Refused:
    return Refused(400, "It is damaged, or was never a result.")


def _unpacked(compressed: bytes) -> bytes:
    """Decompress, up to `MOST_UNPACKED`. Raises ProtocolError, zlib.error."""
    reader = zlib.decompressobj()
    # At once: what is left over is copied each time that it is handed back.
    packed = reader.decompress(compressed, MOST_UNPACKED + 1)
    if len(packed) > MOST_UNPACKED:
        raise ProtocolError("it is larger than any that travels.")
    if not reader.eof or reader.unused_data:
        raise ProtocolError("it was cut short, or is longer than it says.")
    return packed


def _check(came: EnclosedResult, stack: LayerStack, limits: Limits) -> None:
    """Raise ProtocolError for the first fault."""
    for fault in _faults(came, stack, limits):
        raise ProtocolError(fault)


def _faults(came: EnclosedResult, stack: LayerStack, limits: Limits) -> Iterator[str]:
    """Say what none of ours would be like; every check relies on those before it."""
    job = came.job
    if not _ID.fullmatch(job.id) or job.state is not JobState.FINISHED or job.created < 0:
        yield "it says nothing that can be of where it comes from."
    texts = (job.name, *came.notes, *stack.notes)
    if len(texts) > _MOST or any(len(text) > _LONGEST_NAME for text in texts):
        yield "there is more text in it than anybody reads."
    if len(job.keepsake) > _LONGEST_KEEPSAKE or len(stack.icc_profile) > LONGEST_PROFILE:
        yield "it says more of its place, or its colours, than there is to say."
    width, height = stack.size
    if min(stack.size) < 1 or width * height > limits.pixels or stack.size != job.size:
        yield f"no picture of {width}×{height} pixels is taken here."
    if len(stack.layers) + len(stack.other_backgrounds) > _MOST:
        yield "it has more layers than any."
    if not stack.layers and stack.selection is None:
        yield "there is nothing in it."
    selection = stack.selection
    if selection is not None and (selection.width, selection.height) != stack.size:
        yield "its selection is not of its size."
    if any(layer.role is Role.BACKGROUND for layer in stack.layers[1:]):
        yield "a background lies above other layers."
    if not all(_lies_within(layer, stack) for layer in (*stack.layers, *stack.other_backgrounds)):
        yield "its layers do not fit it."
    if not _can_be_shown(came):
        yield "the pictures of it are none that are shown."


def _lies_within(layer: Layer, stack: LayerStack) -> bool:
    block, mask = layer.pixels, layer.mask
    fits = all(
        offset >= 0 and offset + side <= whole
        for offset, side, whole in zip(
            layer.offset, (block.width, block.height), stack.size, strict=True
        )
    )
    is_masked_whole = mask is None or (mask.width, mask.height) == (block.width, block.height)
    is_one_of_ours = layer.blend_mode == "normal" and 0 <= layer.opacity <= 1
    return fits and is_masked_whole and is_one_of_ours and len(layer.name) <= _LONGEST_NAME


def _can_be_shown(came: EnclosedResult) -> bool:
    small = came.thumbnails.layers if came.thumbnails is not None else ()
    if len(small) > _MOST or any(len(each.png) > _LARGEST_THUMBNAIL for each in small):
        return False
    if len(came.original) > _LARGEST_ORIGINAL:
        return False
    pictures: list[tuple[bytes, tuple[str, ...], int]] = []
    pictures += [(each.png, ("PNG",), THUMBNAIL_SIDE) for each in small]
    if came.original:
        pictures.append((came.original, ("PNG", "JPEG"), ORIGINAL_SIDE))
    return all(_is_picture(*each) for each in pictures)


def _is_picture(data: bytes, kinds: tuple[str, ...], longest_side: int) -> bool:
    """Whether the head of a picture is of such a kind, and no larger; its pixels are not read."""
    try:
        with Image.open(io.BytesIO(data), formats=kinds) as picture:
            return max(picture.size) <= longest_side
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return False
