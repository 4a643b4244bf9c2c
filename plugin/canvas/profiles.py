"""Finds the file of an ICC profile: Krita's API tells a profile's name but not its bytes.

Profiles that come with Krita are named after their files. For any other, Krita itself converts the
picture (`submitted_picture`), which takes longer and is therefore the second choice.
"""

import os
import sys
from pathlib import Path
from typing import Iterator, Optional

from krita import Krita

# The backend takes integer pixels without a profile to be in this one.
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
