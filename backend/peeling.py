"""From a request to its result: the engine that it gets, and the pipeline."""

from dataclasses import replace

from layerpeel.backend.engines.registry import engine_for
from layerpeel.backend.models.store import ModelStore
from layerpeel.backend.pipeline import peel_picture
from layerpeel.backend.progress import ReportProgress, ShowFound, say_nothing, show_nobody
from layerpeel.shared.protocol import LayerStack, PeelRequest, Picture


def answer(
    picture: Picture,
    request: PeelRequest,
    store: ModelStore,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Peel a picture with the engine that the request names, or with the best one for `auto`.

    Raises as `peel_picture` and `engine_for` do.
    """
    engine, notes = engine_for(request, store)
    stack = peel_picture(picture, request, engine, report, show)
    return replace(stack, notes=(*notes, *stack.notes))
