"""The record of a model's folder, file by file: written at installation, checked from then on.

It is `layerpeel-files.json` in the folder. A folder that is used in place is not touched: its
record is `ID.place.json` in the model folder, with the path.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from layerpeel.backend.errors import reason_of
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.models.file_names import is_safe, is_taken, matches
from layerpeel.backend.models.manifest import FolderModel
from layerpeel.shared.strict_json import read_json

NAME = "layerpeel-files.json"
# The only format accepted beside those of `is_taken`: loaded with `weights_only`, it runs no code.
META_SAM = ".pth"
# Deeper than any model. Links to folders are followed and could lead round in circles.
_DEEPEST = 4
FORMAT, VERSION = "layerpeel-model-files", 1


class RecordError(Exception):
    """A record is missing or unusable. The message is the end of a sentence."""


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
    licence: of an import, as the user stated it; empty where nobody did.
    """

    model: str
    origin: Origin
    files: tuple[RecordedFile, ...]
    folder: str = ""
    licence: str = ""

    @property
    def imported(self) -> bool:
        """Whether these are a user's own weights, which are not in the manifest."""
        return self.origin.kind == "import"

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Hash of all files together: of the lines that `sha256sum` prints, sorted by path."""
        ordered = sorted(self.files, key=lambda file: file.path)
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in ordered)
        return hashlib.sha256(lines.encode()).hexdigest()


def record_bytes(record: FolderRecord) -> bytes:
    """Serialise a record as JSON."""
    content = {"format": FORMAT, "version": VERSION, **asdict(record)}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def write_record(record: FolderRecord, folder: Path) -> None:
    """Write a model's record into its folder, forced to disk.

    Raises OSError when it cannot be written.
    """
    (folder / NAME).unlink(missing_ok=True)
    write_new_file(folder / NAME, record_bytes(record))


def read_record(file: Path) -> FolderRecord:
    """Read a record. No path in it leads out of its folder, whoever wrote it.

    Raises RecordError when it is missing, cannot be read, or is not a record.
    """
    try:
        content = read_json(read_regular(file))
    except FileNotFoundError as error:
        raise RecordError(f"there is no {file.name}") from error
    except OSError as error:
        raise RecordError(f"{file.name} cannot be read ({reason_of(error)})") from error
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
            # Records from before it was asked for have none.
            licence = " ".join(str(content.get("licence", "")).split())
            return FolderRecord(model, Origin(kind, place, revision), recorded, folder, licence)
    raise RecordError(f"{file.name} is none of {FORMAT} {VERSION}")


def differs_from_manifest(record: FolderRecord, model: FolderModel) -> str | None:
    """Say what differs from the manifest; None when nothing does.

    Imported models are the user's own and not in the manifest: nothing is compared.
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
    """List the files in a folder and its subfolders, sorted, as paths with slashes.

    Hidden files are left out.

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
