"""A picture changed by words: as a whole, then as a scene; or within a selection, as one layer."""

import textwrap
from dataclasses import replace

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.progress import ReportProgress, ShowFound
from layerpeel.backend.scenes.canvas import (
    LONGEST_NAME,
    PAPER,
    check_profile,
    document_pixels,
    read_prompt,
    shown_on,
    size_of,
)
from layerpeel.backend.scenes.kept import NO_ENGINE
from layerpeel.backend.scenes.painted_provenance import painted_by
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.scenes.selection import selected, window_to_paint
from layerpeel.backend.stages.generation.references import check_number, fault_of_size
from layerpeel.backend.stages.generation.request import GenerationRequest
from layerpeel.backend.stages.generation.style import Style
from layerpeel.shared.protocol import Coverage, LayerStack, MadeWith, Picture, Role
from layerpeel.shared.scenes import Guide, SceneRequest

CLEAR_CAME_OPAQUE = (
    "What is clear was shown as white and came back opaque: it covers what lies below."
)


def edited(
    asked: GenerationRequest, guide: Guide, shown: Float32, style: Style
) -> GenerationRequest:
    """Show the generator a picture (H×W×3) to edit, and all that come with it, on white.

    Raises BadInputError where its style cannot, or not so many, or a strength was given.
    """
    if guide.strength is not None:
        raise BadInputError("An edit has no strength: say in words how much is to change.")
    if not style.generator.references:
        raise BadInputError(
            f"The style “{style.name}” cannot change a picture by words: choose one that paints "
            "with a generator that edits (FLUX.2 klein), or give the picture as a sketch."
        )
    # First: unpacked into floats, each takes many times the memory.
    check_number(1 + len(guide.references), style.generator)
    references = tuple(shown_on(PAPER, image_of(each)) for each in guide.references)
    return replace(asked, edit=shown, references=references)


def of_what_was_clear(alpha: Float32) -> tuple[str, ...]:
    """The note that goes with an edit where some of what was changed, by its alpha, was clear."""
    return (CLEAR_CAME_OPAQUE,) if (alpha <= 0).any() else ()


def edit_within(
    picture: Picture,
    request: SceneRequest,
    guide: Guide,
    coverage: Coverage,
    painter: Painter,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    """Change a picture within a selection: the stack is one layer, clear outside it.

    The generator sees the selection and what lies round it, at its own best size: of a large
    picture it would see, and paint, a small part in few pixels.

    Raises BadInputError for brackets in the prompt and where there is nothing to be seen, as
    `selected` and `edited` do, and as the painter does.
    """
    prompt = read_prompt(request.prompt)
    if prompt.foregrounds:
        raise BadInputError(
            "What is changed within a selection comes as one layer: leave the brackets out, or "
            "change the whole picture."
        )
    within = selected(coverage, picture)
    image = image_of(picture)
    window = window_to_paint(within > 0, painter.style.generator.longest_ratio)
    if not (image.alpha[window.slices] > 0).any():
        raise BadInputError(
            "What is to be changed is empty, and so is what lies round it: select where something "
            "is."
        )
    shown = shown_on(PAPER, image)
    seen = np.ascontiguousarray(shown[window.slices])
    size = (window.right - window.left, window.bottom - window.top)
    plain = asked_for(request.painting, prompt.words, painter.style, size)
    asked = edited(plain, guide, seen, painter.style)
    fault = fault_of_size(size, painter.style.generator)
    if fault is not None:
        raise BadInputError(
            "Of the picture the generator would see the selection and what lies round the "
            f"selection, and that is {fault}. Select a part of another shape, or take a larger "
            "picture."
        )
    check_profile(picture)
    painter.check(asked)
    painted = painter.paint(asked, report, show)
    show(np.dstack([painted.picture, within[window.slices]]))
    shown[window.slices] = painted.picture
    pixels = document_pixels(shown, within, picture)
    name = textwrap.shorten(prompt.words, LONGEST_NAME, placeholder="…")
    layer = trimmed(pixels, pixels[..., -1] > 0, name, Role.FOREGROUND, picture.pixels.order)
    made = MadeWith(NO_ENGINE, request.painting.seed)
    return LayerStack(
        size_of(picture),
        (replace(layer, phrase=prompt.words),),
        painted_by(made, painter, painted, request.prompt, asked, guide),
        picture.icc_profile,
        (*painted.notes, *of_what_was_clear(image.alpha[within > 0])),
    )
