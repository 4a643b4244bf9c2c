"""A model in the model folder: whether it is there, whether it is whole, and its hash."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from layerpeel.backend.files.hashing import OnBytes
from layerpeel.backend.models.content import (
    fault_in,
    fresh_digest,
    memory_of,
    remembered_digest,
)
from layerpeel.backend.models.delivery import Progress, Tally
from layerpeel.backend.models.folder_record import (
    NAME,
    FolderRecord,
    RecordedFile,
    RecordError,
    differs_from_manifest,
    read_record,
)
from layerpeel.backend.models.hash_memory import HashMemory
from layerpeel.backend.models.manifest import FileModel, FolderModel, Model

# At most so many faults are named: a folder whose disk is gone has one for every file.
_NAMED_FAULTS = 3


class Installed(Protocol):
    """A model's place, which may be empty."""

    @property
    def path(self) -> Path:
        """Where the model is, or would be."""

    @property
    def exists(self) -> bool:
        """Whether there is anything, whole or not."""

    @property
    def imported(self) -> FolderRecord | None:
        """The record of a user's own model, which is not in the manifest; None of any other."""

    @property
    def doubt(self) -> str | None:
        """Why it cannot be told whose the model is, as the end of a sentence; None if it can."""

    @property
    def sha256(self) -> str:
        """Hash of the model, which must be without faults."""

    def fault(self, fresh: bool, progress: Progress) -> str | None:
        """Say what is wrong, as the end of a sentence; None when it is whole.

        fresh: hash all of it, ignoring saved hashes. Raises OSError when it cannot be read.
        """


def place_of(model: Model, folder: Path) -> Installed:
    """Return where a model is in a model folder."""
    if isinstance(model, FileModel):
        return _InstalledFile(model, folder)
    return _InstalledFolder(model, folder)


def pointer_of(model: Model, folder: Path) -> Path:
    """Return the record's path of a folder that is used in place."""
    return folder / f"{model.id}.place.json"


def part_of(model: Model, folder: Path) -> Path:
    """Return where a pull keeps what has come of a model until all of it is there."""
    if isinstance(model, FileModel):
        # The hash in its name keeps a piece of one version from becoming part of another.
        return folder / f"{model.file}.{model.sha256[:8]}.part"
    return folder / f"{model.id}.part"


class _InstalledFile:
    def __init__(self, model: FileModel, folder: Path) -> None:
        self._model = model
        self.path = folder / model.file
        self.imported: FolderRecord | None = None  # By its hash it is the manifest's own file.
        self.doubt: str | None = None
        self.sha256 = model.sha256

    @property
    def exists(self) -> bool:
        return self.path.exists() or self.path.is_symlink()

    def fault(self, fresh: bool, progress: Progress) -> str | None:
        if not self.path.exists():
            return f"the original is no longer at {self.path.readlink()}"
        tally = Tally(progress, self._model.bytes)
        hashed = fresh_digest if fresh else remembered_digest
        return fault_in(self.path, self._model, lambda path: hashed(path, tally.add))


class _InstalledFolder:
    def __init__(self, model: FolderModel, folder: Path) -> None:
        self._model = model
        self._own = folder / model.id
        self._pointer = pointer_of(model, folder)
        self._memory = memory_of(self._own)

    @property
    def path(self) -> Path:
        try:
            return Path(self._record().folder or self._own)
        except RecordError:
            return self._own

    @property
    def exists(self) -> bool:
        return any(path.exists() or path.is_symlink() for path in (self._own, self._pointer))

    @property
    def imported(self) -> FolderRecord | None:
        try:
            record = self._record()
        except RecordError:
            return None
        return record if record.imported else None

    @property
    def doubt(self) -> str | None:
        try:
            self._record()
        except RecordError as error:
            return str(error) if self.exists else None
        return None

    @property
    def sha256(self) -> str:
        return self._record().sha256

    def fault(self, fresh: bool, progress: Progress) -> str | None:
        try:
            record = self._record()
        except RecordError as error:
            return f"{error}, which says what belongs to it"
        folder = Path(record.folder or self._own)
        if not folder.is_dir():
            moved = f"it was imported in place, and {folder} is no longer there"
            return moved if record.folder else "it is not a folder"
        other = differs_from_manifest(record, self._model)
        if other is not None:
            return f"it is another version than this Layerpeel uses: {other}"
        return self._faults_of_files(folder, record, fresh, progress)

    def _faults_of_files(
        self, folder: Path, record: FolderRecord, fresh: bool, progress: Progress
    ) -> str | None:
        memory = HashMemory(self._memory)
        hashed = memory.fresh_digest if fresh else memory.digest
        tally = Tally(progress, record.bytes)
        try:
            faults = [_fault_of(folder, file, hashed, tally.add) for file in record.files]
        finally:
            memory.save()
        told = [fault for fault in faults if fault is not None]
        more = len(told) - _NAMED_FAULTS
        ending = [f"and {more} more like that"] if more > 0 else []
        return "; ".join([*told[:_NAMED_FAULTS], *ending]) or None

    def _record(self) -> FolderRecord:
        if self._pointer.exists():
            return read_record(self._pointer)
        return read_record(self._own / NAME)


def _fault_of(
    folder: Path, file: RecordedFile, hashed: Callable[[Path, str, OnBytes], str], on_bytes: OnBytes
) -> str | None:
    path = folder / file.path
    if not path.exists():
        if path.is_symlink():
            return f"it was imported in place, and {path.readlink()} is no longer there"
        return f"{file.path} is missing"
    size = path.stat().st_size
    if size != file.bytes:
        return f"{file.path} has {size:,} bytes instead of {file.bytes:,}"
    found = hashed(folder, file.path, on_bytes)
    if found != file.sha256:
        return f"the sha256 of {file.path} is {found} instead of {file.sha256}"
    return None
