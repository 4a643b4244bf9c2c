"""Words → layers: the whole of the paper's Figure 1. A picture is generated, then taken apart."""

from dataclasses import replace

from layerpeel.backend.colour import image_of
from layerpeel.backend.engines.registry import engine_for
from layerpeel.backend.errors import BadInputError, LayerpeelError
from layerpeel.backend.image import array_of
from layerpeel.backend.models.store import ModelStore
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.pipeline import peel_picture
from layerpeel.backend.progress import ReportProgress, ShowFound
from layerpeel.backend.scenes.canvas import (
    PAPER,
    document_picture,
    first_part,
    read_prompt,
    rest,
    show_painted,
    shown_on,
    size_of,
    told,
)
from layerpeel.backend.scenes.painter import Painter, asked_for
from layerpeel.backend.stages.generation.request import Control, ControlKind, Start
from layerpeel.backend.stages.generation.style import Style
from layerpeel.shared.protocol import (
    LayerStack,
    MadeWith,
    PeelRequest,
    Phrases,
    Picture,
    Role,
)
from layerpeel.shared.scenes import Guide, GuideKind, SceneRequest

NO_BRACKETS = (
    "No words are in brackets, so the scene came as one layer: put [ ] round what is to be a layer "
    "of its own."
)

# How closely a sketch is followed where nothing is said.
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

    Flattened, the stack is what was painted. Whatever fails after painting, that arrives.

    Raises BadInputError, ModelError and DeviceError before painting, and as the painter does.
    """
    prompt = read_prompt(request.prompt)
    control, start = _guided(request.guide, picture, painter.style)
    asked = asked_for(
        request.painting, prompt.words, painter.style, size_of(picture), control, start
    )
    painter.check(asked)
    peel = PeelRequest(
        Phrases(prompt.foregrounds), seed=request.painting.seed, engine=request.engine
    )
    if prompt.foregrounds:
        engine, engine_notes = engine_for(peel, store)
        engine.check(peel)
    share = PAINTING_SHARE if prompt.foregrounds else 1.0
    painted = painter.paint(asked, first_part(report, share), show)
    show_painted(painted.picture, show)
    scene = document_picture(painted.picture, picture)
    notes = painted.notes
    if not prompt.foregrounds:
        stack = _whole(scene, request, (NO_BRACKETS,))
    else:
        notes = (*notes, *engine_notes)
        try:
            stack = peel_picture(scene, peel, engine, rest(report, share))
        except LayerpeelError as error:
            stack = _whole(scene, request, (f"The scene came as one layer. {error}",))
    made = stack.made_with
    said = told(request.painting, request.prompt, painter.style.name, size_of(picture))
    if request.guide is not None:
        said["guide"] = request.guide.kind.value
    made = replace(
        made,
        models={**painter.models(), **made.models},
        licences={**painter.licences(), **made.licences},
        painted=said,
    )
    return replace(stack, made_with=made, notes=(*notes, *stack.notes))


def _whole(scene: Picture, request: SceneRequest, notes: tuple[str, ...]) -> LayerStack:
    pixels = array_of(scene.pixels)
    shows = pixels[..., -1] > 0
    layer = trimmed(pixels, shows, "Background", Role.BACKGROUND, scene.pixels.order)
    made = MadeWith("none", request.painting.seed)
    return LayerStack(size_of(scene), (layer,), made, scene.icc_profile, notes)


def _guided(
    guide: Guide | None, picture: Picture, style: Style
) -> tuple[Control | None, Start | None]:
    """How the picture guides: by a ControlNet, as what painting begins from, or not at all."""
    if guide is None:
        return None, None
    strength = guide.strength
    if strength is not None and not 0 <= strength <= 1:
        raise BadInputError(f"{strength:g} cannot be used for the strength: choose from 0 to 1.")
    shown = shown_on(PAPER, image_of(picture))
    if guide.kind is GuideKind.SKETCH:
        return None, Start(shown, 1 - (SKETCH_STRENGTH if strength is None else strength))
    kind = _CONTROLS[guide.kind]
    if kind not in style.controls:
        raise BadInputError(
            f"The style “{style.name}” cannot follow {guide.kind.value}: name the folder of a "
            f"ControlNet for it in its file ([control], {kind.value}), or choose another style."
        )
    return Control(kind, shown, style.controls[kind], strength), None
