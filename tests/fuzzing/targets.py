"""What is fuzzed: each reader of bytes from outside, which returns or says in a line what is wrong.

Anything else that it raises is a fault of ours.
"""

import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.formats.png import SIGNATURE
from layerpeel.backend.formats.reading import read_mask, read_picture
from layerpeel.backend.models.manifest import load_manifest
from layerpeel.backend.models.safetensors_header import WeightsError, shapes_in
from layerpeel.backend.server.enclosing import read_enclosed
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.enclosed import EnclosedResult
from layerpeel.shared.jobs import JobEvent, JobState, JobSummary, Progress, SubmitJob
from layerpeel.shared.pointing import WhatIsAt
from layerpeel.shared.protocol import (
    Box,
    ColourModel,
    Coverage,
    Depth,
    Layer,
    LayerStack,
    MadeWith,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
    Point,
    Points,
    ProtocolError,
    Role,
)
from layerpeel.shared.scenes import Painting, SceneRequest
from layerpeel.shared.thumbnails import LayerThumbnail, Thumbnails
from layerpeel.shared.wire import from_text, pack, to_text, unpack

MOST_PIXELS = 1 << 20


@dataclass(frozen=True)
class Target:
    """A reader. read: raises nothing but what it promises. seeds: bytes that it takes."""

    name: str
    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def read_packed(data: bytes) -> None:
    """Read a job and a stack; what can be read goes out again as it came in."""
    for kind in (SubmitJob, LayerStack):
        try:
            message = unpack(kind, data)
        except ProtocolError:
            continue
        assert unpack(kind, pack(message)) == message


def read_as_enclosed(data: bytes) -> None:
    """Read a result from a document."""
    try:
        read_enclosed(data, Limits(MOST_PIXELS))
    except Refused as error:
        _expect_one_line(error)


def read_text(data: bytes) -> None:
    """Read an event and a question about a picture."""
    for kind in (JobEvent, WhatIsAt):
        try:
            message = from_text(kind, data)
        except ProtocolError:
            continue
        assert from_text(kind, to_text(message, kind)) == message


def read_as_picture(data: bytes) -> None:
    """Read a picture, and a mask of 8×8 pixels."""
    path = _file_of(data)
    for read in (lambda: read_picture(path, MOST_PIXELS), lambda: read_mask(path, (8, 8))):
        try:
            read()
        except BadInputError as error:
            _expect_one_line(error)


def read_as_png(data: bytes) -> None:
    """Read a PNG whose checksums are right, so that what they protect is reached."""
    read_as_picture(with_right_checksums(data))


def read_as_ora(data: bytes) -> None:
    """Read an archive around a PNG."""
    read_as_picture(archive_around(with_right_checksums(data)))


def read_as_manifest(data: bytes) -> None:
    """Read a manifest of models."""
    try:
        load_manifest(_file_of(data))
    except ModelError as error:
        _expect_one_line(error)


def read_as_weights(data: bytes) -> None:
    """Read the header of a safetensors file."""
    try:
        shapes_in(_file_of(data))
    except WeightsError as error:
        _expect_one_line(error)


def _expect_one_line(error: Exception) -> None:
    assert "\n" not in str(error)


def with_right_checksums(data: bytes) -> bytes:
    """Return a PNG whose chunks have the checksums of what they hold now."""
    if not data.startswith(SIGNATURE):
        return data
    mended, at = bytearray(data), len(SIGNATURE)
    while at + 12 <= len(mended):
        (length,) = struct.unpack_from(">I", mended, at)
        end = at + 8 + length
        if end + 4 > len(mended):
            break
        struct.pack_into(">I", mended, end, zlib.crc32(mended[at + 4 : end]))
        at = end + 4
    return bytes(mended)


