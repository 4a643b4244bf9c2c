"""Hashes of a folder's files, saved with size and time, so that each file is hashed once."""

import json
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.backend.files.hashing import OnBytes, hash_file, ignore_bytes
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.models.content import key_of
from layerpeel.shared.strict_json import read_json

# Hashes that could not be saved, as in a read-only folder, are kept until the process ends: hashing
# some GB for each picture would take too long.
_UNWRITTEN: dict[Path, dict[str, "_Known"]] = {}


@dataclass(frozen=True)
class _Known:
    key: dict[str, int]
    sha256: str


class HashMemory:
    """Hashes by file path, saved in a file of their own.

    That file may be deleted at any time; entries that cannot be read are ignored.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._known = _read(file) or _UNWRITTEN.get(file, {})
        self._changed = False

    def digest(self, folder: Path, path: str, on_bytes: OnBytes = ignore_bytes) -> str:
        """Return a file's saved hash if its size and time have not changed, else hash it.

        Raises OSError when the file cannot be read.
        """
        known = self._known.get(path)
        if known is not None and known.key == key_of(folder / path):
            return known.sha256
        return self.fresh_digest(folder, path, on_bytes)

    def fresh_digest(self, folder: Path, path: str, on_bytes: OnBytes = ignore_bytes) -> str:
        """Hash a file, whatever is saved. Raises OSError when it cannot be read."""
        # The key is taken first, so that it no longer fits a file that changes meanwhile.
        key = key_of(folder / path)
        digest = hash_file(folder / path, on_bytes)
        self._known[path] = _Known(key, digest)
        self._changed = True
        return digest

    def remember(self, folder: Path, path: str, sha256: str) -> None:
        """Add the hash of a file that was hashed while it was written."""
        self._known[path] = _Known(key_of(folder / path), sha256)
        self._changed = True

    def save(self, file: Path | None = None) -> None:
        """Save new hashes; with `file`, save all of them there instead."""
        if file is None and not self._changed:
            return
        target = file or self.file
        content = {path: {**known.key, "sha256": known.sha256} for path, known in self._items()}
        try:
            write_atomically(target, json.dumps(content, indent=1).encode())
        except OSError:
            _UNWRITTEN[target] = self._known
        self._changed = False

    def _items(self) -> list[tuple[str, _Known]]:
        return sorted(self._known.items(), key=lambda item: item[0])


def _read(file: Path) -> dict[str, _Known]:
    try:
        content = read_json(read_regular(file))
    except (OSError, ValueError):
        return {}  # Nothing hashed yet, or the file is damaged.
    if not isinstance(content, dict):
        return {}
    known = {}
    for path, entry in content.items():
        match entry:
            case {"bytes": int(size), "mtime_ns": int(time), "sha256": str(digest)}:
                known[path] = _Known({"bytes": size, "mtime_ns": time}, digest)
    return known
