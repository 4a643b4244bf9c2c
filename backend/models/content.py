"""Whether a file holds what the manifest says, without hashing it on every run."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from layerpeel.backend.models.manifest import Model


def digest_of(path: Path) -> str:
    """Hash a whole file: sha256 in hexadecimal. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_digest(path: Path) -> str:
    """Take a file's hash from an earlier run, if neither its size nor its time has changed since.

    Otherwise it is hashed. Raises OSError when it cannot be read.
    """
    return _recall(path) or fresh_digest(path)


def fresh_digest(path: Path) -> str:
    """Hash a file, and remember the hash. Raises OSError when the file cannot be read."""
    # The key is taken first: a file that changes meanwhile then no longer fits it.
    key = _key(path)
    digest = digest_of(path)
    _remember(path, key, digest)
    return digest


def memory_of(path: Path) -> Path:
    """Where a file's hash is remembered: beside it."""
    return path.with_name(f"{path.name}.checked.json")


def fault_in(path: Path, model: Model, digest: Callable[[Path], str] = digest_of) -> str | None:
    """Say what is wrong with a model's file; None when it is whole.

    digest: how to come by the file's hash.

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


def _key(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _recall(path: Path) -> str | None:
    try:
        record = json.loads(memory_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # Never hashed, or a record that nobody can read.
    match record:
        case {"sha256": str(digest), **key} if key == _key(path):
            return digest
    return None


def _remember(path: Path, key: dict[str, int], digest: str) -> None:
    # In a folder that can only be read nothing can be remembered. The answer is as right without.
    with contextlib.suppress(OSError):
        memory_of(path).write_text(json.dumps({**key, "sha256": digest}), encoding="utf-8")
