"""PNG at the depths and models of a document: 8 and 16 bits, grey and RGB, with alpha and profile.

Pillow has no 16-bit RGB and OpenCV no grey with alpha, so the pixels go through libpng itself; the
profile is a chunk of its own that libpng's binding does not write.
"""

import struct
import zlib

import imagecodecs
import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats import eight_bit
from layerpeel.backend.formats.decoded import MOST_PIXELS, Decoded, check_size, with_alpha
from layerpeel.backend.image import DocumentArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END_OF_HEADER = len(SIGNATURE) + 4 + 4 + 13 + 4
_WIDTH_AT = len(SIGNATURE) + 4 + 4
_BIT_DEPTH_AT = _WIDTH_AT + 8


def encode_png(array: DocumentArray, icc_profile: bytes, text: bytes = b"") -> bytes:
    """Encode H×W×2 (grey, alpha) or H×W×4 (RGB, alpha), uint8 or uint16, straight alpha.

    icc_profile: embedded as it is; empty embeds none. text: UTF-8, embedded under the keyword
    `layerpeel`; empty embeds none. Equal pixels give equal bytes.

    Raises ValueError for another shape or type.
    """
    # Paeth at the lowest level: smaller on photographs than level 4 with other filters, and faster.
    encoded = bytes(
        imagecodecs.png_encode(
            np.ascontiguousarray(array),
            imagecodecs.PNG.COMPRESSION.SPEED,
            filter=imagecodecs.PNG.FILTER.PAETH,
        )
    )
    chunks = b""
    if icc_profile:
        chunks += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile))
    if text:
        # Flags: not compressed, no language, keyword not translated.
        chunks += _chunk(b"iTXt", b"layerpeel\0\0\0\0\0" + text)
    return encoded[:_END_OF_HEADER] + chunks + encoded[_END_OF_HEADER:]


def decode_png(data: bytes, most_pixels: int = MOST_PIXELS) -> Decoded:
    """Decode a PNG of any kind in its own depth, or 8 bits for fewer; palettes become RGB.

    Raises BadInputError when the bytes are no whole PNG, TooManyPixelsError.
    """
    if data[_BIT_DEPTH_AT : _BIT_DEPTH_AT + 1] != b"\x10":
        return eight_bit.decode(data, most_pixels)
    header = eight_bit.opened(data, most_pixels)
    try:
        array: DocumentArray = imagecodecs.png_decode(data)
    except imagecodecs.PngError as error:
        raise BadInputError(f"it is broken or cut short ({error})") from error
    except UnicodeDecodeError as error:
        # Of some faults libpng's binding keeps no message, and reads what happens to lie there.
        raise BadInputError("it is broken or cut short") from error
    array = array.reshape(*array.shape[:2], -1)
    if array.shape[-1] in (1, 3):
        array = with_alpha(array)
    return Decoded(
        array,
        header.info.get("icc_profile") or b"",
        eight_bit.orientation_of(header),
        eight_bit.notes_on_frames(header),
    )


def pixels_in_header(start: bytes, most_pixels: int) -> int:
    """Return how many pixels a PNG has, by its first 33 bytes.

    Raises BadInputError when it is no PNG, TooManyPixelsError.
    """
    if len(start) < _END_OF_HEADER or not start.startswith(SIGNATURE):
        raise BadInputError("it is no PNG")
    width, height = struct.unpack_from(">II", start, _WIDTH_AT)
    check_size(width, height, most_pixels)
    return int(width * height)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