def archive_around(png: bytes) -> bytes:
    """Return an .ora with this flattened picture."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("mergedimage.png", png)
    return written.getvalue()


def _file_of(data: bytes) -> Path:
    """Write a file that readers open; one for each process."""
    path = Path(tempfile.gettempdir()) / f"layerpeel-fuzz-{os.getpid()}"
    path.write_bytes(data)
    return path


def _messages() -> tuple[bytes, ...]:
    block = PixelBlock(2, 2, ColourModel.RGBA, Depth.U8, bytes(range(16)))
    half = Coverage(2, 2, b"\x00\xff\x00\xff")
    requests = [
        PeelRequest(Mask(half, True), 2, 1.5, 3),
        PeelRequest(Points((Point(1, 1),), Box(0, 0, 2, 2))),
        SceneRequest("a [cat]", Painting(1, "s", 5, 3.0, "n")),
    ]
    return tuple(
        pack(SubmitJob("name", request, Picture(block, b"profile", block), "note"))
        for request in requests
    )


def _pngs() -> tuple[bytes, ...]:
    pixels = np.arange(8 * 8 * 4, dtype=np.uint8).reshape(8, 8, 4)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return (
        _saved(pixels, "png"),
        _saved(pixels, "png", icc_profile=profile),
        _saved(pixels[..., 0], "png", transparency=3),
        bytes(imagecodecs.png_encode(pixels.astype(np.uint16) * 257)),
    )


def _tiffs() -> tuple[bytes, ...]:
    pixels = np.arange(32 * 32 * 3, dtype=np.uint16).reshape(32, 32, 3)
    written = []
    for array, options in [
        (pixels, {"compression": "zlib"}),
        (pixels.astype(np.float32), {"tile": (16, 16), "photometric": "rgb"}),
        (pixels.astype(np.uint8), {"compression": "lzw", "photometric": "rgb"}),
        (pixels[..., 0], {"byteorder": ">"}),
    ]:
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        written.append(file.getvalue())
    return tuple(written)


def _others() -> tuple[bytes, ...]:
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    kinds = [_saved(pixels, kind) for kind in ("jpeg", "webp", "bmp", "gif")]
    return (*kinds, archive_around(_pngs()[0]), b"8BPS\0\1" + bytes(20))


def _saved(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def _weights() -> tuple[bytes, ...]:
    header = {
        "__metadata__": {"format": "pt"},
        "a.weight": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]},
    }
    text = json.dumps(header).encode()
    return (struct.pack("<Q", len(text)) + text + bytes(8), b"version https://git-lfs")


def _manifest() -> tuple[bytes, ...]:
    shipped = resources.files("layerpeel").joinpath("models.toml").read_bytes()
    tables = shipped.split(b"[[model]]")
    return tuple(b"[[model]]" + table for table in tables[1:])


def _enclosed() -> tuple[bytes, ...]:
    block = PixelBlock(2, 2, ColourModel.RGBA, Depth.U8, bytes(range(16)))
    stack = LayerStack((2, 2), (Layer("x", Role.FOREGROUND, block),), MadeWith("compact", 0))
    job = JobSummary("0" * 32, "x", JobState.FINISHED, 1.0, (2, 2))
    thumbnails = Thumbnails((LayerThumbnail("x", Role.FOREGROUND, _pngs()[0]),))
    whole = EnclosedResult(job, ("note",), zlib.compress(pack(stack)), thumbnails, _pngs()[0])
    return (pack(whole),)


TARGETS = {
    target.name: target
    for target in [
        Target("packed", read_packed, _messages()),
        Target("enclosed results", read_as_enclosed, _enclosed()),
        Target("events", read_text, (to_text(Progress("x", 0.5), JobEvent).encode(),)),
        Target("PNG", read_as_png, _pngs()),
        Target("TIFF", read_as_picture, _tiffs()),
        Target("ORA", read_as_ora, _pngs()),
        Target("pictures", read_as_picture, _others()),
        Target("manifest", read_as_manifest, _manifest()),
        Target("safetensors", read_as_weights, _weights()),
    ]
}
