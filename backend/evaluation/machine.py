"""The machine that figures were measured on, without which times mean nothing."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from layerpeel.backend.stages.session_options import usable_processors

LIBRARIES = (
    "layerpeel",
    "numpy",
    "scipy",
    "numba",
    "opencv-python-headless",
    "pymatting",
    "pypatchmatch",
    "onnxruntime",
)


def machine_facts() -> dict[str, str]:
    """Return date, processor, cores, memory, system and versions, ready to print."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": str(usable_processors()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{total / 1e9:.0f} GB"
