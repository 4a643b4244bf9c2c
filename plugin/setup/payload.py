"""What the plugin's zip carries to install a backend from."""

import hashlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from layerpeel.shared.version import VERSION

# Beside the folder `plugin`, in which this one lies.
FOLDER = Path(__file__).resolve().parents[2] / "payload"

_OF_A_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class PayloadError(Exception):
    """What the plugin carries is damaged; the message says what."""


@dataclass(frozen=True)
class Payload:
    """The backend's wheel, and the locks of what it needs, with npm or torch where they are wanted.

    fingerprint: differs where anything differs that would be installed.
    """

    wheel: Path
    lock: Path
    npm_lock: Path
    torch_lock: Path
    version: str
    fingerprint: str


def read_payload(folder: Path = FOLDER) -> Optional[Payload]:
    """Find what the plugin carries; None when it came without, as from a checkout.

    Raises PayloadError when it is damaged.
    """
    # Krita's importer may leave the wheel of an older plugin beside it.
    wheel = folder / f"layerpeel-{VERSION}-py3-none-any.whl"
    if not wheel.exists():
        return None
    names = ("requirements.lock", "npm.lock", "torch.lock")
    lock, npm_lock, torch_lock = (folder / name for name in names)
    digest = hashlib.sha256()
    try:
        digest.update(_list_of_files(wheel))
        for each in (lock, npm_lock, torch_lock):
            digest.update(each.read_bytes())
    except (OSError, KeyError, *_OF_A_DAMAGED_ZIP) as error:
        raise PayloadError(str(error)) from error
    return Payload(wheel, lock, npm_lock, torch_lock, VERSION, digest.hexdigest()[:16])


def _list_of_files(wheel: Path) -> bytes:
    """Return the wheel's own list of its files and their hashes: quicker than hashing it all."""
    with zipfile.ZipFile(str(wheel)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        return archive.read(names[0] if names else "RECORD")


def count_pins(lock: Path) -> int:
    """Count the packages in a lock; those for other systems count too."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return sum("==" in line and not line.startswith((" ", "#")) for line in lines)


def package_in(line: str) -> str:
    """Return the package in a line of pip's, “Collecting a==1” or “Processing f/a-1.whl”."""
    *folders, name = re.split(r"[\\/]", line.partition(" ")[2].split(" (from ")[0])
    return name.partition("-")[0] if folders else name.partition("=")[0]
