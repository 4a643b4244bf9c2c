"""Alpha in the unknown band, by ViTMatte (LayeringDiff, section 3.2)."""

from layerpeel.backend.engines.kept_pool import kept_pool
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Float32, Image
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.isnet import shown_over_grey
from layerpeel.backend.stages.vitmatte import VitMatte


class EdgesByVitMatte:
    """Finds alpha on `wanted_device()`."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def matte(self, image: Image, trimap: Float32, report: ReportFraction) -> Matte:
        """Alpha in the unknown band."""
        matting = VitMatte(self._used.use("vitmatte"), kept_pool(self._used.store))
        alpha = matting.matte(shown_over_grey(image.proxy, image.alpha), trimap)
        self._used.note(*matting.notes)
        return Matte(alpha)
