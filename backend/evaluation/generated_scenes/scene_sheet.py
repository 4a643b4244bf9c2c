"""The first scenes to look at, beside their figures: each as it was painted, and in its layers."""

import io

import cv2
import numpy as np

from layerpeel.backend.evaluation.generated_scenes.painted_scenes import SceneLayers
from layerpeel.backend.evaluation.generated_scenes.scene_figures import (
    BACKGROUND,
    COMPOSITE,
    FOREGROUND,
)
from layerpeel.backend.formats.contact_sheet import Panel, contact_sheet
from layerpeel.backend.image import Float32, from_float
from layerpeel.shared.protocol import Depth

# Three pictures each: two scenes beside each other, in four rows.
MOST = 8
SIDE = 320


class SceneSheet:
    """Keeps the first scenes small."""

    def __init__(self) -> None:
        self._panels: list[Panel] = []
        self._scenes = 0

    def add(self, scene: SceneLayers) -> None:
        """Take a scene in; those beyond `MOST` are left out."""
        self._scenes += 1
        if self._scenes > MOST:
            return
        words = scene.prompts
        clear = np.zeros((*scene.composite.shape[:2], 4), np.float32)
        found = clear if scene.foreground is None else scene.foreground
        told = words.foreground if scene.foreground is not None else "nothing came off"
        for title, pixels, said in (
            (COMPOSITE, scene.composite, words.scene),
            (FOREGROUND, found, told),
            (BACKGROUND, scene.background, words.background),
        ):
            self._panels.append(Panel(_small(pixels), f"{self._scenes} {title}", said))

    def png(self) -> bytes:
        """Encode the sheet. At least one scene must have been added."""
        encoded = io.BytesIO()
        contact_sheet(self._panels).save(encoded, "PNG")
        return encoded.getvalue()


def _small(pixels: Float32) -> "np.typing.NDArray[np.uint8]":
    """Scale H×W×3 or ×4 down to `SIDE`: H×W×4, 8 bits. Clear pixels lend no colour to others."""
    height, width = pixels.shape[:2]
    alpha = pixels[..., 3:] if pixels.shape[2] == 4 else np.ones((height, width, 1), np.float32)
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    premultiplied = np.dstack([pixels[..., :3] * alpha, alpha])
    small = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA)
    colours = small[..., :3] / np.maximum(small[..., 3:], np.float32(1e-6))
    straight = np.dstack([np.clip(colours, 0, 1), small[..., 3]]).astype(np.float32)
    return np.asarray(from_float(straight, Depth.U8), np.uint8)
