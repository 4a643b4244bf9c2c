"""Pictures and masks from files, recognised by their first bytes whatever the name ends in."""

import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from layerpeel.backend.colour import luma, profile_fault
from layerpeel.backend.errors import BadInputError, reason_of
from layerpeel.backend.formats import eight_bit, png, tiff
from layerpeel.backend.formats.decoded import MOST_PIXELS, Decoded, TooManyPixelsError, upright
from layerpeel.backend.image import Float32, array_of, block_of, to_float
from layerpeel.shared.protocol import Picture, PixelBlock

KINDS = "PNG, JPEG, WebP, BMP, GIF, TIFF, .ora or .kra"
_ZIP_SIGNATURE = b"PK\x03\x04"
_PILLOW_SIGNATURES = (b"\xff\xd8\xff", b"RIFF", b"BM", b"GIF87a", b"GIF89a")
_SIGNATURES = (png.SIGNATURE, _ZIP_SIGNATURE, *tiff.SIGNATURES, *_PILLOW_SIGNATURES)
_LONGEST_SIGNATURE = max(len(signature) for signature in _SIGNATURES)
_FLATTENED = "mergedimage.png"
_PIECE = 1 << 20
_BYTES_OF_A_PIXEL = 16  # 32-bit floats, RGBA
_BESIDE_PIXELS = 64 << 20  # profiles and text
_HEADER_OF_PNG = 33


@dataclass(frozen=True)
class ReadPicture:
    """A picture from a file, and notes for the user on how it was read."""

    picture: Picture
    notes: tuple[str, ...] = ()


def read_picture(path: Path, most_pixels: int = MOST_PIXELS) -> ReadPicture:
    """Read a picture: PNG, JPEG, WebP, BMP, GIF, TIFF, or the flattened copy in an .ora or .kra.

    Depth, transparency (straight) and ICC profile are the file's own; EXIF orientation is applied.
    Notes say what could not be kept: CMYK and Lab, further frames, a profile that does not fit.

    most_pixels: no memory is taken for a picture that has more, whatever it says of itself.

    Raises BadInputError, one line that names the file, when there is none, it may not be read, is
    no picture, is cut short, or has too many pixels.
    """
    try:
        return _read(path, most_pixels)
    except BadInputError as error:
        raise BadInputError(f"{path} cannot be used: {_one_line(error)}.") from error


def read_mask(path: Path, size: tuple[int, int]) -> Float32:
    """Read a mask of a picture of `size` (width, height): H×W, 0–1, white is chosen.

    The mask is the file's lightness times its alpha. If the file is transparent and of one colour,
    the mask is its alpha, so that a black shape on transparency is a mask as well.

    Raises BadInputError as `read_picture` does, for another size, and for floats that are NaN.
    """
    try:
        block = _read(path, size[0] * size[1]).picture.pixels
    except TooManyPixelsError as error:
        raise _other_size(path, error.size, size) from error
    except BadInputError as error:
        raise BadInputError(f"{path} cannot be used: {_one_line(error)}.") from error
    if (block.width, block.height) != size:
        raise _other_size(path, (block.width, block.height), size)
    return _mask_of(block, path)


def _other_size(path: Path, found: tuple[int, int], size: tuple[int, int]) -> BadInputError:
    return BadInputError(
        f"The mask {path} is {found[0]} × {found[1]} pixels, "
        f"but the picture is {size[0]} × {size[1]}: a mask must have the picture's size."
    )


def _read(path: Path, most_pixels: int) -> ReadPicture:
    decoded = upright(_decoded(path, most_pixels))
    channels = decoded.array.shape[-1] - 1
    profile, notes = decoded.icc_profile, decoded.notes
    fault = profile_fault(profile, channels) if profile else None
    if fault is not None:
        profile = b""
        notes = (*notes, f"The colour profile {fault}; it was left out.")
    return ReadPicture(Picture(block_of(decoded.array), profile), notes)


def _mask_of(block: PixelBlock, path: Path) -> Float32:
    pixels = to_float(array_of(block))
    if not np.isfinite(pixels).all():
        raise BadInputError(f"The mask {path} has pixels that are not numbers (NaN or infinite).")
    colour, alpha = pixels[..., :-1], np.clip(pixels[..., -1], 0, 1)
    seen = colour[alpha > 0]
    if alpha.min() < 1 and (seen.size == 0 or (seen == seen[0]).all()):
        return alpha
    light = colour if colour.shape[-1] == 1 else luma(colour)
    return np.clip(light[..., 0], 0, 1) * alpha


def _decoded(path: Path, most_pixels: int) -> Decoded:
    """Decode a file that begins like a picture."""
    if str(path) == "-":
        raise BadInputError("a picture does not come through a pipe: save it as a file first")
    try:
        if path.is_dir():
            raise BadInputError("it is a folder, not a picture")
        if path.exists() and not path.is_file():
            raise BadInputError("it is not a file, but a pipe or a device: save it as one first")
        with path.open("rb") as file:
            start = file.read(_LONGEST_SIGNATURE)
            if not start:
                raise BadInputError("it is empty")
            if not start.startswith(_SIGNATURES):
                raise BadInputError(f"it is not a picture of a kind that can be read ({KINDS})")
            file.seek(0)
            if start.startswith(_ZIP_SIGNATURE):
                return _flattened_copy(file, most_pixels)
            data = _read_at_most(file, _most_bytes(most_pixels))
    except FileNotFoundError as error:
        raise BadInputError("there is no such file") from error
    except PermissionError as error:
        raise BadInputError("you may not read it") from error
    except OSError as error:
        raise BadInputError(f"it cannot be read ({reason_of(error)})") from error
    if data.startswith(png.SIGNATURE):
        return png.decode_png(data, most_pixels)
    if data.startswith(tiff.SIGNATURES):
        return tiff.decode_tiff(data, most_pixels)
    return eight_bit.decode(data, most_pixels)


def _flattened_copy(file: BinaryIO, most_pixels: int) -> Decoded:
    """Decode the flattened picture that Krita and OpenRaster keep beside the layers."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(_FLATTENED) as inside:
            # No more than the archive says, and no more than such a picture can have: a small
            # archive can hold gigabytes.
            start = inside.read(_HEADER_OF_PNG)
            pixels = png.pixels_in_header(start, most_pixels)
            size = min(archive.getinfo(_FLATTENED).file_size, _most_bytes(pixels))
            flattened = start + _read_at_most(inside, size - len(start))
    except KeyError as error:
        raise BadInputError(
            f"it has no flattened copy ({_FLATTENED}) inside: "
            "if it is an .ora or .kra, save it again from Krita, or export it as PNG"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise BadInputError(f"it is broken or cut short ({error})") from error
    decoded = png.decode_png(flattened, most_pixels)
    note = f"Of its layers, the flattened copy ({_FLATTENED}) was read."
    return replace(decoded, notes=(*decoded.notes, note))


def _most_bytes(pixels: int) -> int:
    return pixels * _BYTES_OF_A_PIXEL + _BESIDE_PIXELS


def _read_at_most(file: IO[bytes], most: int) -> bytes:
    """Read a file to its end in pieces, so that no more memory is taken than `most`."""
    data = bytearray()
    while piece := file.read(_PIECE):
        data += piece
        if len(data) > most:
            raise BadInputError(f"it has more bytes than it can have: {most:,}")
    return bytes(data)


def _one_line(error: BadInputError) -> str:
    return " ".join(str(error).split())
