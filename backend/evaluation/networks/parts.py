"""Whether the parts of a network are on this machine: packages and weight files."""

import importlib.util
import os
from pathlib import Path

from layerpeel.backend.image import Float32


def missing_packages(*names: str) -> str | None:
    """Say which of these packages cannot be imported, None when all can."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return f"not installed: {', '.join(missing)}"


def hub_checkpoint(name: str) -> Path:
    """Place of a file that torch.hub keeps, whether it is there or not."""
    home = os.environ.get("TORCH_HOME") or _cache() / "torch"
    return Path(home) / "hub" / "checkpoints" / name


def missing_checkpoint(name: str) -> str | None:
    """Say that weights of torch.hub are not on this disk, None when they are."""
    return None if hub_checkpoint(name).is_file() else f"its weights are not on disk: {name}"


def missing_hub_model(repository: str) -> str | None:
    """Say that no snapshot of a model hub's repository is on this disk, None when one is."""
    home = os.environ.get("HF_HOME") or _cache() / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    snapshots = hub / f"models--{repository.replace('/', '--')}" / "snapshots"
    there = snapshots.is_dir() and any(snapshots.iterdir())
    return None if there else f"its weights are not on disk: {repository}"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def painted(alpha: Float32, colour: Float32, ground: float = 0.0) -> Float32:
    """Paint colours (H×W×3) over a grey ground (0–1) by alpha (H×W)."""
    shown = alpha[..., None]
    painting: Float32 = shown * colour + (1 - shown) * ground
    return painting
