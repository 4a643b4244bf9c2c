"""What the paper's engine and Qwen's need beside the base install."""

from importlib.util import find_spec

from layerpeel.backend.errors import ModelError

NEEDS_FULL_INSTALL = ("layeringdiff", "qwen")
"""Engines that compute with torch."""

PACKAGES = (
    "torch",
    "torchvision",
    "diffusers",
    "transformers",
    "accelerate",
    "safetensors",
    "segment_anything",
)


def what_full_install_lacks(engine: str) -> str:
    """Say in one line which packages are missing for an engine; empty when none is."""
    if engine not in NEEDS_FULL_INSTALL:
        return ""
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if not missing:
        return ""
    return (
        f"The engine “{engine}” needs the full install, and {', '.join(missing)} cannot be found: "
        "run `pip install 'layerpeel[full]'` (some 6 GB)."
    )


def require_full_install(engine: str) -> None:
    """Raise ModelError when packages are missing for an engine."""
    lacking = what_full_install_lacks(engine)
    if lacking:
        raise ModelError(lacking)
