"""Importing a user's own weights: copied into the model folder, or used in place."""

import os
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.errors import ModelError, reason_of
from layerpeel.backend.files.atomic_file import replace_file, write_atomically
from layerpeel.backend.files.atomic_folder import replace_folder
from layerpeel.backend.files.disk import remove
from layerpeel.backend.models.content import fresh_digest, memory_of
from layerpeel.backend.models.delivery import (
    Progress,
    SourceError,
    Tally,
    copy_file,
    require_space,
)
from layerpeel.backend.models.folder_record import (
    FolderRecord,
    Origin,
    RecordedFile,
    record_bytes,
    write_record,
)
from layerpeel.backend.models.hash_memory import HashMemory
from layerpeel.backend.models.installed import pointer_of
from layerpeel.backend.models.manifest import FileModel, Manifest, Model
from layerpeel.backend.models.recognising import Found, recognise
from layerpeel.backend.models.safetensors_header import WeightsError
from layerpeel.backend.models.single_file import UnfitError


@dataclass(frozen=True)
class Candidate:
    """A user's weights, recognised.

    path: as given. bytes: size of the files that belong to the model.
    """

    path: Path
    model: Model
    found: Found
    bytes: int


def identify(path: Path, stated: str | None, manifest: Manifest) -> Candidate:
    """Find out which model a file or folder is.

    stated: the id that the user gave; needed only where the content does not tell.

    Raises ModelError when it is no model, is damaged, or is another one than stated.
    """
    path = path.expanduser().absolute()
    if stated is not None:
        manifest.usable(stated)
    if not path.exists():
        raise ModelError(f"There is no file or folder {path}: nothing was imported.")
    try:
        found = recognise(path, manifest)
        size = sum((found.folder / file).stat().st_size for file in found.files)
    except UnfitError as error:
        raise ModelError(f"{path} was not imported: it {error}.") from error
    except WeightsError as error:
        raise ModelError(
            f"{path} was not imported, it is not whole: {error}. Copy or download it again."
        ) from error
    except OSError as error:
        raise ModelError(f"{error.filename or path} cannot be read: {reason_of(error)}.") from error
    if stated is None and not found.certain:
        raise ModelError(
            f"{path} is {found.what}, and what it holds shows only when it is loaded. If it is the "
            f"model {found.model_id}, add `--as {found.model_id}`."
        )
    if stated not in (None, found.model_id):
        raise ModelError(
            f"{path} was not imported: by its content it is {found.what}, the model "
            f"{found.model_id}, not {stated}. Leave `--as` out, or name another path."
        )
    return Candidate(path, manifest.usable(found.model_id), found, size)


def copy_in(candidate: Candidate, folder: Path, licence: str, progress: Progress) -> None:
    """Copy a candidate into the model folder. If cancelled, nothing is left behind.

    licence: as the user states it; it goes into the record of a folder.

    Raises SourceError when it cannot be read or there is no room, OSError when the model folder
    cannot be written.
    """
    require_space(folder, candidate.bytes)
    tally = Tally(progress, candidate.bytes)
    model, found = candidate.model, candidate.found
    part = folder / f"{model.name}.import"
    remove(part)
    try:
        if isinstance(model, FileModel):
            copy_file(found.folder / found.files[0], part, tally.add)
            replace_file(part, folder / model.file)
            fresh_digest(folder / model.file)
            return
        recorded = []
        for file in found.files:
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            sha256 = copy_file(found.folder / file, part / file, tally.add)
            recorded.append(RecordedFile(file, (part / file).stat().st_size, sha256))
        _put_in_place(candidate, part, folder, recorded, licence)
    finally:
        remove(part)


def keep_in_place(candidate: Candidate, folder: Path, licence: str, progress: Progress) -> None:
    """Use a candidate in place: save where it is, and its hashes.

    A folder is recorded by its path; a single file gets a link in the model folder.
    licence: as for `copy_in`.

    Raises SourceError when it cannot be used in place, OSError when it cannot be read or
    the model folder cannot be written.
    """
    model, found = candidate.model, candidate.found
    own, original = folder.resolve() / model.name, candidate.path.resolve()
    if own == original or own in original.parents or original in own.parents:
        raise SourceError("it lies in the model folder already, or around it: leave --in-place out")
    tally = Tally(progress, candidate.bytes)
    part = folder / f"{model.name}.import"
    remove(part)
    try:
        if isinstance(model, FileModel):
            _link(found.folder / found.files[0], part)
            part.replace(folder / model.file)
            fresh_digest(folder / model.file, tally.add)
            return
        memory = HashMemory(memory_of(folder / model.id))
        recorded = [
            RecordedFile(
                file,
                (found.folder / file).stat().st_size,
                memory.fresh_digest(found.folder, file, tally.add),
            )
            for file in found.files
        ]
        if found.single:
            part.mkdir()
            _link(found.folder / found.files[0], part / found.files[0])
            _put_in_place(candidate, part, folder, recorded, licence)
            return
        origin = Origin("import", str(candidate.path))
        record = FolderRecord(model.id, origin, tuple(recorded), str(found.folder), licence)
        write_atomically(pointer_of(model, folder), record_bytes(record))
        remove(folder / model.id)
        memory.save()
    finally:
        remove(part)


def _put_in_place(
    candidate: Candidate,
    part: Path,
    folder: Path,
    recorded: list[RecordedFile],
    licence: str,
) -> None:
    model = candidate.model
    origin = Origin("import", str(candidate.path))
    record = FolderRecord(model.id, origin, tuple(recorded), licence=licence)
    write_record(record, part)
    own = folder / model.id
    pointer_of(model, folder).unlink(missing_ok=True)
    replace_folder(part, own)
    memory = HashMemory(memory_of(own))
    for file in recorded:
        memory.remember(own, file.path, file.sha256)
    memory.save()


def _link(original: Path, link: Path) -> None:
    try:
        link.symlink_to(original)
    except OSError:
        # Windows lets only some users make symbolic links, but anybody hard links on one disk.
        try:
            os.link(original, link)
        except OSError as error:
            raise SourceError(
                f"this system makes no link to it from {link.parent.parent} "
                f"({reason_of(error)}): leave --in-place out, and it is copied"
            ) from error
