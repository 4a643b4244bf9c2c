"""Pictures of 8 bits and fewer, through Pillow."""

import io
import logging
import struct
import warnings
import zlib

import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.decoded import Decoded, check_size, with_alpha

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")

# What Pillow raises for files that are cut short or broken. There is no common base.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)

# Pillow's own limits: ours on pixels stands in its place, and that on text chunks is raised
# (generators of pictures keep whole workflows there).
Image.MAX_IMAGE_PIXELS = None
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY

# Our own errors already say what is wrong with a file.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def opened(data: bytes, most_pixels: int) -> Image.Image:
    """Read a file's header, not yet its pixels.

    Raises BadInputError for no picture of `FORMATS` and a broken header, TooManyPixelsError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The size is checked below, the rest when loading.
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BadInputError("it is not a whole picture of a kind that can be read") from error
    except _BROKEN as error:
        raise BadInputError(f"it is broken or cut short ({error})") from error
    check_size(*picture.size, most_pixels)
    return picture


def decode(data: bytes, most_pixels: int) -> Decoded:
    """Decode the first frame of a file of one of `FORMATS` to uint8, grey or RGB, with alpha.

    CMYK and Lab are converted to sRGB through the embedded profile, and a note says so.

    Raises BadInputError when the bytes are no whole picture, TooManyPixelsError.
    """
    picture = opened(data, most_pixels)
    notes = notes_on_frames(picture)
    try:
        picture.load()
    except _BROKEN as error:
        raise BadInputError(f"it is broken or cut short ({error})") from error
    orientation = orientation_of(picture)
    icc_profile: bytes = picture.info.get("icc_profile") or b""
    if picture.mode in ("CMYK", "LAB"):
        picture, note = _in_srgb(picture, icc_profile)
        icc_profile, notes = b"", (*notes, note)
    array = np.asarray(picture.convert(_plain_mode(picture)))
    array = array.reshape(*array.shape[:2], -1)
    if array.shape[-1] in (1, 3):
        array = with_alpha(array)
    return Decoded(array, icc_profile, orientation, notes)


def orientation_of(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1–8; 1 when there is none or it is invalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except (*_BROKEN, TypeError):
        return 1  # Broken EXIF is no reason to refuse the pixels.
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def notes_on_frames(picture: Image.Image) -> tuple[str, ...]:
    """Return a note if there are more frames than the first, which is the one that is read."""
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        return ("The file holds several pictures; the first one was read.",)
    return ()


def _plain_mode(picture: Image.Image) -> str:
    """Return which of L, LA, RGB and RGBA holds all that a picture of another mode shows."""
    transparent = picture.has_transparency_data
    if picture.mode in ("1", "L", "LA", "La"):
        return "LA" if transparent else "L"
    if picture.mode in ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "HSV"):
        return "RGBA" if transparent else "RGB"
    raise BadInputError(
        f"its pixels are of a kind that cannot be read ({picture.mode}): "
        "save it as 8 or 16 bits per channel"
    )


def _in_srgb(picture: Image.Image, icc_profile: bytes) -> tuple[Image.Image, str]:
    """Convert CMYK or Lab to 8-bit sRGB; also return a note on how."""
    name = {"CMYK": "CMYK", "LAB": "Lab"}[picture.mode]
    try:
        source = (
            ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
            if icc_profile
            else ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        )
        converted = ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError):
        # No profile, or none that fits.
        if picture.mode == "LAB":
            raise BadInputError("its Lab colours cannot be converted: save it as RGB") from None
        plain = picture.convert("RGB")
        return plain, "CMYK was converted to sRGB without a profile: colours may be off."
    if converted is None:
        raise BadInputError(f"its {name} colours cannot be converted: save it as RGB")
    return converted, f"{name} was converted to 8-bit sRGB" + " through its profile" * bool(
        icc_profile
    ) + "."
