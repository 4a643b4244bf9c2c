"""What is kept on disk: models, results, the folder of the backend's state, and the room there."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from layerpeel.backend.doctor.finding import Finding
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.places import log_file, state_folder
from layerpeel.shared.private_files import OTHERS_WRITE

_LITTLE_ROOM = 2_000_000_000
_LINES_OF_LOG = 30
_LONGEST_TAIL = 64_000


def kept_things(store: ModelStore) -> list[Finding]:
    """Look at all that is kept on disk."""
    home = state_folder()
    return [models(store), state(home), results(home / "jobs"), *room(store.folder, home)]


def models(store: ModelStore) -> Finding:
    """Look at which models are installed, and whether the usual engine has its own."""
    states = [f"{model.id} {store.state(model.id).value}" for model in store.manifest.models]
    cure = store.what_is_missing("compact")
    return Finding("models", f"{store.folder}: {', '.join(states)}", cure)


def state(home: Path) -> Finding:
    """Look at whether the backend's folder is the owner's alone."""
    about = "state folder"
    if not home.exists():
        return Finding(about, f"{home} is not there yet")
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding(about, f"{home} may not be written", f"Run `chmod u+rwx {home}`.")
    if os.name == "posix" and stat.S_IMODE(home.stat().st_mode) & OTHERS_WRITE:
        return Finding(about, f"others can write into {home}", f"Run `chmod go-w {home}`.")
    return Finding(about, str(home))


def results(folder: Path) -> Finding:
    """Look at the list of jobs and at the results beside it."""
    kept = list(folder.glob("*.result"))
    size = sum(path.stat().st_size for path in kept)
    found = f"{len(kept)} results, {size:,} bytes"
    aside = list(folder.glob("*.damaged-*"))
    if aside:
        found += f", {len(aside)} damaged lists of jobs set aside"
    database = folder / "jobs.sqlite"
    if database.exists():
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
                (whole,) = opened.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            whole = str(error)
        if whole != "ok":
            cure = "Start the backend: it sets the list aside, and finds the results again."
            return Finding("results", f"{found}; the list of jobs is damaged ({whole})", cure)
    return Finding("results", found)


def room(*folders: Path) -> list[Finding]:
    """Look at how much room is left where things are kept."""
    there = dict.fromkeys(_nearest(folder) for folder in folders)
    return [_room_in(folder) for folder in there]


def log_tail() -> list[str]:
    """Return the last lines of the backend's log; none where there is no log."""
    try:
        with log_file().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[-_LINES_OF_LOG:]


def _nearest(folder: Path) -> Path:
    """Return a folder, or where it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _room_in(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    little = free < _LITTLE_ROOM
    cure = "Make room there: models and results need gigabytes." if little else ""
    return Finding("room", f"{free / 1e9:.1f} GB free in {folder}", cure)
