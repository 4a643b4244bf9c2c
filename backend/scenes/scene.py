"""Words → layers: the whole of the paper's Figure 1. A picture is generated, then taken apart."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from layerpeel.backend.colour import image_of
from layerpeel.backend.engines.engine import AnyEngine
from layerpeel.backend.engines.engine_registry import engine_for, is_automatic
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress, ShowFound, first_part, rest
from layerpeel.backend.scenes.canvas import (
    FAR,
    PAPER,
    check_profile,
    document_picture,
    read_prompt,
    show_painted,
    shown_on,
    size_of,
)
from layerpeel.backend.scenes.editing import edit_within, edited, of_what_was_clear
from layerpeel.backend.scenes.kept import as_one_layer, peel_or_keep
from layerpeel.backend.scenes.painted_provenance import painted_by
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.stages.generation.request import (
    Control,
    ControlKind,
    GenerationRequest,
    Start,
)
from layerpeel.backend.stages.generation.style import Style
from layerpeel.shared.protocol import LayerStack, PeelRequest, Phrases, Picture, Subject
from layerpeel.shared.scenes import Guide, GuideKind, SceneRequest

NO_BRACKETS = (
    "No words are in brackets, so the scene came as one layer: put [ ] round what is to be a layer "
    "of its own."
)
NOT_PEELED = "The scene came as one layer."

# How closely a sketch is followed unless the request says.
SKETCH_STRENGTH = 0.4

# Of the time, with a GPU as without.
PAINTING_SHARE = 0.6

_CONTROLS = {
    GuideKind.LINES: ControlKind.LINES,
    GuideKind.SCRIBBLE: ControlKind.SCRIBBLE,
    GuideKind.DEPTH: ControlKind.DEPTH,
}


def paint_scene(
    picture: Picture,
    request: SceneRequest,
    painter: Painter,
    store: ModelStore,
    report: ReportProgress,
    show: ShowFound,
) -> LayerStack:
    """Paint a scene of the picture's size, depth and profile, and take its foregrounds off.

    Flattened, the stack is what was painted, unless a picture is edited within a selection alone
    (`edit_within`). Whatever fails after painting, that arrives.

    Raises BadInputError, ModelError and DeviceError before painting, and as the painter does.
    """
    guide = request.guide
    if guide is not None and guide.kind is GuideKind.EDIT and guide.within is not None:
        return edit_within(picture, request, guide, guide.within, painter, report, show)
    prompt = read_prompt(request.prompt)
    plain = asked_for(request.painting, prompt.words, painter.style, size_of(picture))
    asked = _guided(plain, guide, picture, painter.style)
    check_profile(picture)
    painter.check(asked)
    if prompt.foregrounds:
        peel, engine, engine_notes = _taken_apart(prompt.foregrounds, request, store)
    share = PAINTING_SHARE if prompt.foregrounds else 1.0
    painted = painter.paint(asked, first_part(report, share), show)
    show_painted(painted.picture, show)
    scene = document_picture(painted.picture, picture)
    notes = painted.notes
    if asked.edit is not None:
        notes = (*notes, *of_what_was_clear(image_of(picture).alpha))
    if prompt.foregrounds:
        notes = (*notes, *engine_notes)
        stack = peel_or_keep(scene, peel, engine, rest(report, share), NOT_PEELED)
    else:
        advice = () if asked.edit is not None else (NO_BRACKETS,)
        stack = as_one_layer(scene, request.painting.seed, *advice)
    made = painted_by(stack.made_with, painter, painted, request.prompt, asked, guide)
    return replace(stack, made_with=made, notes=(*notes, *stack.notes))


def _taken_apart(
    phrases: tuple[str, ...], request: SceneRequest, store: ModelStore
) -> tuple[PeelRequest, AnyEngine, tuple[str, ...]]:
    """How the scene will be taken apart, by what, and what is to be said of that.

    By its phrases; where `auto` finds nothing here that looks for words, by what stands out.

    Raises ModelError when nothing here can do either.
    """
    seed, name = request.painting.seed, request.engine
    by_words = PeelRequest(Phrases(phrases), seed=seed, engine=name)
    engine, notes = engine_for(by_words, store)
    try:
        engine.check(by_words)
    except ModelError as error:
        if not is_automatic(name):
            raise
        by_itself = PeelRequest(Subject(), layers=len(phrases), seed=seed, engine=name)
        engine, notes = engine_for(by_itself, store)
        with contextlib.suppress(ModelError):
            engine.check(by_itself)
            return by_itself, engine, (*notes, _not_by_words(phrases, error))
        raise  # What words lack is what was asked for.
    return by_words, engine, notes


def _not_by_words(phrases: Sequence[str], why: ModelError) -> str:
    quoted = ", ".join(f"“{phrase}”" for phrase in phrases)
    return (
        f"{quoted} could not be looked for, so what stands out in the scene came off instead. {why}"
    )


def _guided(
    asked: GenerationRequest, guide: Guide | None, picture: Picture, style: Style
) -> GenerationRequest:
    """How the picture guides: by a ControlNet, as what is painted over or edited, or not at all."""
    if guide is None:
        return asked
    strength = guide.strength
    if strength is not None and not 0 <= strength <= 1:
        raise BadInputError(f"{strength:g} cannot be used for the strength: choose from 0 to 1.")
    image = image_of(picture)
    if not (image.alpha > 0).any():
        raise BadInputError("What is to guide the scene is empty: choose what something is on.")
    if guide.kind is GuideKind.EDIT:
        return edited(asked, guide, shown_on(PAPER, image), style)
    if guide.references or guide.within is not None:
        raise BadInputError(
            "Further pictures, and a selection, go with one that is edited: leave them out."
        )
    shown = shown_on(FAR if guide.kind is GuideKind.DEPTH else PAPER, image)
    if guide.kind is GuideKind.SKETCH:
        start = Start(shown, 1 - (SKETCH_STRENGTH if strength is None else strength))
        return replace(asked, start=start)
    kind = _CONTROLS[guide.kind]
    network = style.controls.get(kind)
    if network is None:
        raise BadInputError(
            f"The style “{style.name}” cannot follow {guide.kind.value}: name the folder of a "
            f"ControlNet for it in its file ([control], {kind.value}), or choose another style."
        )
    if not network.exists():
        raise BadInputError(
            f"The style “{style.name}” cannot follow {guide.kind.value}: there is no {network}, "
            "which it names for that. Put the ControlNet there."
        )
    return replace(asked, control=Control(kind, shown, network, strength))
