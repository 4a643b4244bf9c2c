"""Fetches a job's result and inserts it into a document."""

from dataclasses import dataclass, replace
from typing import Callable, Optional, Tuple

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.meanwhile import Before, before_job, said_of
from layerpeel.plugin.canvas.placement import Placement, ResultForm
from layerpeel.plugin.canvas.result_insertion import check_fits, insert
from layerpeel.plugin.canvas.result_part import part_of
from layerpeel.plugin.engine_names import engine_title
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.stored_settings import read_settings
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import TIMINGS, Turns, run_in_turns
from layerpeel.shared.protocol import LayerStack, ProtocolError, Role
from layerpeel.shared.wire import unpack


@dataclass(frozen=True)
class Delivered:
    """A result that was inserted.

    layers: their unique ids in the document, bottom first.
    may_hide_strokes: whether it is not known what was painted since, and might lie below it.
    """

    stack: LayerStack
    layers: Tuple[str, ...]
    placement: Placement
    may_hide_strokes: bool = False

    @property
    def can_be_peeled_again(self) -> bool:
        """Whether it is a group with a background."""
        return self.placement.form in (ResultForm.LAYERS, ResultForm.MASKS)


def deliver(
    client: Client,
    job: str,
    document: Document,
    placement: Placement,
    wanted: Callable[[], bool],
    done: Callable[[Delivered], None],
    failed: Callable[[Exception], None],
    part: Optional[Role] = None,
    tell: Callable[[str], None] = lambda _line: None,
    before: Optional[Before] = None,
) -> None:
    """Fetch a job's result and insert it into the document, if it is still `wanted` by then.

    part: only its layers of this role; None inserts all. tell: see `insert`. before: what it was
        made from; None takes what is kept of that.
    """

    def fetched(message: QByteArray) -> None:
        known = before or before_job(job, document)
        turns = _unpack_and_insert(message, document, placement, wanted, part, known, tell)
        run_in_turns(turns, done, failed, (CanvasError, ProtocolError))

    try:
        check_fits(document, placement)
    except CanvasError as error:
        failed(error)
        return
    client.result(job, fetched, lambda problem: failed(CanvasError(problem.message)))


def said_when_done(stack: LayerStack, names_engine: bool = False) -> str:
    """Return the line that says what a job made, and if asked for, with which engine."""
    if len(stack.layers) == 1:
        what = i18n("1 layer")
    elif stack.layers:
        what = i18n("{count} layers").format(count=len(stack.layers))
    else:
        what = i18n("selected")
    if not names_engine:
        return i18n("Done: {what}.").format(what=what)
    engine = engine_title(stack.made_with.engine)
    return i18n("Done by {engine}: {what}.").format(engine=engine, what=what)


def account_of(delivered: Delivered, names_engine: bool = False) -> str:
    """Return all that is to be said after a peel: what it made, notes, and what is left to do."""
    stack = delivered.stack
    lines = [said_when_done(stack, names_engine), *stack.notes]
    covers_original = delivered.placement.place.covers_original
    if delivered.can_be_peeled_again and not covers_original:
        lines.append(i18n("Hide the layer that was peeled: it shows through the new layers."))
    if delivered.may_hide_strokes:
        lines.append(i18n("If you have painted since this was made, that is below the new layers."))
    return " ".join(lines)


def _unpack_and_insert(
    message: QByteArray,
    document: Document,
    placement: Placement,
    wanted: Callable[[], bool],
    part: Optional[Role],
    before: Optional[Before],
    tell: Callable[[str], None],
) -> "Turns[Delivered]":
    data = bytes(message)
    yield "read the answer"
    stack = unpack(LayerStack, data)
    if part is not None:
        stack, placement = part_of(stack, placement, part)
    yield "unpack the layers"
    writes_down = read_settings().writes_down
    inserted = yield from insert(document, stack, placement, wanted, writes_down, before, tell)
    TIMINGS.note_moment("inserted")
    if inserted.layers:
        stack = replace(stack, notes=(*stack.notes, *said_of(inserted.painted, before)))
    delivered = Delivered(stack, inserted.layers, placement)
    covers_all = placement.place.covers_original and not placement.place.patch
    hides = before is None and covers_all and delivered.can_be_peeled_again
    return replace(delivered, may_hide_strokes=hides)
