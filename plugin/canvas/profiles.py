"""Krita tells a profile's name and not its bytes; this finds the file that holds them.

The profiles that come with Krita bear their file's name. For any other, Krita itself converts the
picture (`layerpeel.plugin.canvas`), which takes longer and is therefore the second choice.
"""

import os
import sys
from pathlib import Path
from typing import Iterator, Optional

from krita import Krita

# Integers in this profile are what the backend takes pixels without a profile for.
SRGB = "sRGB-elle-V2-srgbtrc.icc"
LINEAR_SRGB = "sRGB-elle-V2-g10.icc"


def profile_bytes(name: str) -> Optional[bytes]:
    """Read the ICC profile that Krita calls `name`; None when no file of that name is found."""
    if not name.isascii() or Path(name).name != name:
        return None
    for folder in _profile_folders():
        file = folder / name
        if file.is_file():
            try:
                return file.read_bytes()
            except OSError:
                continue
    return None


def _profile_folders() -> Iterator[Path]:
    yield Path(os.fsdecode(Krita.getAppDataLocation().encode("utf-8"))) / "color" / "icc" / "krita"
    program = Path(sys.executable).resolve().parent
    bases = [Path(base) for base in os.environ.get("XDG_DATA_DIRS", "").split(os.pathsep) if base]
    bases += [program.parent / "share", Path("/usr/share"), Path("/usr/local/share")]
    bases += [program.parent / "Resources"]
    for base in bases:
        yield base / "color" / "icc" / "krita"
        yield base / "krita" / "color" / "icc" / "krita"
