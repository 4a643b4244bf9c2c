"""Keep what was painted, whatever fails after it."""

import logging

from layerpeel.backend.engines.engine import AnyEngine
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.image import array_of
from layerpeel.backend.outcomes import trimmed
from layerpeel.backend.pipeline import peel_picture
from layerpeel.backend.progress import ReportProgress, StopWork
from layerpeel.shared.protocol import LayerStack, MadeWith, PeelRequest, Picture, Role

_log = logging.getLogger(__name__)

NO_ENGINE = "none"
"""Named in `MadeWith` where nothing was peeled."""


def peel_or_keep(
    painted: Picture, peel: PeelRequest, engine: AnyEngine, report: ReportProgress, instead: str
) -> LayerStack:
    """Peel what was painted; if that fails it comes as one layer, with a note that says why.

    instead: a sentence about what there is then.

    Raises StopWork.
    """
    try:
        return peel_picture(painted, peel, engine, report)
    except StopWork:
        raise
    except Exception as error:  # noqa: BLE001  (it took long to paint, and cannot be had again)
        return as_one_layer(painted, peel.seed, f"{instead} {_why(error)}")


def as_one_layer(painted: Picture, seed: int, *notes: str) -> LayerStack:
    """Return what was painted as one layer."""
    pixels = array_of(painted.pixels)
    shows = pixels[..., -1] > 0
    layer = trimmed(pixels, shows, "Background", Role.BACKGROUND, painted.pixels.order)
    size = painted.pixels.width, painted.pixels.height
    return LayerStack(size, (layer,), MadeWith(NO_ENGINE, seed), painted.icc_profile, notes)


def _why(error: Exception) -> str:
    if isinstance(error, LayerpeelError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory to take it apart."
    _log.error("what was painted could not be taken apart", exc_info=error)
    return f"It could not be taken apart ({type(error).__name__}): peel it, or report it."
