"""Pictures as torch has them. Imported only where torch is installed."""

import torch

from layerpeel.backend.image import Float32


def batch_of(picture: Float32) -> torch.Tensor:
    """Turn H×W×3 (RGB, 0–1) into [1, 3, H, W] on the device that computes."""
    planes = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]
    return planes.clamp(0, 1).to(device())


def device() -> torch.device:
    """The graphics card where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
