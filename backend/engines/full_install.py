"""What all that computes with torch needs beside the base install."""

import time
from collections.abc import Callable
from functools import lru_cache
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


def is_full_install() -> bool:
    """Whether all packages are there; none of them is loaded for that."""
    return not _missing()


def what_full_install_lacks(engine: str) -> str:
    """Say in one line which packages are missing for an engine; empty when none is."""
    if engine not in NEEDS_FULL_INSTALL:
        return ""
    return what_lacks_packages(f"The engine “{engine}”")


def what_lacks_packages(who: str) -> str:
    """Say in one line which packages are missing for something named; empty when none is."""
    missing = _missing()
    if not missing:
        return ""
    return (
        f"{who} needs the full install, and {', '.join(missing)} cannot be found: run "
        "`pip install 'layerpeel[full]'` (some 6 GB), or in the docker choose Settings, “Models: "
        "Add or remove …”, “Install torch …”."
    )


def require_full_install(engine: str) -> None:
    """Raise ModelError when packages are missing for an engine."""
    lacking = what_full_install_lacks(engine)
    if lacking:
        raise ModelError(lacking)


def _missing() -> tuple[str, ...]:
    # To answer /health asks dozens of times, and each look is at hundreds of files.
    return _missing_at(int(time.monotonic()), PACKAGES, find_spec)


@lru_cache(maxsize=1)
def _missing_at(
    _second: int, packages: tuple[str, ...], find: Callable[[str], object]
) -> tuple[str, ...]:
    return tuple(package for package in packages if find(package) is None)
