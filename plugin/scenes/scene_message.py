"""Makes the artist's choices and the canvas messages for the backend."""

from dataclasses import dataclass
from typing import Optional, Tuple

from krita import Document

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.finding import free_name, layer_names, name_of, size_of
from layerpeel.plugin.canvas.pixels import Pixels
from layerpeel.plugin.canvas.placement import Origin, Place, Placement, ResultForm
from layerpeel.plugin.canvas.source_reading import (
    active_layer_id,
    read_active_layer,
    read_picture,
    read_selection,
)
from layerpeel.plugin.canvas.submitted_picture import picture_of
from layerpeel.plugin.scenes.scene_choice import GuideSource, Mode, SceneChoice
from layerpeel.plugin.texts import i18n
from layerpeel.plugin.turns import Turns
from layerpeel.shared.jobs import Request, SubmitJob
from layerpeel.shared.protocol import Coverage, Picture
from layerpeel.shared.scenes import BackgroundRequest, ObjectRequest, SceneRequest
from layerpeel.shared.wire import Packed, pack_in_pieces, to_text


@dataclass(frozen=True)
class Commission:
    """What was read from the canvas when Generate was pressed; makes the message of each variant.

    within: where an object goes, or what is changed by words alone; None for all else.
    engine: name of the engine that peels.
    """

    choice: SceneChoice
    engine: str
    picture: Picture
    placement: Placement
    within: Optional[Coverage]

    def message(self, variant: int) -> Packed:
        """Pack the `SubmitJob` of a variant, counted from 0."""
        name = self.placement.name
        if self.choice.variants > 1:
            name = i18n("{name}, seed {seed}").format(name=name, seed=self.choice.seed + variant)
        keepsake = to_text(self.placement)
        return pack_in_pieces(SubmitJob(name, self._request(variant), self.picture, keepsake))

    def _request(self, variant: int) -> Request:
        prompt, painting = self.choice.prompt, self.choice.painting(variant)
        if self.choice.mode is Mode.OBJECT and self.within is not None:
            return ObjectRequest(prompt, self.within, painting)
        if self.choice.mode is Mode.BACKGROUND:
            return BackgroundRequest(prompt, painting, self.engine)
        guide = self.choice.scene_guide(self.within)
        return SceneRequest(prompt, painting, guide, self.engine)


def commission_for(document: Document, choice: SceneChoice, engine: str) -> "Turns[Commission]":
    """Read from the canvas what the choice needs.

    Raises CanvasError when there is no selection for an object, one beside brackets for an edit, or
    no layer for a background.
    """
    within = None
    if choice.mode is Mode.OBJECT or choice.is_edit():
        selected = read_selection(document)
        if selected is not None:
            within = selected.coverage
            if choice.is_edit() and not choice.is_one_layer():
                raise CanvasError(
                    i18n(
                        "What is changed within a selection comes as one layer: leave the brackets "
                        "out, or deselect."
                    )
                )
        elif choice.mode is Mode.OBJECT:
            raise CanvasError(i18n("Select where the object should go first."))
    yield "read the selection"
    pixels, place = yield from _read(document, choice)
    picture = yield from picture_of(document, pixels)
    yield "wrap the pixels"
    placement = Placement(
        free_name(choice.short_name(), layer_names(document)),
        size_of(document),
        ResultForm.LAYER if choice.is_one_layer() else ResultForm.LAYERS,
        place,
        pixels.model,
        pixels.depth,
        pixels.profile,
        Origin(choice.short_name(), document=name_of(document)),
    )
    return Commission(choice, engine, picture, placement, within)


def _read(document: Document, choice: SceneChoice) -> "Turns[Tuple[Pixels, Place]]":
    if choice.mode is Mode.OBJECT:
        above = active_layer_id(document)
        pixels = yield from read_picture(document)
        return pixels, Place(above=above, patch=False)
    if choice.mode is Mode.BACKGROUND:
        pixels, layer = yield from read_active_layer(document)
        return pixels, Place(below=layer, patch=False)
    if choice.guide is not None and choice.guided_by is GuideSource.LAYER:
        pixels, layer = yield from read_active_layer(document)
        return pixels, Place(above=layer if choice.is_one_layer() else "", patch=False)
    pixels = yield from read_picture(document)
    return pixels, Place(patch=False)
