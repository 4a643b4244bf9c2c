"""TIFF: 8 and 16 bits, half and full float, grey and RGB. Other kinds go through Pillow."""

import io
import logging
import struct
from dataclasses import replace

import numpy as np
import tifffile

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats import eight_bit
from layerpeel.backend.formats.decoded import MOST_PIXELS, Decoded, check_size, with_alpha
from layerpeel.backend.image import DEPTH_OF_DTYPE, FULL_SCALE, DocumentArray

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PHOTOMETRIC = tifffile.PHOTOMETRIC
_EXTRA = tifffile.EXTRASAMPLE

_MAX_CHANNELS = 16

# What tifffile, and the codecs that it calls (RuntimeError), raise for broken files.
_BROKEN = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    OSError,
    RuntimeError,
    struct.error,
)

# Our own errors already say what is wrong with a file.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def encode_tiff(array: DocumentArray, icc_profile: bytes) -> bytes:
    """Encode H×W×2 (grey, alpha) or H×W×4 (RGB, alpha) of any depth, straight alpha, deflated.

    icc_profile: embedded as it is; empty embeds none. Equal pixels give equal bytes.
    """
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        np.ascontiguousarray(array),
        byteorder="<",
        photometric=_PHOTOMETRIC.RGB if array.shape[-1] == 4 else _PHOTOMETRIC.MINISBLACK,
        planarconfig=tifffile.PLANARCONFIG.CONTIG,
        extrasamples=[_EXTRA.UNASSALPHA],
        compression=tifffile.COMPRESSION.ADOBE_DEFLATE,
        predictor=True,
        iccprofile=icc_profile or None,
        metadata=None,
        software=False,
    )
    return file.getvalue()


def decode_tiff(data: bytes, most_pixels: int = MOST_PIXELS) -> Decoded:
    """Decode the first page in its own depth; associated alpha is un-premultiplied.

    Raises BadInputError when the bytes are no whole TIFF, or of a kind that cannot be read,
    TooManyPixelsError.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            check_size(page.imagewidth, page.imagelength, most_pixels)
            if page.samplesperpixel > _MAX_CHANNELS or page.imagedepth > 1:
                raise BadInputError("it has more channels, or is deeper, than a picture")
            notes = _notes_on_pages(file)
            if _goes_through_pillow(page):
                decoded = eight_bit.decode(data, most_pixels)
                return replace(decoded, notes=tuple(dict.fromkeys((*notes, *decoded.notes))))
            _check_whole(page, len(data))
            return _decoded(page, notes)
    except _BROKEN as error:
        raise BadInputError(f"it is broken or cut short ({error})") from error


def _goes_through_pillow(page: tifffile.TiffPage) -> bool:
    plain = (_PHOTOMETRIC.MINISBLACK, _PHOTOMETRIC.MINISWHITE, _PHOTOMETRIC.RGB)
    return page.photometric not in plain or page.bitspersample < 8


def _notes_on_pages(file: tifffile.TiffFile) -> tuple[str, ...]:
    if len(file.pages) > 1:
        return ("The file holds several pictures; the first one was read.",)
    return ()


def _check_whole(page: tifffile.TiffPage, size: int) -> None:
    """Raise BadInputError if a strip or tile is cut off, which decoders would fill with black."""
    ends = [
        offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
    ]
    if not ends or max(ends) > size:
        raise BadInputError("it is cut short")


def _decoded(page: tifffile.TiffPage, notes: tuple[str, ...]) -> Decoded:
    samples = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        samples = np.moveaxis(samples, 0, -1)
    samples = samples.reshape(page.imagelength, page.imagewidth, -1)
    samples, depth_notes = _in_known_depth(samples)
    channels = 3 if page.photometric == _PHOTOMETRIC.RGB else 1
    colour, alpha, alpha_notes = _alpha_apart(samples, channels, page.extrasamples)
    if page.photometric == _PHOTOMETRIC.MINISWHITE:
        colour = (_full(colour) - colour).astype(colour.dtype)
    icc_profile = page.tags.valueof("InterColorProfile", b"")
    orientation = page.tags.valueof("Orientation", 1)
    return Decoded(
        with_alpha(colour, alpha),
        bytes(icc_profile),
        int(orientation),
        notes + depth_notes + alpha_notes,
    )


def _in_known_depth(samples: np.ndarray) -> tuple[DocumentArray, tuple[str, ...]]:
    if samples.dtype.newbyteorder("<") in DEPTH_OF_DTYPE:
        return samples, ()
    if samples.dtype.kind == "f":
        return samples.astype(np.float32), ("64-bit floats were rounded to 32 bits.",)
    raise BadInputError(
        f"its pixels are of a kind that cannot be read ({samples.dtype.name}): "
        "save it as 8 or 16 bits per channel, or as 32-bit float"
    )


def _alpha_apart(
    samples: DocumentArray, channels: int, extra: tuple[int, ...]
) -> tuple[DocumentArray, DocumentArray | None, tuple[str, ...]]:
    """Return straight colour H×W×channels, alpha H×W or None, and a note on omitted channels."""
    if samples.shape[-1] < channels:
        raise BadInputError("it says RGB but has fewer than three channels")
    colour, rest = samples[..., :channels], samples[..., channels:]
    kinds = [int(kind) for kind in extra][: rest.shape[-1]]
    alpha_at = next(
        (at for at, kind in enumerate(kinds) if kind in (_EXTRA.ASSOCALPHA, _EXTRA.UNASSALPHA)),
        None,
    )
    left_out = rest.shape[-1] - (alpha_at is not None)
    notes = ("Extra channels that are not its transparency were left out.",) if left_out else ()
    if alpha_at is None:
        return colour, None, notes
    alpha = rest[..., alpha_at]
    if kinds[alpha_at] == _EXTRA.ASSOCALPHA:
        colour = _straight(colour, alpha)
    return colour, alpha, notes


def _straight(colour: DocumentArray, alpha: DocumentArray) -> DocumentArray:
    """Un-premultiply; where alpha is 0 the colour is 0."""
    full = _full(colour)
    share = (alpha.astype(np.float64) / full)[..., None]
    straight = np.divide(
        colour.astype(np.float64), share, out=np.zeros(colour.shape), where=share > 0
    )
    if colour.dtype.kind == "u":
        straight = np.floor(np.minimum(straight, full) + 0.5)
    return straight.astype(colour.dtype)


def _full(array: DocumentArray) -> float:
    return FULL_SCALE[DEPTH_OF_DTYPE[array.dtype.newbyteorder("<")]]
