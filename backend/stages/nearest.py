"""Which of some pixels is nearest to each pixel of a picture."""

import cv2
import numpy as np
import numpy.typing as npt

from layerpeel.backend.image import Bool, Float32

Places = npt.NDArray[np.int64]


def nearest_of(some: Bool) -> tuple[Float32, Places, Places]:
    """How far each pixel (H×W) is from the nearest one of `some` (H×W, at least one), and where.

    Returns its distance in pixels, row and column, each H×W.
    """
    distance, labels = cv2.distanceTransformWithLabels(
        (~some).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(some)
    number = np.zeros(int(labels.max()) + 1, np.int64)
    number[labels[rows, columns]] = np.arange(len(rows))
    which = number[labels]
    return np.asarray(distance, np.float32), rows[which], columns[which]
