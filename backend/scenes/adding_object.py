"""A phrase painted into a picture; only the new object comes back, as a layer over it.

What the picture was is known, so alpha and colour are estimated against that. The picture itself is
not touched: with the layer hidden it is what it was.
"""

import math
import textwrap
from dataclasses import replace

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.progress import ReportProgress, ShowFound
from layerpeel.backend.scenes.canvas import (
    CLEAR,
    check_profile,
    document_pixels,
    read_prompt,
    shown_on,
    size_of,
)
from layerpeel.backend.scenes.painted_provenance import painted_by
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.generation.request import SMALLEST_SIDE, Start
from layerpeel.backend.stages.small_networks.known_background import (
    NETWORK,
    lift_off_known_background,
)
from layerpeel.shared.protocol import LayerStack, MadeWith, Picture, Role
from layerpeel.shared.scenes import ObjectRequest

LEAST_SIDE = 8  # pixels of a selection, in which something can be painted

# What the generator sees round the selection, as a share of its longer side.
SURROUNDINGS = 0.5

OWN_LICENCE = "GPL-3.0-or-later"

LONGEST_NAME = 80  # characters of a layer's


def add_object(
    picture: Picture,
    request: ObjectRequest,
    painter: Painter,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    """Paint into the selection; the stack is one layer, clear outside it.

    Where the picture is clear, the object is painted as over grey.

    Raises BadInputError for a selection of another size, an empty one or one too small to paint in,
    NothingFoundError when nothing was painted there, and as the painter does.
    """
    prompt = read_prompt(request.prompt)
    within = _selection(request, picture)
    before = shown_on(CLEAR, image_of(picture))
    window = _window(within > 0, painter.style.generator.longest_ratio)
    seen, selected = before[window.slices], within[window.slices]
    size = (window.right - window.left, window.bottom - window.top)
    asked = asked_for(
        request.painting, prompt.words, painter.style, size, start=Start(seen, 1.0, selected)
    )
    check_profile(picture)
    painter.check(asked)
    painted = painter.paint(asked, report, show)
    found = lift_off_known_background(painted.picture, seen, selected)
    show(np.dstack([found.foreground, found.alpha]))
    alpha, foreground = np.zeros_like(within), before.copy()
    alpha[window.slices], foreground[window.slices] = found.alpha, found.foreground
    phrase = prompt.foregrounds[0] if prompt.foregrounds else prompt.words
    pixels = document_pixels(foreground, alpha, picture)
    name = textwrap.shorten(phrase, LONGEST_NAME, placeholder="…")
    layer = trimmed(pixels, pixels[..., -1] > 0, name, Role.FOREGROUND, picture.pixels.order)
    # The network that lifts it off comes with the program.
    made = MadeWith(NETWORK, request.painting.seed, licences={NETWORK: OWN_LICENCE})
    made = painted_by(made, painter, painted, request.prompt, asked)
    return LayerStack(
        size_of(picture),
        (replace(layer, phrase=phrase),),
        made,
        picture.icc_profile,
        painted.notes,
    )


def _selection(request: ObjectRequest, picture: Picture) -> Float32:
    """The selection as H×W, 0–1. Raises BadInputError when nothing can be painted in it."""
    coverage = request.within
    if (coverage.width, coverage.height) != size_of(picture):
        raise BadInputError(
            f"The selection is {coverage.width}×{coverage.height} pixels, the picture "
            f"{picture.pixels.width}×{picture.pixels.height}: they must be of one size."
        )
    levels = np.frombuffer(coverage.data, np.uint8).reshape(coverage.height, coverage.width)
    if not levels.any():
        raise BadInputError("The selection is empty: select where the object is to go.")
    chosen = window_round(levels > 0, 0)
    width, height = chosen.right - chosen.left, chosen.bottom - chosen.top
    if min(width, height) < LEAST_SIDE:
        raise BadInputError(
            f"The selection is {width}×{height} pixels: select at least {LEAST_SIDE}×{LEAST_SIDE}."
        )
    return levels.astype(np.float32) / np.float32(255)


def _window(selected: Bool, longest_ratio: float) -> Window:
    """What the generator sees: the selection and its surroundings, of a shape that it can paint."""
    bare = window_round(selected, 0)
    height, width = bare.bottom - bare.top, bare.right - bare.left
    margin = SURROUNDINGS * max(height, width)
    wanted = [max(side + 2 * margin, SMALLEST_SIDE) for side in (height, width)]
    least = max(wanted) / longest_ratio
    top, bottom = _span(bare.top, bare.bottom, max(wanted[0], least), selected.shape[0])
    left, right = _span(bare.left, bare.right, max(wanted[1], least), selected.shape[1])
    return Window(top, bottom, left, right)


def _span(begin: int, end: int, wanted: float, extent: int) -> tuple[int, int]:
    """Grow begin–end to `wanted` pixels about its middle, moved to lie within 0–`extent`."""
    length = min(extent, math.ceil(wanted))
    first = round((begin + end - length) / 2)
    first = min(max(0, first), extent - length)
    return first, first + length
