"""Whether there may be a GPU, seen without loading torch, which takes seconds to say no."""

import ctypes
import os
import platform
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# Drivers without which torch uses no NVIDIA card, and what stands for AMD's.
_NVIDIA = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so")
_AMD = Path("/dev/kfd")


def wanted_device() -> str:
    """Name the device that LAYERPEEL_DEVICE asks for; `auto` when it asks for none."""
    return os.environ.get("LAYERPEEL_DEVICE") or "auto"


def may_use_gpu() -> bool:
    """Whether what is wanted may be a GPU: if not, torch would find none either.

    A device that was asked for by name may be one: torch knows what the name means.
    """
    wanted = wanted_device()
    return wanted != "cpu" and (wanted != "auto" or _has_signs())


@lru_cache(maxsize=1)
def _has_signs() -> bool:
    if find_spec("torch") is None:
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return _AMD.exists() or any(_loads(name) for name in _NVIDIA)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
