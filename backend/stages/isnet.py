"""The subject of a picture, found by ISNet through ONNX Runtime.

Qin et al., "Highly Accurate Dichotomous Image Segmentation", ECCV 2022. The network sees
1024×1024 pixels whatever the picture's shape.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_errors

from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.session_options import lean_options

INPUT_SIZE = 1024

# ONNX Runtime's own exceptions have no base of their own.
_LOADING_ERRORS = (
    onnxruntime_errors.Fail,
    onnxruntime_errors.InvalidArgument,
    onnxruntime_errors.InvalidProtobuf,
    onnxruntime_errors.NoSuchFile,
    onnxruntime_errors.RuntimeException,
)


# The grey that the network sees where a picture is clear.
CLEAR_LOOKS = np.float32(0.5)


def find_visible_subject(model_file: Path, proxy: Float32, alpha: Float32) -> Float32:
    """Find the subject (H×W, 0–1) of H×W×3 with its own transparency (H×W).

    What is clear is shown to the network as grey, and is no part of any subject.
    Raises ModelError as `IsnetSubjectFinder.find` does.
    """
    found = _finder(model_file).find(shown_over_grey(proxy, alpha))
    found[alpha <= 0] = 0
    return found


def shown_over_grey(proxy: Float32, alpha: Float32) -> Float32:
    """A picture (H×W×3) as networks see it, grey where it is clear (alpha: H×W).

    The picture itself where nothing in it is clear.
    """
    if alpha.min() >= 1:
        return proxy
    shares = alpha[..., None]
    shown: Float32 = proxy * shares + CLEAR_LOOKS * (1 - shares)
    return shown


@lru_cache(maxsize=1)
def _finder(model_file: Path) -> "IsnetSubjectFinder":
    """Keep the network from one peel to the next: loading it takes a second."""
    return IsnetSubjectFinder(model_file)


class IsnetSubjectFinder:
    """Finds what a picture is of. The network is loaded at the first call and kept."""

    def __init__(self, model_file: Path) -> None:
        self._model_file = model_file
        self._session: onnxruntime.InferenceSession | None = None

    def find(self, proxy: Float32) -> Float32:
        """Find how surely each pixel is subject: H×W×3 (RGB, sRGB for display, 0–1) to H×W, 0–1.

        Raises ModelError when the file is no network that ONNX Runtime can load.
        """
        height, width = proxy.shape[:2]
        shrinking = max(height, width) > INPUT_SIZE
        seen = cv2.resize(
            proxy,
            (INPUT_SIZE, INPUT_SIZE),
            interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR,
        )
        planes = ((seen * 255 - 128) / 256).transpose(2, 0, 1)[None]  # [1, 3, 1024, 1024]
        (found,) = self._loaded().run(["output"], {"input": planes.astype(np.float32)})
        mask = cv2.resize(found[0, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        clipped: Float32 = np.clip(mask, 0, 1).astype(np.float32)
        return clipped

    def _loaded(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            try:
                self._session = onnxruntime.InferenceSession(
                    str(self._model_file), lean_options(), providers=["CPUExecutionProvider"]
                )
            except _LOADING_ERRORS as error:
                raise ModelError(
                    f"{self._model_file.name} could not be loaded ({error}). "
                    "Run `layerpeel models pull isnet` again."
                ) from error
        return self._session
