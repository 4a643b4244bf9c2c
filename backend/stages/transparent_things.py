"""What may be seen through is not surely foreground: MatteAnything's rule for glass and such."""

from collections.abc import Iterable

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.grounding_dino import Detection, GroundingDinoDetector

# MatteAnything's own. It gives the words to the network as one phrase with commas in it; here each
# is a phrase, which is how the network parts them.
CAPTION = "glass, lens, crystal, diamond, bubble, bulb, web, grid"
BOX_THRESHOLD = 0.5
TEXT_THRESHOLD = 0.25


def find_transparent(detector: GroundingDinoDetector, proxy: Float32) -> list[Detection]:
    """Find what may be seen through in H×W×3 (RGB, 0–1). Raises as `detector.find` does."""
    return detector.find(proxy, CAPTION, BOX_THRESHOLD, TEXT_THRESHOLD)


def loosen(trimap: Float32, things: Iterable[Detection]) -> Float32:
    """Make a trimap (H×W, 1, 0, 0.5) unknown where such a thing's box meets the sure foreground."""
    loosened = trimap.copy()
    for thing in things:
        inside = loosened[int(thing.top) : int(thing.bottom), int(thing.left) : int(thing.right)]
        inside[inside == 1] = 0.5
    return loosened
