"""Answer a request: by the pipeline with an engine, or by scenes/."""

from dataclasses import replace

from layerpeel.backend.adjusted_edges import adjust_edges
from layerpeel.backend.engines.engine_registry import engine_for
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.other_backgrounds import refill_picture
from layerpeel.backend.out_of_memory import TellingOfMemory
from layerpeel.backend.pipeline import peel_picture
from layerpeel.backend.progress import ReportProgress, ShowFound, say_nothing, show_nobody
from layerpeel.backend.scenes.adding_background import add_background
from layerpeel.backend.scenes.adding_object import add_object
from layerpeel.backend.scenes.painter import painter_of
from layerpeel.backend.scenes.scene import paint_scene
from layerpeel.shared.jobs import Request
from layerpeel.shared.protocol import (
    AdjustRequest,
    LayerStack,
    PeelRequest,
    Picture,
    RefillRequest,
)
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, SceneRequest


def answer(
    picture: Picture | None,
    request: Request,
    store: ModelStore,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Answer with the engine and the style that the request names, or with the best there are.

    picture: None where the request brings it (`AdjustRequest`).

    Raises as `peel_picture`, `engine_for`, and those of `backend.scenes` do, and MemoryError,
    whichever library it was that found too little.
    """
    with TellingOfMemory():
        stack = _answered(picture, request, store, report, show)
    known = {model.id for model in store.manifest.models}
    made = stack.made_with
    licences = {name: store.licence_of(name) for name in made.models if name in known}
    return replace(stack, made_with=replace(made, licences={**licences, **made.licences}))


def _answered(
    picture: Picture | None,
    request: Request,
    store: ModelStore,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    if isinstance(request, AdjustRequest):
        return adjust_edges(request, report)
    if picture is None:
        raise BadInputError("There is no picture to work on: hand one in with the request.")
    match request:
        case PeelRequest():
            return _peeled(picture, request, store, report, show)
        case RefillRequest():
            return refill_picture(picture, request, report)
        case SceneRequest():
            painter = painter_of(request.painting, store)
            return paint_scene(picture, request, painter, store, report, show)
        case ObjectRequest():
            return add_object(picture, request, painter_of(request.painting, store), report, show)
        case BackgroundRequest():
            painter = painter_of(request.painting, store)
            return add_background(picture, request, painter, store, report, show)


def _peeled(
    picture: Picture,
    request: PeelRequest,
    store: ModelStore,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    engine, notes = engine_for(request, store)
    stack = peel_picture(picture, request, engine, report, show)
    return replace(stack, notes=(*notes, *stack.notes))
