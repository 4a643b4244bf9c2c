"""Programs of the user's, by name or path: where they lie.

Qt, and on Windows `shutil.which`, look for a bare name also in the folder that Krita happens to be
in, where a picture and a program may have come together. Here only the folders of the PATH count.
"""

import os
import sys
from pathlib import Path
from typing import List, Optional

from layerpeel.plugin.backend.child_environment import folder_of_krita, without_folder
from layerpeel.plugin.backend.native_words import path_for_python

_ENDINGS = ("", ".exe") if sys.platform == "win32" else ("",)


def find_program(word: str) -> Optional[Path]:
    """Return the absolute path of a program that can be started; None when there is none.

    word: its absolute path, or its name, to be looked for on the PATH without Krita's own folders.
    """
    path = path_for_python(word)
    if path.is_absolute():
        places = [path]
    elif path.parent == Path():
        places = [folder / path for folder in _folders_of_programs()]
    else:
        places = []  # It would depend on the folder that Krita is in.
    files = (Path(f"{place}{ending}") for place in places for ending in _ENDINGS)
    return next((file for file in files if _can_start(file)), None)


def _folders_of_programs() -> List[Path]:
    paths, krita = os.environ.get("PATH", ""), folder_of_krita()
    if krita is not None:
        paths = without_folder(paths, krita)
    folders = [Path(folder.strip('"')) for folder in paths.split(os.pathsep)]
    return [folder for folder in folders if folder.is_absolute()]


def _can_start(file: Path) -> bool:
    # In this order: in a folder that may not be looked into, `is_file` raises.
    return os.access(str(file), os.X_OK) and file.is_file()
