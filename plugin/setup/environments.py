"""The folders that backends are installed into, and how far each has come.

Each is a virtual environment, numbered. A file in it lists the steps that are done: one that does
not list all of them is never taken for whole. An update is installed beside the old one, which
works until then.
"""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import List, Optional, Tuple

from layerpeel.plugin.backend.native_words import path_for_python
from layerpeel.plugin.setup.systems import System
from layerpeel.shared.places import setup_folder
from layerpeel.shared.private_files import read_private, write_private
from layerpeel.shared.strict_json import read_json

_NAME = re.compile(r"environment-(\d+)")
_RECORD = "layerpeel-setup.json"
# On Windows, and elsewhere.
_PLACES_OF_TORCH = ("Lib/site-packages/torch", "lib/python*/site-packages/torch")


@dataclass(frozen=True)
class Environment:
    """An environment's folder.

    fingerprint, version: of the payload that it is installed from.
    done: keys of the steps that are done, in their order. with_torch: whether torch is in it, or
        comes into it.
    """

    folder: Path
    fingerprint: str
    version: str
    done: Tuple[str, ...] = ()
    with_torch: bool = False

    def python(self, system: System) -> Path:
        """Return the path of its Python."""
        return self.folder / system.programs / system.python

    def having_done(self, step: str) -> "Environment":
        """Note that a step is done. Raises OSError when that cannot be written."""
        further = replace(self, done=(*self.done, step))
        told = {
            "fingerprint": further.fingerprint,
            "version": further.version,
            "done": further.done,
            "with_torch": further.with_torch,
        }
        write_private(self.folder / _RECORD, json.dumps(told))
        return further

    def leave(self) -> None:
        """Forget what is done in it: the next set-up begins anew, in a folder of its own.

        Raises OSError when that cannot be noted.
        """
        (self.folder / _RECORD).unlink(missing_ok=True)


def wheels_folder() -> Path:
    """Return the folder for what was fetched and is not installed yet."""
    return setup_folder() / "wheels"


def scratch_folder() -> Path:
    """Return the folder in which pip works, and keeps what it goes on with after a break."""
    return setup_folder() / "scratch"


def installed_folders() -> List[Path]:
    """Return all folders that set-up has made; whatever else lies beside them is not ours."""
    try:
        paths = list(setup_folder().iterdir())
    except OSError:
        return []
    others = (wheels_folder(), scratch_folder())
    return [path for path in paths if _NAME.fullmatch(path.name) or path in others]


def known_environments() -> List[Environment]:
    """Read how far each environment has come, the newest last; those without a record are none."""
    folders = [path for path in installed_folders() if _NAME.fullmatch(path.name)]
    found = [_read(folder) for folder in sorted(folders, key=_number_of)]
    return [environment for environment in found if environment is not None]


def fresh_environment(fingerprint: str, version: str, with_torch: bool = False) -> Environment:
    """Return an environment whose folder does not exist yet."""
    taken = [0, *map(_number_of, installed_folders())]
    folder = setup_folder() / f"environment-{max(taken) + 1}"
    return Environment(folder, fingerprint, version, (), with_torch)


def holds(command: List[str]) -> bool:
    """Whether a command starts a program that set-up has installed."""
    return bool(command) and setup_folder() in path_for_python(command[0]).parents


def _number_of(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match.group(1)) if match else 0


def _read(folder: Path) -> Optional[Environment]:
    try:
        told = read_json(read_private(folder / _RECORD))
        texts = [told["fingerprint"], told["version"], *told["done"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(text, str) for text in texts):
        return None
    # It may have come by hand since: an update would leave it out.
    with_torch = told.get("with_torch") is True or any(
        torch.is_dir() for place in _PLACES_OF_TORCH for torch in folder.glob(place)
    )
    return Environment(folder, texts[0], texts[1], tuple(texts[2:]), with_torch)
