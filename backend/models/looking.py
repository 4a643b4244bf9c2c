"""Weights in folders of other programs, once the artist has agreed to a search.

Of safetensors files only the header is read, of pickles only the name and the size.
"""

import math
import os
import stat
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from layerpeel.backend.errors import reason_of
from layerpeel.backend.models.delivery import Progress, no_progress
from layerpeel.backend.models.file_names import is_pickle, is_text, is_weights
from layerpeel.backend.models.other_programs import KEPT_IN
from layerpeel.backend.models.safetensors_header import WeightsError
from layerpeel.backend.models.single_file import USE_OF_GGUF, kind_of_weights
from layerpeel.shared.generators import FoundFile, FoundFiles, FoundKind

MOST_FILES = 2000

_PICKLE = (
    "is a pickle, which can run any code when it is loaded, and was not opened: get it as "
    ".safetensors"
)


def look_into(
    folders: Sequence[Path], progress: Progress = no_progress, seconds: float = math.inf
) -> FoundFiles:
    """Recognise the weights in folders. The artist must have agreed to each folder.

    In a program's own folder, or its `models`, only the folders of checkpoints, LoRAs and
    ControlNets are searched; any other folder is searched whole. Links are followed, as those
    programs do. Notes say what cannot be read, and that there was more than `MOST_FILES` or
    `seconds` allow. Usable files come first, the others by kind.

    progress: called with the fraction done, 0–1; may raise to cancel.
    """
    deadline = time.monotonic() + seconds
    unreadable: list[OSError] = []
    # One more than the limit, to know whether there are more.
    files = list(islice(_weights_in(folders, unreadable, deadline), MOST_FILES + 1))
    found: list[FoundFile] = []
    for file in files[:MOST_FILES]:
        if time.monotonic() >= deadline:
            break
        progress(len(found) / len(files))
        found.append(what_is(file))
    progress(1.0)
    notes = [f"{_shown(each.filename)} cannot be read: {reason_of(each)}." for each in unreadable]
    if len(found) < len(files) or time.monotonic() >= deadline:
        notes.append(
            f"There is more than could be looked at: these are the first {len(found)} files. "
            "Choose a smaller folder to see the rest."
        )
    kinds = list(FoundKind)
    found.sort(key=lambda file: (file.why_not != "", kinds.index(file.kind), file.path))
    return FoundFiles(tuple(found), tuple(notes))


def what_is(file: Path) -> FoundFile:
    """Recognise a file of weights; `why_not` says so if it cannot be read."""
    kind, size = FoundKind.OTHER, 0
    try:
        about = file.stat()
        size = about.st_size
        if is_pickle(file.name):
            why_not = _PICKLE
        elif not is_text(str(file)):
            why_not = "has a path that is not valid text: rename it"
        elif not stat.S_ISREG(about.st_mode):
            why_not = "is no file"
        elif file.suffix.lower() == ".gguf":
            why_not = USE_OF_GGUF
        else:
            kind, why_not = kind_of_weights(file)
    except WeightsError as error:
        why_not = str(error)
    except FileNotFoundError:
        why_not = "is a link that leads nowhere" if file.is_symlink() else "is not there"
    except OSError as error:
        why_not = f"cannot be read: {reason_of(error)}"
    return FoundFile(_shown(file), kind, size, why_not)


def _shown(path: object) -> str:
    """Return a path as text, with question marks for bytes that are not text."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _weights_in(
    folders: Sequence[Path], unreadable: list[OSError], deadline: float
) -> Iterator[Path]:
    """List files of weights, visiting each folder once however many links lead to it."""
    seen: set[tuple[int, int]] = set()
    for folder in (place for each in folders for place in _places_in(each)):
        for within, names, files in os.walk(folder, onerror=unreadable.append, followlinks=True):
            # Not by its path: some systems do not tell capitals from small letters in names.
            try:
                about = Path(within).stat()
            except OSError as error:
                unreadable.append(error)
                continue
            if (about.st_dev, about.st_ino) in seen:
                names.clear()
                continue
            seen.add((about.st_dev, about.st_ino))
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if is_weights(name.lower()) or is_pickle(name):
                    yield Path(within, name)
            if time.monotonic() >= deadline:
                return


def _places_in(folder: Path) -> tuple[Path, ...]:
    for models in (folder / "models", folder):
        # Path.is_dir raises where access is denied.
        kept = tuple(models / name for name in KEPT_IN if os.path.isdir(models / name))  # noqa: PTH112
        if kept:
            return kept
    return (folder,)
