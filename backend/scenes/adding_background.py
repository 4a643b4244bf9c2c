"""A scene painted round a layer, and filled in behind it: one opaque layer to lie below."""

from dataclasses import replace

import numpy as np

from layerpeel.backend.colour import image_of
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress, ShowFound, first_part, rest
from layerpeel.backend.scenes.canvas import (
    CLEAR,
    check_profile,
    document_picture,
    read_prompt,
    show_painted,
    shown_on,
    size_of,
)
from layerpeel.backend.scenes.kept import peel_or_keep
from layerpeel.backend.scenes.painted_provenance import painted_by
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.stages.crop import grown
from layerpeel.backend.stages.generation.request import Start
from layerpeel.shared.protocol import Coverage, LayerStack, Mask, PeelRequest, Picture, Role
from layerpeel.shared.scenes import BackgroundRequest

# From this alpha on the layer hides what lies behind it, and that is not painted.
HIDES = 0.98

# How far into the layer's edge it is painted anew, in pixels: no fringe of grey stays round it.
INTO_EDGE = 3.0

PAINTING_SHARE = 0.8

NOT_PEELED = "What the layer hides was not filled in: it is still there, too."


def add_background(
    picture: Picture,
    request: BackgroundRequest,
    painter: Painter,
    store: ModelStore,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    """Paint round the picture, which is a layer with clear surroundings; one opaque layer.

    Whatever fails after painting, all that was painted arrives.

    Raises BadInputError for a layer that is empty or leaves nothing clear, ModelError and
    DeviceError before painting, and as the painter does.
    """
    prompt = read_prompt(request.prompt)
    image = image_of(picture)
    if not (image.alpha > 0).any():
        raise BadInputError("The layer is empty: choose one that something is painted on.")
    if (image.alpha >= 1).all():
        raise BadInputError("The layer covers everything: there is no room for a background.")
    clear = grown(image.alpha < HIDES, INTO_EDGE).astype(np.float32)
    start = Start(shown_on(CLEAR, image), 1.0, clear)
    asked = asked_for(request.painting, prompt.words, painter.style, size_of(picture), start=start)
    check_profile(picture)
    painter.check(asked)
    steps = np.floor(image.alpha * 255 + 0.5).astype(np.uint8)
    peel = PeelRequest(
        Mask(Coverage(*size_of(picture), steps.tobytes()), exact=True),
        seed=request.painting.seed,
        engine=request.engine,
    )
    engine, engine_notes = engine_for(peel, store)
    engine.check(peel)
    painted = painter.paint(asked, first_part(report, PAINTING_SHARE), show)
    share = image.alpha[..., None]
    composed = share * image.proxy + (1 - share) * painted.picture
    show_painted(composed, show)
    whole = document_picture(composed, picture)
    stack = peel_or_keep(whole, peel, engine, rest(report, PAINTING_SHARE), NOT_PEELED)
    (background,) = (layer for layer in stack.layers if layer.role is Role.BACKGROUND)
    made = painted_by(stack.made_with, painter, painted, request.prompt, asked)
    return LayerStack(
        size_of(picture),
        (replace(background, phrase=prompt.words),),
        made,
        picture.icc_profile,
        (*painted.notes, *engine_notes, *stack.notes),
    )
