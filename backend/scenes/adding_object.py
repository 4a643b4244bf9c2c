"""A phrase painted into a picture; only the new object comes back, as a layer over it.

What the picture was is known, so alpha and colour are estimated against that. The picture itself is
not touched: with the layer hidden it is what it was.
"""

import textwrap
from dataclasses import replace

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.progress import ReportProgress, ShowFound
from layerpeel.backend.scenes.canvas import (
    CLEAR,
    LONGEST_NAME,
    check_profile,
    document_pixels,
    read_prompt,
    shown_on,
    size_of,
)
from layerpeel.backend.scenes.painted_provenance import painted_by
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.scenes.selection import selected, window_to_paint
from layerpeel.backend.stages.generation.request import Start
from layerpeel.backend.stages.small_networks.known_background import (
    NETWORK,
    lift_off_known_background,
)
from layerpeel.shared.protocol import LayerStack, MadeWith, Picture, Role
from layerpeel.shared.scenes import ObjectRequest

OWN_LICENCE = "GPL-3.0-or-later"


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
    within = selected(request.within, picture)
    before = shown_on(CLEAR, image_of(picture))
    window = window_to_paint(within > 0, painter.style.generator.longest_ratio)
    seen, chosen = before[window.slices], within[window.slices]
    size = (window.right - window.left, window.bottom - window.top)
    asked = asked_for(
        request.painting, prompt.words, painter.style, size, start=Start(seen, 1.0, chosen)
    )
    check_profile(picture)
    painter.check(asked)
    painted = painter.paint(asked, report, show)
    found = lift_off_known_background(painted.picture, seen, chosen)
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
