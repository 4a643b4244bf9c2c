"""ViTMatte for alpha, then the classical chain's colours: two baselines of the paper's Table 4.

“Germer et al.” is without a fill, “Germer et al. + Inp.” with one. The paper does not say by what
it fills in; here it is PatchMatch, as in the chain.
"""

from layerpeel.backend.engines.full_install import what_full_install_lacks
from layerpeel.backend.errors import ModelError
from layerpeel.backend.evaluation.classical import (
    Fill,
    fill_by_patchmatch,
    leave_unfilled,
    separate_by_alpha,
)
from layerpeel.backend.image import Float32
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.separation import Separation

MODEL = "vitmatte"


def lacks_vitmatte() -> str | None:
    """Return why ViTMatte cannot be used here, None when it can."""
    try:
        ModelStore().path_of(MODEL)
    except ModelError as error:
        return str(error)
    return what_full_install_lacks("layeringdiff") or None


def separate_by_vitmatte(picture: Float32, trimap: Float32, seed: int) -> Separation:
    """Separate H×W×3 (RGB, 0–1) by an H×W trimap (0, 0.5, 1), and fill in behind.

    Raises ModelError when the model is missing or damaged, DeviceError when no device can be used.
    """
    return _separated(picture, trimap, fill_by_patchmatch, seed)


def separate_by_vitmatte_without_fill(picture: Float32, trimap: Float32, seed: int) -> Separation:
    """Separate likewise, and fill nothing in. Raises as `separate_by_vitmatte` does."""
    return _separated(picture, trimap, leave_unfilled, seed)


def _separated(picture: Float32, trimap: Float32, fill: Fill, seed: int) -> Separation:
    folder = ModelStore().path_of(MODEL)
    # Only here: the other methods run without torch.
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool
    from layerpeel.backend.stages.vitmatte import VitMatte

    alpha = VitMatte(folder, NetworkPool(compute_on())).matte(picture, trimap)
    return separate_by_alpha(picture, alpha, fill, seed)
