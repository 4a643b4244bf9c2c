"""The engine that takes a picture apart at once, by Qwen-Image-Layered."""

from collections.abc import Sequence

from layerpeel.backend.engines.kept_pool import kept_pool
from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Image
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.layer_guess import LayerGuess, guesses_from
from layerpeel.backend.stages.qwen_layers import QwenLayers
from layerpeel.shared.protocol import PeelRequest, Subject

MODEL = "qwen-image-layered"


class QwenEngine:
    """See `layerpeel.backend.engines.engine.WholeEngine`. It computes on `wanted_device()`.

    Raises ModelError when the model is not there or cannot be used, DeviceError when the device is
    not, or is too small.
    """

    name = "qwen"
    notes: tuple[str, ...] = ()

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.models: dict[str, str] = {}
        self.stages: dict[str, str] = {}

    def models_needed(self, request: PeelRequest) -> tuple[str, ...]:
        """Qwen-Image-Layered, whatever the request."""
        return (MODEL,)

    def check(self, request: PeelRequest) -> None:
        """Raise ModelError for whatever shows what is to be lifted off, and for a model that is
        not there or not whole; DeviceError when device or main memory are too small for it.
        """
        if request.lift != Subject():
            raise ModelError(
                "“qwen” decides by itself what the layers are: ask for the subject, without a "
                "selection, box, points, words, mask or trimap, or use the engine “auto”."
            )
        if request.band is not None:
            raise ModelError(
                "“qwen” finds edges by itself: leave the band out, or use the engine “auto”."
            )
        self._layers().check()

    def decompose(
        self, image: Image, layers: int, seed: int, report: ReportFraction
    ) -> Sequence[LayerGuess]:
        """Guess at most `layers` layers to lift off, front-most first; empty ones are left out."""
        self.models[MODEL] = self._store.digest_of(MODEL)
        self.stages["layers"] = "Qwen-Image-Layered"
        # One more: what stays when all others are lifted off.
        return guesses_from(
            self._layers().decompose(image.proxy, image.alpha, layers + 1, seed, report)
        )

    def _layers(self) -> QwenLayers:
        return QwenLayers(self._store.path_of(MODEL), kept_pool(self._store))
