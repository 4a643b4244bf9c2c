"""Check that a file is the one in the manifest, without hashing it on every run."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.backend.files.hashing import OnBytes, hash_file, ignore_bytes
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.models.manifest import FileModel
from layerpeel.shared.strict_json import read_json


def remembered_digest(path: Path, on_bytes: OnBytes = ignore_bytes) -> str:
    """Return a file's hash, from an earlier run if its size and time have not changed since.

    Raises OSError when the file cannot be read.
    """
    return _recall(path) or fresh_digest(path, on_bytes)


def fresh_digest(path: Path, on_bytes: OnBytes = ignore_bytes) -> str:
    """Hash a file and save the hash for later runs. Raises OSError when the file cannot be read."""
    # The key is taken first, so that it no longer fits a file that changes meanwhile.
    key = key_of(path)
    digest = hash_file(path, on_bytes)
    _remember(path, key, digest)
    return digest


def memory_of(path: Path) -> Path:
    """Return where the hash of a file, or the hashes of a folder's files, are saved: beside it."""
    return path.with_name(f"{path.name}.checked.json")


def fault_in(path: Path, model: FileModel, digest: Callable[[Path], str] = hash_file) -> str | None:
    """Say what is wrong with a model's file; None when it is whole.

    digest: computes the file's hash.

    Raises OSError when the file cannot be read.
    """
    if not path.is_file():
        return "it is not a file"
    size = path.stat().st_size
    if size != model.bytes:
        return f"it has {size:,} bytes instead of {model.bytes:,}"
    found = digest(path)
    if found != model.sha256:
        return f"its sha256 is {found} instead of {model.sha256}"
    return None


def key_of(path: Path) -> dict[str, int]:
    """Return size and time, which change when a file does. Raises OSError when there is no file."""
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _recall(path: Path) -> str | None:
    try:
        record = read_json(read_regular(memory_of(path)))
    except (OSError, ValueError):
        return None  # Never hashed, or the saved hash is damaged.
    match record:
        case {"sha256": str(digest), **key} if key == key_of(path):
            return digest
    return None


def _remember(path: Path, key: dict[str, int], digest: str) -> None:
    # In a read-only folder nothing can be saved: the file is then hashed on every run.
    with contextlib.suppress(OSError):
        write_atomically(memory_of(path), json.dumps({**key, "sha256": digest}).encode())
