"""What set-up installs beside requirements.lock where torch is wanted: packaging/torch.lock.

`torch_lock.py asked` prints what is asked for, for uv; `torch_lock.py rest FILE` prints what uv has
pinned, without what requirements.lock pins already for the same systems, and in the same versions.
Torch has no files for Macs with Intel's processors any more: there nothing of it is installed.
"""

import sys
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from locked import Pin, pins_in
from packaging.markers import Marker

REPOSITORY = Path(__file__).parents[1]
BASE = REPOSITORY / "packaging" / "requirements.lock"
NOT_INTEL = "sys_platform != 'darwin' or platform_machine != 'x86_64'"
# Those that set-up installs on.
_SYSTEMS = (
    ("linux", "x86_64"),
    ("linux", "aarch64"),
    ("win32", "AMD64"),
    ("darwin", "arm64"),
    ("darwin", "x86_64"),
)
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_EVERYWHERE = [
    {
        "sys_platform": platform,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.1",
    }
    for (platform, machine), python in product(_SYSTEMS, _PYTHONS)
]


def asked(repository: Path = REPOSITORY) -> list[str]:
    """Return the requirements of the full install, with where they count."""
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text)["project"]["optional-dependencies"]["full"]
    return [f"{requirement} ; {NOT_INTEL}" for requirement in wanted]


def rest(lock: Path, base: Path = BASE) -> Iterator[str]:
    """Yield the lines of a lock that pin what `base` does not. Raises ValueError where they differ.

    Of a package that both pin for a system, the lock may name no version that `base` has not.
    """
    known = pins_in(base)
    pins = iter(pins_in(lock))
    is_new = True
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            is_new = not _has(known, next(pins), base.name)
        if is_new:
            yield line


def _has(known: list[Pin], pin: Pin, name: str) -> bool:
    """Whether a package is pinned already wherever it is wanted, not on some systems alone."""
    same = [other for other in known if other.name == pin.name]
    held = [
        {other.version for other in same if _holds(other, where)}
        for where in _EVERYWHERE
        if _holds(pin, where)
    ]
    if any(versions and pin.version not in versions for versions in held):
        raise ValueError(f"{pin.name} {pin.version} is not the version that {name} pins.")
    return bool(held) and all(held)


def _holds(pin: Pin, where: dict[str, str]) -> bool:
    return not pin.marker or Marker(pin.marker).evaluate(where)


if __name__ == "__main__":
    print(*(asked() if sys.argv[1] == "asked" else rest(Path(sys.argv[2]))), sep="\n")
