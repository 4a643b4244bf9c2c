"""Alpha by closed-form matting, in the unknown band of a trimap.

Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", 2008, by pymatting.
"""

import contextlib
import functools
import io
import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import scipy.sparse
from pymatting import estimate_alpha_cf, ichol

from layerpeel.backend.errors import NoEdgeError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import resized, shrink_factor, window_round
from layerpeel.backend.stages.guided_upsampling import smaller_trimap, upsample_along

Float64 = npt.NDArray[np.float64]

# Closed-form matting solves for every pixel of what it is given, which takes seconds for this many.
MOST_PIXELS = 2_000_000
MARGIN = 16

# The solution is soft by nature: it leaves a veil of a few hundredths over what is clear, and as
# much missing from what is opaque. So this much is taken off both ends (docs/decisions.md).
HAZE = 0.05


# The weakest regularisation is the most exact, but where colours are flat (drawings, enlarged pixel
# art) its equations are singular in doubles: the factors fail, the solution is noise, or takes
# minutes. Then the next one is tried; for natural pictures the first does, in few steps.
EPSILONS = (1e-7, 1e-6, 1e-5, 1e-4)
MOST_STEPS = 100

# Where no exact factors can be had (a large flat icon), those of a slightly shifted matrix still
# lead there.
SHIFTS = ((0.0,), (1e-4, 1e-3, 1e-2, 0.1))


def matte_closed_form(proxy: Float32, trimap: Float32) -> Float32:
    """Estimate alpha (H×W, 0–1) of H×W×3 RGB by a trimap with 1, 0 and 0.5 for unknown.

    Only the window round the band is solved; above `MOST_PIXELS` it is solved smaller and brought
    back to full size along the picture's own edges. There must be sure foreground and background.
    """
    unknown = (trimap > 0) & (trimap < 1)
    alpha = trimap.copy()
    if not unknown.any():
        return alpha
    window = window_round(unknown, MARGIN)
    if not _has_both(trimap[window.slices]):
        window = window_round(np.ones_like(unknown), 0)
    picture, known = proxy[window.slices], trimap[window.slices]
    factor = shrink_factor(window.pixels, MOST_PIXELS)
    shape = (round(picture.shape[0] * factor), round(picture.shape[1] * factor))
    small_trimap = smaller_trimap(known, shape)
    # What is sure may be too thin to stay so when it is smaller; then it is solved as it is.
    if factor < 1 and _has_both(small_trimap):
        small_picture = resized(picture, shape)
        small_alpha = _solve(small_picture, small_trimap)
        solved = upsample_along(small_picture, small_alpha, picture)
    else:
        solved = _solve(picture, known)
    inside = unknown[window.slices]
    cleared = np.clip((solved - HAZE) / (1 - 2 * HAZE), 0, 1)
    alpha[window.slices][inside] = cleared[inside]
    return alpha


def _has_both(trimap: Float32) -> bool:
    return bool((trimap == 1).any() and (trimap == 0).any())


def _solve(picture: Float32, trimap: Float32) -> Float32:
    """Solve for alpha where the trimap is 0.5. Raises NoEdgeError when no equations can be."""
    height, width = trimap.shape
    # Equations come from 3×3 windows, of which thinner pictures have none.
    thin = ((0, max(0, 3 - height)), (0, max(0, 3 - width)))
    colours = np.pad(np.clip(picture, 0, 1), (*thin, (0, 0)), mode="edge").astype(np.float64)
    known = np.pad(trimap, thin, mode="edge").astype(np.float64)
    for shifts, epsilon in itertools.product(SHIFTS, EPSILONS):
        # pymatting says with a ValueError that factors fail or that the steps were not enough.
        with contextlib.suppress(ValueError):
            alpha = estimate_alpha_cf(
                colours,
                known,
                preconditioner=functools.partial(_factors, shifts=shifts),
                laplacian_kwargs={"epsilon": epsilon},
                cg_kwargs={"maxiter": MOST_STEPS, "atol": 1e-10},
            )
            clipped: Float32 = np.clip(alpha[:height, :width], 0, 1).astype(np.float32)
            return clipped
    raise NoEdgeError(
        "The edge could not be found: the equations for it have no solution here. "
        "Try a narrower band (--band), or a trimap with less that is unknown."
    )


def _factors(
    matrix: scipy.sparse.csr_matrix, shifts: tuple[float, ...]
) -> Callable[[Float64], Float64]:
    """Factor incompletely, or raise ValueError; without the words that the library prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        factors: Callable[[Float64], Float64] = ichol(matrix, shifts=list(shifts))
    return factors
