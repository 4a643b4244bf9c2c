"""Pulling a model: its sources are tried in order until one delivers it whole."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from layerpeel.backend.errors import ModelError
from layerpeel.backend.files.atomic_file import replace_file
from layerpeel.backend.files.atomic_folder import replace_folder
from layerpeel.backend.models.content import fault_in, fresh_digest, memory_of
from layerpeel.backend.models.delivery import Progress, SourceError
from layerpeel.backend.models.folder_record import write_record
from layerpeel.backend.models.folder_sources import fetch_folder
from layerpeel.backend.models.hash_memory import HashMemory
from layerpeel.backend.models.installed import part_of, pointer_of
from layerpeel.backend.models.manifest import (
    FileModel,
    FileSource,
    FolderModel,
    FolderSource,
    MirrorSource,
    Model,
    Source,
)
from layerpeel.backend.models.sources import describe, fetch_file, mirror_folder


def pull_model(model: Model, folder: Path, mirror: Path | None, progress: Progress) -> None:
    """Put a model into the model folder, from the first source that delivers it whole.

    mirror: a folder that is then the only source.

    Raises ModelError when no source delivers, OSError when the model folder cannot be written.
    """
    refusals = []
    place = mirror or mirror_folder()
    # Someone who names a folder wants the files in it, not a download instead.
    only = None if mirror is None else (MirrorSource(),)
    for source, attempt in _attempts(model, only, folder, place, progress):
        try:
            attempt()
        except SourceError as error:
            refusals.append(f"{describe(source, place)}: {error}")
        else:
            return
    raise ModelError(
        f"{model.title} could not be pulled. {_sentence(refusals)} {_advice(model, mirror)}"
    )


def _attempts(
    model: Model,
    only: tuple[MirrorSource, ...] | None,
    folder: Path,
    mirror: Path | None,
    progress: Progress,
) -> list[tuple[Source, Callable[[], None]]]:
    if isinstance(model, FileModel):
        return [
            (source, partial(_pull_file, model, source, folder, mirror, progress))
            for source in only or model.sources
        ]
    return [
        (source, partial(_pull_folder, model, source, folder, mirror, progress))
        for source in only or model.sources
    ]


def _pull_file(
    model: FileModel, source: FileSource, folder: Path, mirror: Path | None, progress: Progress
) -> None:
    path = folder / model.file
    part = part_of(model, folder)
    fetch_file(source, model, part, mirror, progress)
    fault = fault_in(part, model)
    if fault is not None:
        part.unlink()
        raise SourceError(f"what came from there is another file, {fault}; it was deleted")
    replace_file(part, path)
    fresh_digest(path)


def _pull_folder(
    model: FolderModel, source: FolderSource, folder: Path, mirror: Path | None, progress: Progress
) -> None:
    path = folder / model.id
    part = part_of(model, folder)
    record = fetch_folder(source, model, part, mirror, progress)
    write_record(record, part)
    pointer_of(model, folder).unlink(missing_ok=True)
    replace_folder(part, path)
    HashMemory(memory_of(part)).save(memory_of(path))
    memory_of(part).unlink(missing_ok=True)


def _sentence(refusals: list[str]) -> str:
    joined = "; ".join(refusals)
    return f"{joined[:1].upper()}{joined[1:]}." if joined else "The manifest names no source."


def _advice(model: Model, mirror: Path | None) -> str:
    if model.how_to_get:
        return f"{model.how_to_get[:1].upper()}{model.how_to_get[1:]}."
    what = (
        f"{model.file} ({model.size}, sha256 {model.sha256})"
        if isinstance(model, FileModel)
        else f"the folder {model.id} ({model.size})"
    )
    if mirror is not None:
        return f"Put {what} into that folder, or pull without --from."
    return (
        "Fix what stopped one of these, then press Download in the docker or run "
        f"{model.pull_command} again, or copy "
        f"{'' if isinstance(model, FileModel) else 'the folder '}{model.name} from the model "
        "folder of another computer and add --from FOLDER."
    )
