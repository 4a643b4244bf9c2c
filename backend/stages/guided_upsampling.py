"""Alpha found at a smaller size: the trimap's way down, and alpha's way up along the edges."""

import cv2
import numpy as np

from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import resized


def smaller_trimap(trimap: Float32, shape: tuple[int, int]) -> Float32:
    """Shrink a trimap (1, 0, 0.5) to `shape`: a pixel is sure only where all it stands for is."""
    small = resized(trimap, shape, cv2.INTER_AREA)
    result = np.full(shape, 0.5, np.float32)
    result[small >= 1] = 1
    result[small <= 0] = 0
    return result


def upsample_along(
    small_picture: Float32, small_alpha: Float32, picture: Float32, radius: int = 2
) -> Float32:
    """Bring alpha (h×w, 0–1) to the size of `picture` (H×W×3), linear in its colours locally.

    small_picture: h×w×3, which the small alpha was found in. radius: of the windows within which
    alpha is linear, in its pixels.

    That locally α = a·C + b is closed-form matting's own model; a and b are fitted at the small
    size (He, Sun and Tang, "Guided Image Filtering", 2010, eq. 14–15, with a colour guide).
    """
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(plane: Float32) -> Float32:
        return np.asarray(cv2.blur(plane, size), np.float32)

    guide_mean, alpha_mean = mean(small_picture), mean(small_alpha)
    # [h, w, 3] covariance of guide and alpha; [h, w, 3, 3] of the guide with itself
    cross = mean(small_picture * small_alpha[..., None]) - guide_mean * alpha_mean[..., None]
    products = small_picture[..., :, None] * small_picture[..., None, :]
    shape = products.shape
    second = mean(products.reshape(*shape[:2], 9)).reshape(shape)
    covariance = second - guide_mean[..., :, None] * guide_mean[..., None, :]
    covariance += 1e-5 * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(covariance, cross[..., None])[..., 0].astype(np.float32)
    offset = alpha_mean - (slope * guide_mean).sum(axis=-1)
    full = picture.shape[:2]
    slope, offset = resized(mean(slope), full), resized(mean(offset), full)
    alpha: Float32 = np.clip((slope * picture).sum(axis=-1) + offset, 0, 1)
    return alpha
