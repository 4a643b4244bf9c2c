"""Both layers by FBDD and HFA (LayeringDiff, section 3.3)."""

import numpy as np

from layerpeel.backend.colour import values_from_proxy
from layerpeel.backend.engines.kept_pool import kept_pool
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.lossless import Estimates
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.separation import Matte
from layerpeel.backend.stages.alpha_behind import spread_into
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.layer_diffusion import LayerDiffusion


class LayersByDiffusion:
    """Makes both layers anew on `wanted_device()`, and keeps the picture where one shows alone."""

    def __init__(self, used: UsedModels) -> None:
        self._used = used

    def window(self, _image: Image, trimap: Float32) -> Window:
        """All of it: FBDD fills in by all that there is."""
        return window_round(np.ones(trimap.shape, np.bool_), 0)

    def separate(
        self,
        image: Image,
        matte: Matte,
        trimap: Float32,
        seed: int,
        report: ReportFraction,
        later: Bool,
    ) -> Estimates:
        """Both layers by FBDD, at the picture's own detail by HFA.

        FBDD cannot be told what will be lifted off later.
        """
        pool = kept_pool(self._used.store)
        layering = LayerDiffusion(self._used.use("fbdd"), self._used.use("hfa"), pool)
        alpha = matte.alpha
        # Over grey its colours would be mixed with the grey.
        layers = layering.separate(image.proxy, alpha, seed, report)
        self._used.note(*layering.notes)
        foreground, background = (
            values_from_proxy(layer, image.values.shape[-1], image.depth, image.icc_profile)
            for layer in (layers.foreground, layers.background)
        )
        # The paper's copy rule, in the document's own values.
        foreground[alpha >= 1] = image.values[alpha >= 1]
        background[alpha <= 0] = image.values[alpha <= 0]
        behind = spread_into(image.alpha, alpha > 0)
        both_show = (alpha > 0) & (alpha < 1)
        return Estimates(alpha, foreground, background, both_show, background_alpha=behind)
