"""How picture, alpha and background run across an edge and along it, round each of its pixels.

A pixel alone does not say whether it is ink of an outline, a shadow of the surroundings or grain.
Beside each other, from the clear background into the object, such pixels do.
"""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32

# Where the profiles are taken, in pixels: against the gradient of alpha and with it; and beside it.
ACROSS = (-8, -5, -3, -2, -1, 1, 2, 3, 5, 8)
ALONGSIDE = (-4, -2, -1, 1, 2, 4)
PROFILE_FACTS = 5 * len(ACROSS) + 3 * len(ALONGSIDE)

# The deviation of the Gaussian after which alpha's gradient is taken, in pixels.
SMOOTHED = 2.0

# OpenCV samples at points that lie in rows of no more than 32767.
_ROW = 1024


def along(colours: Float32, around: Float32, line: Float32) -> Float32:
    """How far colours (…×3) lie from `around` along a line (…×3) of length 1."""
    return np.asarray(((colours - around) * line).sum(axis=-1), np.float32)


def beside(colours: Float32, around: Float32, line: Float32) -> Float32:
    """How far colours (…×3) lie from that line."""
    rest = colours - around - along(colours, around, line)[..., None] * line
    return np.asarray(np.linalg.norm(rest, axis=-1), np.float32)


def profiles_of(
    picture: Float32,
    background: Float32,
    filled: Float32,
    wanted: Bool,
    around: Float32,
    line: Float32,
) -> Float32:
    """Return N×`PROFILE_FACTS` for the wanted pixels (H×W).

    picture: H×W×4, RGB and the alpha that was found, 0–1. background, filled: H×W×3. around, line:
    N×3, what lies round about each pixel and its line, which its whole profile is measured along.
    """
    rows, columns = (each.astype(np.float32) for each in np.nonzero(wanted))
    down, right = _direction(picture[..., 3], wanted)
    facts: list[Float32] = []
    for step in ACROSS:
        places = rows + step * down, columns + step * right
        seen = _at(picture, *places)
        facts += [
            along(seen[:, :3], around, line),
            seen[:, 3],
            beside(seen[:, :3], around, line),
            along(_at(background, *places), around, line),
            along(_at(filled, *places), around, line),
        ]
    for step in ALONGSIDE:
        places = rows + step * right, columns - step * down
        seen = _at(picture, *places)
        facts += [
            along(seen[:, :3], around, line),
            seen[:, 3],
            along(_at(background, *places), around, line),
        ]
    return np.stack(facts, axis=-1)


def _direction(alpha: Float32, wanted: Bool) -> tuple[Float32, Float32]:
    """Give alpha's gradient at the wanted pixels, of length 1: N down, N right; down if it is 0."""
    smooth = cv2.GaussianBlur(alpha, (0, 0), SMOOTHED)
    right = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3), np.float32)[wanted]
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3), np.float32)[wanted]
    length = np.hypot(down, right)
    is_edge = length > 1e-5
    length = np.maximum(length, np.float32(1e-6))
    return (
        np.where(is_edge, down / length, np.float32(1)),
        np.where(is_edge, right / length, np.float32(0)),
    )


def _at(plane: Float32, rows: Float32, columns: Float32) -> Float32:
    """Sample H×W×C at N places in between its pixels: N×C."""
    count = len(rows)
    missing = -count % _ROW

    def in_rows(places: Float32) -> npt.NDArray[np.float32]:
        return np.pad(places, (0, missing)).astype(np.float32).reshape(-1, _ROW)

    sampled = cv2.remap(
        plane,
        in_rows(columns),
        in_rows(rows),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(sampled, np.float32).reshape(-1, plane.shape[-1])[:count]
