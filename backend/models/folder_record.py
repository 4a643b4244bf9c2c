"""What a model's folder holds, file by file: written when it is put in place, checked ever after.

It lies in the folder as `layerpeel-files.json`. A folder that is used where it is stays as it was:
its record lies in the model folder as `ID.place.json`, with the path.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from layerpeel.backend.models.file_names import is_safe, is_taken, matches
from layerpeel.backend.models.manifest import FolderModel

NAME = "layerpeel-files.json"
# The one format beside those of `is_taken`: opened with `weights_only`, it runs no code.
META_SAM = ".pth"
# Deeper than any model goes. Links to folders are followed, and could lead round and round.
_DEEPEST = 4
FORMAT, VERSION = "layerpeel-model-files", 1


class RecordError(Exception):
    """A record is not there or says nothing usable. Says why, as the end of a sentence."""


@dataclass(frozen=True)
class Origin:
    """Where a model came from.

    kind: "hub", "npm", "mirror" (a folder without a record) or "import". place: repository, package
        or path.
    revision: the commit on the hub, the package's version, else empty.
    """

    kind: str
    place: str
    revision: str = ""


@dataclass(frozen=True)
class RecordedFile:
    """A file of a model: path with slashes from its folder, size, and hash in hexadecimal."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class FolderRecord:
    """All files of a model, by their paths.

    folder: where they are if that is not the model folder; empty otherwise.
    """

    model: str
    origin: Origin
    files: tuple[RecordedFile, ...]
    folder: str = ""

    @property
    def imported(self) -> bool:
        """Whether these are a user's own weights, of which the manifest knows nothing."""
        return self.origin.kind == "import"

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """One hash for all of them: of the lines that `sha256sum` prints, sorted by path."""
        ordered = sorted(self.files, key=lambda file: file.path)
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in ordered)
        return hashlib.sha256(lines.encode()).hexdigest()


def record_bytes(record: FolderRecord) -> bytes:
    """Write a record, as it lies in a file."""
    content = {"format": FORMAT, "version": VERSION, **asdict(record)}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def read_record(file: Path) -> FolderRecord:
    """Read a record. Whoever wrote it: no path in it leads out of its folder.

    Raises RecordError when it is not there, cannot be read, or is none.
    """
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise RecordError(f"there is no {file.name}") from error
    except OSError as error:
        raise RecordError(f"{file.name} cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise RecordError(f"{file.name} is damaged ({error})") from error
    match content:
        case {
            "format": str(name),
            "version": int(version),
            "model": str(model),
            "origin": {"kind": str(kind), "place": str(place), "revision": str(revision)},
            "files": [_, *_] as files,
            "folder": str(folder),
        } if (name, version) == (FORMAT, VERSION):
            recorded = tuple(_file(entry, file.name) for entry in files)
            return FolderRecord(model, Origin(kind, place, revision), recorded, folder)
    raise RecordError(f"{file.name} is none of {FORMAT} {VERSION}")


def differs_from_manifest(record: FolderRecord, model: FolderModel) -> str | None:
    """Say what is not as the manifest has it; None when all is, or the manifest does not know.

    Imported models are the user's own: the manifest does not know them.
    """
    if record.imported:
        return None
    found = {file.path: file.sha256 for file in record.files}
    for pattern in model.files:
        if not any(matches(path, pattern) for path in found):
            return f"it has no {pattern}"
    for path, sha256 in model.sha256.items():
        if found.get(path) != sha256:
            return f"its {path} is not the one with the sha256 {sha256}"
    return None


def relative_files(folder: Path) -> list[str]:
    """List the files in a folder and in those within it, sorted, as paths with slashes.

    Hidden ones are left out.

    Raises OSError when a folder cannot be read.
    """
    found: list[str] = []
    _list(folder, PurePath(), found)
    return sorted(found)


def _list(folder: Path, within: PurePath, found: list[str]) -> None:
    for entry in (folder / within).iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if len(within.parts) < _DEEPEST:
                _list(folder, within / entry.name, found)
        else:
            found.append((within / entry.name).as_posix())


def _file(entry: object, name: str) -> RecordedFile:
    match entry:
        case {"path": str(path), "bytes": int(size), "sha256": str(digest)}:
            taken = is_taken(path) or path.endswith(META_SAM)
            if taken and is_safe(path) and re.fullmatch("[0-9a-f]{64}", digest):
                return RecordedFile(path, size, digest)
    raise RecordError(f"{name} names a file that cannot be one of a model ({entry!r})")
