"""Where is what words name, and what may be seen through: by GroundingDINO."""

from layerpeel.backend.engines.kept_pool import kept_pool, kept_with
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.stages.box import BoxEdges
from layerpeel.backend.stages.grounding_dino import GroundingDinoDetector
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.transparent_things import find_transparent, loosen


class WordsByGroundingDino:
    """Finds boxes by words, and what may be seen through, on `wanted_device()`."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def boxes_of(self, image: Image, text: str) -> list[BoxEdges]:
        """Boxes round what the words name, surest first."""
        found = self._detector.find(shown_over_grey(image.proxy, image.alpha), text)
        return [(each.left, each.top, each.right, each.bottom) for each in found]

    def loosen_transparent(self, image: Image, trimap: Float32) -> Float32:
        """Make what is surely foreground unknown where glass and the like are found."""
        return loosen(
            trimap, find_transparent(self._detector, shown_over_grey(image.proxy, image.alpha))
        )

    @property
    def _detector(self) -> GroundingDinoDetector:
        pool = kept_pool(self._used.store)
        return kept_with(pool, GroundingDinoDetector, self._used.use("grounding-dino"))
