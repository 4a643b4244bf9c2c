"""The two views of a picture: the document's own values, and the sRGB proxy that networks see.

The proxy is for networks only. Whatever is wrong with it, the document's values never pass through
it; the other way round only invented pixels go, those of a fill.
"""

import imagecodecs
import numpy as np
import numpy.typing as npt

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import (
    DEPTH_OF_DTYPE,
    DocumentArray,
    Float32,
    Image,
    array_of,
    to_float,
)
from layerpeel.shared.protocol import Depth, Picture

_ICC_HEADER_BYTES = 128
_ICC_SPACE_OF_CHANNELS = {1: b"GRAY", 3: b"RGB "}
_LITTLE_CMS_SPACE = {1: "gray", 3: "rgb"}
_WORDS_FOR_CHANNELS = {1: "grey", 3: "RGB"}


def image_of(picture: Picture) -> Image:
    """Turn what came over the protocol into what the stages work on.

    The proxy is the one that was sent, else it is derived from values and profile.

    Raises BadInputError as `image_of_pixels` does.
    """
    proxy = None
    if picture.proxy is not None:
        proxy = np.ascontiguousarray(to_float(array_of(picture.proxy))[..., :3])
    return image_of_pixels(array_of(picture.pixels), picture.icc_profile, proxy)


def image_of_pixels(
    pixels: DocumentArray, icc_profile: bytes, proxy: Float32 | None = None
) -> Image:
    """Turn pixels of a document's type (H×W×C, grey or RGB, alpha last) into an `Image`.

    proxy: H×W×3, see `proxy_of`; derived from values and profile where there is none.

    Raises BadInputError when a float pixel is NaN or infinite, and when the proxy has to be derived
    through a profile that cannot be used.
    """
    depth = DEPTH_OF_DTYPE[pixels.dtype.newbyteorder("<")]
    if depth.is_float:
        _check_finite(to_float(pixels))
    values, alpha = (
        np.ascontiguousarray(to_float(plane)) for plane in (pixels[..., :-1], pixels[..., -1])
    )
    if proxy is None:
        proxy = proxy_of(values, depth, icc_profile)
    return Image(values, np.clip(alpha, 0, 1), proxy, depth, icc_profile)


def proxy_of(values: Float32, depth: Depth, icc_profile: bytes) -> Float32:
    """Show a document's values in sRGB: H×W×1 (grey) or H×W×3 (RGB) to H×W×3 in 0–1.

    values: integers scaled to 0–1, floats as they are. Of integers in sRGB they are what comes
        back, and no copy.
    icc_profile: what the values mean; empty for sRGB. Converted relative colorimetrically, in
        floats throughout, so that the darks of linear light survive.

    Raises BadInputError for a broken profile, one of another colour space than the pixels, and for
    floats that are NaN or infinite.
    """
    if depth.is_float:
        _check_finite(values)
    if icc_profile:
        _check_profile(icc_profile, values.shape[-1])
        shown = _transformed(values, icc_profile, _srgb(), 3)
    elif values.shape[-1] == 3 and not depth.is_float:
        return values
    else:
        shown = np.broadcast_to(values, (*values.shape[:2], 3))
    return np.clip(shown, 0, 1).astype(np.float32, copy=False)


def values_from_proxy(proxy: Float32, channels: int, depth: Depth, icc_profile: bytes) -> Float32:
    """Bring sRGB colours (H×W×3, 0–1) into a document's space: H×W×`channels`, 1 (grey) or 3 (RGB).

    The inverse of `proxy_of` where that did not clip. Integers come in 0–1, floats as they are.

    Raises BadInputError for a broken profile, one of another colour space than `channels` says, and
    one that only describes a device that reads (a scanner) and cannot be converted into.
    """
    if icc_profile:
        _check_profile(icc_profile, channels)
        values = _transformed(proxy, _srgb(), icc_profile, channels)
    else:
        values = proxy.copy() if channels == 3 else luma(proxy)
    return values if depth.is_float else np.clip(values, 0, 1)


def luma(colour: Float32) -> Float32:
    """Rec. 709 luma, H×W×3 to H×W×1, written so that a grey comes back as itself, bit for bit."""
    red, green, blue = colour[..., :1], colour[..., 1:2], colour[..., 2:]
    grey: Float32 = green + np.float32(0.2126) * (red - green) + np.float32(0.0722) * (blue - green)
    return grey


def profile_fault(icc_profile: bytes, channels: int) -> str | None:
    """Say why a profile does not describe pixels of 1 (grey) or 3 (RGB) channels; None if it does.

    The answer completes the sentence "The colour profile …".
    """
    if len(icc_profile) < _ICC_HEADER_BYTES or icc_profile[36:40] != b"acsp":
        return "is broken"
    space = icc_profile[16:20]
    if space != _ICC_SPACE_OF_CHANNELS[channels]:
        name = space.decode("ascii", "replace").strip().replace("GRAY", "grey")
        return f"is for {name}, but the pixels are {_WORDS_FOR_CHANNELS[channels]}"
    try:
        # Only a conversion reads all of it; one of one pixel costs nothing.
        _transformed(np.zeros((1, 1, channels), np.float32), icc_profile, _srgb(), 3)
    except BadInputError:
        return "is broken"
    return None


def _check_profile(icc_profile: bytes, channels: int) -> None:
    fault = profile_fault(icc_profile, channels)
    if fault is not None:
        raise BadInputError(
            f"The colour profile {fault}: convert the picture to a profile that fits, "
            "such as sRGB, or remove the profile."
        )


def _srgb() -> bytes:
    return bytes(imagecodecs.cms_profile("srgb"))


def _check_finite(pixels: Float32) -> None:
    lost = ~np.isfinite(pixels).all(axis=-1)
    count = int(np.count_nonzero(lost))
    if count:
        y, x = np.unravel_index(int(lost.argmax()), lost.shape)
        raise BadInputError(
            f"{count:,} of the picture's pixels are not numbers (NaN or infinite), "
            f"the first at x {x}, y {y}: paint over them, then try again."
        )


def _transformed(values: Float32, source: bytes, target: bytes, channels: int) -> Float32:
    """Convert H×W×1 or H×W×3 between profiles with littleCMS, in floats, to `channels`."""
    # littleCMS takes grey without an axis for the channel, and gives it so.
    pixels = values[..., 0] if values.shape[-1] == 1 else values
    try:
        converted: npt.NDArray[np.float32] = imagecodecs.cms_transform(
            np.ascontiguousarray(pixels, np.float32),
            source,
            target,
            colorspace=_LITTLE_CMS_SPACE[values.shape[-1]],
            outcolorspace=_LITTLE_CMS_SPACE[channels],
            outdtype="float32",
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        )
    except imagecodecs.CmsError as error:
        raise BadInputError(
            "The colour profile cannot be converted from and to sRGB: "
            "convert the picture to another profile, such as sRGB."
        ) from error
    return converted.reshape(*values.shape[:2], channels)
