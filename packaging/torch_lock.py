"""What set-up installs beside requirements.lock where torch is wanted: packaging/torch.lock.

`torch_lock.py asked` prints what is asked for, for uv; `torch_lock.py rest FILE` prints what uv has
pinned, without what requirements.lock pins already, and in the same versions. Torch has no files
for Macs with Intel's processors any more: there nothing of it is installed.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from locked import pins_in

REPOSITORY = Path(__file__).parents[1]
BASE = REPOSITORY / "packaging" / "requirements.lock"
NOT_INTEL = "sys_platform != 'darwin' or platform_machine != 'x86_64'"


def asked(repository: Path = REPOSITORY) -> list[str]:
    """Return the requirements of the full install, with where they count."""
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text)["project"]["optional-dependencies"]["full"]
    return [f"{requirement} ; {NOT_INTEL}" for requirement in wanted]


def rest(lock: Path, base: Path = BASE) -> Iterator[str]:
    """Yield the lines of a lock that pin what `base` does not. Raises ValueError where they differ.

    Of a package that both pin, the lock may name no version that `base` has not.
    """
    known: dict[str, set[str]] = {}
    for pin in pins_in(base):
        known.setdefault(pin.name, set()).add(pin.version)
    is_new = True
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            name, _, version = line.split(" ")[0].partition("==")
            is_new = name not in known
            if not is_new and version not in known[name]:
                raise ValueError(f"{name} {version} is not the version that {base.name} pins.")
        if is_new:
            yield line


if __name__ == "__main__":
    print(*(asked() if sys.argv[1] == "asked" else rest(Path(sys.argv[2]))), sep="\n")
