"""ViTMatte for alpha, then the chain's colours and fill: the paper's “Germer et al. + Inp.”.

Yao, Wang, Yang and Wang, "ViTMatte", 2023, as an ONNX file that takes [1, 4, h, w] (RGB and trimap,
brought to −1…1, h and w multiples of 32) and gives [1, 1, h, w] of alpha.
"""

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

from layerpeel.backend.errors import ModelError
from layerpeel.backend.evaluation.classical import fill_by_patchmatch, separate_by_alpha
from layerpeel.backend.evaluation.metrics import Separation
from layerpeel.backend.image import Float32
from layerpeel.backend.models.store import ModelStore

MODEL = "vitmatte"
MULTIPLE = 32


def lacks_vitmatte() -> str | None:
    """Say why ViTMatte cannot be used here, None when it can."""
    try:
        ModelStore().path_of(MODEL)
    except ModelError as error:
        return str(error)
    return None


def separate_by_vitmatte(picture: Float32, trimap: Float32, seed: int) -> Separation:
    """Separate H×W×3 (RGB, 0–1) by an H×W trimap (0, 0.5, 1).

    Raises ModelError when the model is not there or not whole.
    """
    alpha = vitmatte_alpha(ModelStore().path_of(MODEL), picture, trimap)
    return separate_by_alpha(picture, alpha, fill_by_patchmatch, seed)


def vitmatte_alpha(model: Path, picture: Float32, trimap: Float32) -> Float32:
    """Estimate alpha, H×W, 0–1: what the trimap knows, and the network's answer in its band."""
    height, width = trimap.shape
    shown = np.concatenate([picture, trimap[..., None]], axis=-1)
    beyond = ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0))
    shown = np.pad(shown, beyond, mode="edge").transpose(2, 0, 1)[None] * 2 - 1
    session = _session(model)
    (answer,) = session.run(None, {session.get_inputs()[0].name: shown.astype(np.float32)})
    alpha = np.clip(answer[0, 0, :height, :width], 0, 1)
    unknown = (trimap > 0) & (trimap < 1)
    return np.asarray(np.where(unknown, alpha, trimap), np.float32)


@cache
def _session(model: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
