"""The plain classical chain from picture to files, as a program.

`python -m layerpeel.backend.benchmarks.chain PICTURE FOLDER` does what a person gets by joining the
public libraries with their defaults: ISNet finds the subject, MatteAnything's fixed kernels make
the trimap, and `evaluation.classical` does the rest.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage

from layerpeel.backend.evaluation.classical import separate_classically
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.isnet import IsnetSubjectFinder
from layerpeel.shared.protocol import Depth

# MatteAnything's own numbers.
KERNEL = np.ones((10, 10), np.uint8)
ITERATIONS = 5


def main() -> None:
    """Read the picture, separate it, write foreground.png and background.png."""
    picture_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with PillowImage.open(picture_file) as opened:
        picture = np.asarray(opened.convert("RGB"), np.float32) / np.float32(255)
    mask = IsnetSubjectFinder(ModelStore().path_of("isnet")).find(picture)
    separation = separate_classically(picture, fixed_trimap(mask))
    foreground = np.dstack([separation.foreground, separation.alpha])
    for name, layer in (("foreground", foreground), ("background", separation.background)):
        PillowImage.fromarray(from_float(layer, Depth.U8)).save(folder / f"{name}.png")


def fixed_trimap(mask: Float32) -> Float32:
    """Erode and dilate a mask (H×W, 0–1) by a fixed number of pixels, as MatteAnything does."""
    inside = (mask >= 0.5).astype(np.uint8)
    trimap = np.full(mask.shape, 0.5, np.float32)
    trimap[cv2.erode(inside, KERNEL, iterations=ITERATIONS) > 0] = 1
    trimap[cv2.dilate(inside, KERNEL, iterations=ITERATIONS) == 0] = 0
    return trimap


if __name__ == "__main__":
    main()
