"""Makes the artist's choices and the canvas a message for the backend."""

from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

from krita import Document, Node

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import (
    free_name,
    layer_names,
    name_of,
    node_of,
    peeled_groups,
    size_of,
)
from layerpeel.plugin.canvas.hint_layer import find_hint_layer
from layerpeel.plugin.canvas.meanwhile import Before, arrangement_of, look_before
from layerpeel.plugin.canvas.pixels import Pixels, Selected, SourceKind
from layerpeel.plugin.canvas.placement import Origin, Place, Placement, ResultForm
from layerpeel.plugin.canvas.pointed_source import read_hints_of, read_to_point_at
from layerpeel.plugin.canvas.source_reading import read_selection, read_source
from layerpeel.plugin.canvas.submitted_picture import picture_of
from layerpeel.plugin.engine_names import OUTLINING
from layerpeel.plugin.peel.peel_choice import Choice, LiftOff
from layerpeel.plugin.pointing.marks import PointedAt
from layerpeel.plugin.stage_wishes import AUTOMATIC, as_outlined, is_automatic
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import (
    Box,
    Lift,
    Mask,
    Outcome,
    PeelRequest,
    Points,
    Subject,
    Things,
    Words,
)
from layerpeel.shared.wire import Packed, pack_in_pieces, to_text


@dataclass(frozen=True)
class Submission:
    """A packed `SubmitJob`, and what the plugin has to know when its result comes.

    before: what was read; None where what is painted meanwhile cannot be hidden by the result.
    """

    message: Packed
    placement: Placement
    before: Optional[Before] = None


def message_for(document: Document, choice: Choice, engine: str) -> "Turns[Submission]":
    """Read the canvas, and pack it with what was chosen.

    engine: name of the engine that peels; if that is left open, what is pointed at is peeled by
        the one that has outlined it.

    Raises CanvasError when there is nothing to peel, or no choice of what to lift off.
    """
    lift = _lift(choice, None if choice.lift.uses_picture else read_selection(document))
    yield "read the selection"
    arrangement = arrangement_of(document)
    hints: Optional[Node] = None
    if choice.pointed_at is not None:
        hints = find_hint_layer(document)
        pixels, place = yield from _read_pointed(document, choice.source, choice.pointed_at)
    else:
        pixels, place = yield from read_source(document, choice.source)
    place = replace(place, patch=place.patch and choice.patches)
    before = look_before(document, arrangement, choice.source, place.above, pixels, hints)
    picture = yield from picture_of(document, pixels)
    placement = Placement(
        _name_for(choice, layer_names(document)),
        size_of(document),
        choice.form,
        place,
        pixels.model,
        pixels.depth,
        pixels.profile,
        Origin(_lifted(choice), _taken_from(document, choice.source, place), name_of(document)),
    )
    selection_only = choice.form is ResultForm.SELECTION
    outcome = Outcome.PATCHES if place.patch else Outcome.LAYERS
    if isinstance(lift, Points) and is_automatic(engine):
        engine = OUTLINING if engine == AUTOMATIC else as_outlined(engine)
    request = PeelRequest(
        lift,
        layers=1 if selection_only else choice.layers,
        engine=engine,
        outcome=Outcome.SELECTION if selection_only else outcome,
        masks=choice.form is ResultForm.MASKS,
    )
    message = pack_in_pieces(SubmitJob(placement.name, request, picture, to_text(placement)))
    return Submission(message, placement, before)


def _read_pointed(
    document: Document, kind: SourceKind, pointed_at: PointedAt
) -> "Turns[Tuple[Pixels, Place]]":
    hints = yield from read_hints_of(document)
    source = yield from read_to_point_at(document, kind)
    is_pointed_by_hints = isinstance(pointed_at.lift, Points)
    has_other_hints = is_pointed_by_hints and hints.points != pointed_at.hints
    if source.fingerprint != pointed_at.fingerprint or has_other_hints:
        raise CanvasError(
            i18n("The picture has changed since you pointed: look at the outline, then peel again.")
        )
    return source.pixels, source.place


def _lift(choice: Choice, selected: Optional[Selected]) -> Lift:
    if choice.lift is LiftOff.WORDS:
        if not choice.words.strip():
            raise CanvasError(i18n("Write what to lift off."))
        return Words(choice.words.strip())
    if choice.lift.uses_picture:
        if choice.pointed_at is None:
            raise CanvasError(_nothing_is_chosen(choice.lift))
        return choice.pointed_at.lift
    if choice.lift is LiftOff.SUBJECT:
        return Subject(within=None if selected is None else selected.coverage)
    if selected is None:
        raise CanvasError(i18n("Nothing is selected yet."))
    if choice.exact_edge or selected.box is None:
        return Mask(selected.coverage, exact=choice.exact_edge)
    return Box(*selected.box)


def _nothing_is_chosen(lift: LiftOff) -> str:
    if lift is LiftOff.POINT:
        return i18n("Point at what to lift off first.")
    return i18n("Wait until things are found, and tick what to lift off.")


def _lifted(choice: Choice) -> str:
    """Say what is lifted off, for the list of results."""
    if choice.lift is LiftOff.WORDS:
        return choice.words.strip()
    pointed_at = choice.pointed_at
    if pointed_at is not None and isinstance(pointed_at.lift, Things) and pointed_at.lift.found:
        return ", ".join(thing.name for thing in pointed_at.lift.found)
    return {
        LiftOff.SUBJECT: i18n("Subject"),
        LiftOff.POINT: i18n("What was pointed at"),
        LiftOff.THINGS: i18n("Each thing"),
        LiftOff.SELECTION: i18n("Selection"),
    }[choice.lift]


def _taken_from(document: Document, source: SourceKind, place: Place) -> str:
    """Name what was peeled: a layer, or the result that left it; empty for the whole picture."""
    if source is SourceKind.LEFT:
        groups = peeled_groups(document)
        return groups[-1].name if groups else ""
    layer = node_of(document, place.above) if source is SourceKind.LAYER else None
    return "" if layer is None else layer.name()


def _name_for(choice: Choice, taken: List[str]) -> str:
    """Name the group after what is lifted off."""
    name = {
        LiftOff.SUBJECT: i18n("Peeled subject"),
        LiftOff.POINT: i18n("Peeled thing"),
        LiftOff.THINGS: i18n("Peeled things"),
        LiftOff.SELECTION: i18n("Peeled selection"),
        LiftOff.WORDS: choice.words.strip(),
    }[choice.lift]
    return free_name(name, taken)
