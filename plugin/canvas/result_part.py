"""One part of a result alone: its background, or what was lifted off."""

from dataclasses import replace
from typing import Tuple

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.building import layer_name, wished_name
from layerpeel.plugin.canvas.placement import Place, Placement, ResultForm
from layerpeel.plugin.texts import i18n
from layerpeel.shared.protocol import LayerStack, Role

_PLAIN = Place()


def part_of(stack: LayerStack, placement: Placement, role: Role) -> Tuple[LayerStack, Placement]:
    """Return the layers of one role, and where they belong: one layer, or a group of several.

    Raises CanvasError where the result has none.
    """
    layers = tuple(each for each in stack.layers if each.role is role)
    if not layers:
        raise CanvasError(i18n("This result has no such layer."))
    place = placement.place
    if role is Role.FOREGROUND and place.blending_mode == "copy":
        # So blended a group hides all below it, also where it is transparent.
        place = replace(place, blending_mode="normal")
    how = (place.blending_mode, place.opacity, place.inherit_alpha)
    is_plain = how == (_PLAIN.blending_mode, _PLAIN.opacity, _PLAIN.inherit_alpha)
    is_one = len(layers) == 1 and layers[0].mask is None and is_plain
    name = layer_name(layers[0], stack, wished_name(placement)) if is_one else placement.name
    form = ResultForm.LAYER if is_one else ResultForm.PART
    return replace(stack, layers=layers), replace(placement, name=name, form=form, place=place)
