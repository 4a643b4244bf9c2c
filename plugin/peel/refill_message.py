"""Makes the last result's background a message for the backend, to be filled in otherwise."""

from krita import Document

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import (
    first_background_of,
    free_name,
    layer_names,
    name_of,
    node_of,
    peeled_groups,
    refills_of,
    size_of,
)
from layerpeel.plugin.canvas.hiding import read_hidden
from layerpeel.plugin.canvas.pixels import SourceKind
from layerpeel.plugin.canvas.placement import Origin, Placement, ResultForm
from layerpeel.plugin.canvas.source_reading import read_source
from layerpeel.plugin.canvas.submitted_picture import picture_of
from layerpeel.plugin.peel.peel_message import Submission
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import RefillRequest
from layerpeel.shared.wire import pack_in_pieces, to_text


def refill_message(document: Document) -> "Turns[Submission]":
    """Read the last result, and pack it.

    Raises CanvasError where there is no result, what was lifted off is no longer where it was, or
    the background is see-through.
    """
    groups = peeled_groups(document)
    if not groups:
        raise CanvasError(i18n("Nothing has been peeled here yet: peel the picture first."))
    group = groups[-1]
    if not group.hidden:
        raise CanvasError(
            i18n(
                "This result is of an older version: its background cannot be filled in otherwise."
            )
        )
    if node_of(document, first_background_of(document, group)) is None:
        raise CanvasError(
            i18n(
                "The background that this result came with was removed: the others only lie over "
                "it. Undo that, or peel again."
            )
        )
    hidden = yield from read_hidden(document, group)
    pixels, place = yield from read_source(document, SourceKind.LEFT)
    if not pixels.is_opaque():
        # Another one above it would show twice where both are half transparent.
        raise CanvasError(
            i18n("A background that is transparent in places cannot be filled in otherwise.")
        )
    picture = yield from picture_of(document, pixels)
    yield "wrap the pixels"
    placement = Placement(
        free_name(i18n("Background"), layer_names(document)),
        size_of(document),
        ResultForm.BACKGROUND,
        place,
        pixels.model,
        pixels.depth,
        pixels.profile,
        Origin(i18n("Another background"), group.name, name_of(document)),
    )
    request = RefillRequest(hidden, refills_of(document, group) + 1)
    message = pack_in_pieces(SubmitJob(placement.name, request, picture, to_text(placement)))
    yield "pack the message"
    return Submission(message, placement)
