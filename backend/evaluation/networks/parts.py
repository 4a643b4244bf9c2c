"""What the figures by networks share: looking for packages and weights, pictures as tensors."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from layerpeel.backend.files.hashing import hash_file
from layerpeel.backend.image import Float32

if TYPE_CHECKING:
    import torch


def missing_packages(*names: str) -> str | None:
    """Name the packages that cannot be imported; None when all can."""
    missing = [name for name in names if find_spec(name) is None]
    if not missing:
        return None
    return f"not installed: {', '.join(missing)}"


def hub_checkpoint(name: str) -> Path:
    """Return where torch.hub keeps a file, whether it is there or not."""
    home = os.environ.get("TORCH_HOME") or _cache() / "torch"
    return Path(home) / "hub" / "checkpoints" / name


def missing_checkpoint(name: str) -> str | None:
    """Return a line that says torch.hub's weights are not on this disk; None when they are."""
    return None if hub_checkpoint(name).is_file() else f"its weights are not on disk: {name}"


def other_weights(name: str) -> str | None:
    """Say that a checkpoint on this disk is not the published one; None when it is.

    torch.hub's names end in the first digits of their file's sha256.
    """
    digits = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    file = hub_checkpoint(name)
    if digits is None or hash_file(file).startswith(digits[1]):
        return None
    return f"{file.name} is not what was published by that name: its figures mean nothing"


def missing_hub_model(repository: str) -> str | None:
    """Return a line that says no snapshot of a hub repository is on this disk; None when one is."""
    home = os.environ.get("HF_HOME") or _cache() / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    snapshots = hub / f"models--{repository.replace('/', '--')}" / "snapshots"
    there = snapshots.is_dir() and any(snapshots.iterdir())
    return None if there else f"its weights are not on disk: {repository}"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def painted(alpha: Float32, colour: Float32, ground: float = 0.0) -> Float32:
    """Composite colours (H×W×3) over a grey ground (0–1) by alpha (H×W)."""
    shown = alpha[..., None]
    painting: Float32 = shown * colour + (1 - shown) * ground
    return painting


def batch_of(picture: Float32) -> "torch.Tensor":
    """Turn H×W×3 (RGB, 0–1) into [1, 3, H, W] on `device()`."""
    import torch

    planes = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]
    return planes.clamp(0, 1).to(device())


def device() -> "torch.device":
    """Return the GPU where there is one, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
