"""A rough preview of a picture while it is painted: SDXL's latents as colours, without decoding."""

import numpy as np
import torch
from torch import Tensor

from layerpeel.backend.image import Float32

# 8-bit RGB as a linear map of SDXL's four latent channels, which are about brightness, two colour
# differences and structure: the fit of T. A. Vass, “Explaining the SDXL latent space”, 2023.
# Anyone can fit it again: encode pictures, and solve for their averages over 8×8 pixels by least
# squares. One row for each of R, G, B.
COLOURS = ((60, -60, 25, -70), (60, -5, 15, -50), (60, 10, -5, -35))
GREY = (150, 140, 130)


def preview_of(latents: Tensor) -> Float32 | None:
    """Convert the first of [N, 4, h, w] to colours: h×w×4, RGB with an alpha of 1, 0–1.

    The latents of some schedulers have many times the variance of a finished picture's: they are
    scaled down to it. None for latents of another number of channels.
    """
    if latents.ndim != 4 or latents.shape[1] != len(COLOURS[0]):
        return None
    seen = latents[0].detach().float().cpu()  # [4, h, w]
    seen = seen / seen.std().clamp(min=1.0)
    colours = torch.einsum("rc,chw->hwr", torch.tensor(COLOURS, dtype=torch.float32), seen)
    picture = ((colours + torch.tensor(GREY)) / 255).clamp(0, 1).nan_to_num()
    opaque: Float32 = np.dstack([picture.numpy(), np.ones(picture.shape[:2], np.float32)])
    return opaque
