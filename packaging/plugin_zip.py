"""Build the plugin that artists give to Krita: `python packaging/plugin_zip.py --out dist/`.

Krita takes the zip by Tools > Scripts > Import Python Plugin from File. Its importer finds the
plugin by an explicit entry for the folder `layerpeel/`, and the action by its file's exact name.
With the plugin comes the wheel of the backend, which the docker sets up where there is none, and
its texts in other languages.
"""

import argparse
import os
import runpy
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from translations import catalogues, compiled, place_of

NAME = "layerpeel"
REPOSITORY = Path(__file__).resolve().parents[1]

# Files other than Python: from their place in the repository to where Krita looks in the zip.
PLACED = {
    "plugin.desktop": f"{NAME}.desktop",
    f"plugin/{NAME}.action": f"{NAME}.action",
    "plugin/Manual.html": f"{NAME}/Manual.html",
    "packaging/krita_root.py": f"{NAME}/__init__.py",
    "LICENSE": f"{NAME}/LICENSE",
}
PACKAGES = ("plugin", "shared")

# Where the plugin looks for the backend's wheel, and for what is installed along with it.
PAYLOAD = f"{NAME}/payload"
LOCKS = ("packaging/requirements.lock", "packaging/npm.lock", "packaging/torch.lock")
LEFT_OUT_FOLDERS = {"__pycache__", "tests"}
# Of the texts in other languages, what they are compiled to goes along.
LEFT_OUT_SUFFIXES = {".pyc", ".orig", ".rej", ".po"}

# The oldest time that a zip can hold: the same sources give the same bytes on any day.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)
EPOCH = "315532800"  # the same, in seconds, for the build of the wheel


class BuildError(Exception):
    """The backend could not be built; the message is what was said about it."""


def build_backend(out: Path, repository: Path = REPOSITORY, isolated: bool = True) -> Path:
    """Write the backend's sdist and, made from that, its wheel into `out`; return the wheel.

    isolated: whether what builds it is fetched for that, rather than taken from this environment.

    Raises BuildError.
    """
    command = [sys.executable, "-m", "build", "--outdir", str(out)]
    ended = subprocess.run(  # noqa: S603  (our own command)
        [*command, *([] if isolated else ["--no-isolation"]), str(repository)],
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise BuildError((ended.stderr or ended.stdout).strip())
    (wheel,) = out.glob("*.whl")
    return wheel


def build_plugin_zip(
    out: Path, repository: Path = REPOSITORY, payload: Iterable[Path] = ()
) -> Path:
    """Write `layerpeel-krita-VERSION.zip` into the folder `out`; the same sources, the same bytes.

    payload: what the docker sets the backend up from, as `payload_of` names it. Without it the
        plugin finds only a backend that was installed otherwise.

    Raises FileNotFoundError when the repository lacks a file that Krita needs.
    """
    sources = sources_of(repository)
    sources.update({f"{PAYLOAD}/{path.name}": path for path in payload})
    contents = {f"{NAME}/{place_of(path)}": compiled(path) for path in catalogues(repository)}
    contents.update({name: source.read_bytes() for name, source in sources.items()})
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{NAME}-krita-{version_of(repository)}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted(folders_of(contents)):
            archive.writestr(entry(f"{folder}/", 0o40755), b"")
        for name, content in sorted(contents.items()):
            archive.writestr(entry(name, 0o100644), content)
    return path


def payload_of(wheel: Path, repository: Path = REPOSITORY) -> list[Path]:
    """Return what the docker sets the backend up from: its wheel, and the locks."""
    return [wheel, *(repository / lock for lock in LOCKS)]


def version_of(repository: Path) -> str:
    """Return the plugin's version, which is that of all of Layerpeel."""
    return str(runpy.run_path(str(repository / "shared" / "version.py"))["VERSION"])


def sources_of(repository: Path) -> dict[str, Path]:
    """Return the files that go into the zip, by their names there."""
    sources = {name: repository / source for source, name in PLACED.items()}
    placed = set(sources.values())
    for package in PACKAGES:
        for path in files_in(repository / package):
            if path not in placed:
                sources[f"{NAME}/{path.relative_to(repository).as_posix()}"] = path
    return sources


def files_in(folder: Path) -> Iterator[Path]:
    """Yield all files of the plugin, at any depth, without what an editor or Python left behind."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith(".") for part in parts)
        is_left_out = not LEFT_OUT_FOLDERS.isdisjoint(parts) or path.suffix in LEFT_OUT_SUFFIXES
        if path.is_file() and not is_hidden and not is_left_out and not path.name.endswith("~"):
            yield path


def folders_of(names: Iterable[str]) -> set[str]:
    """Return all folders of these names, at every level."""
    around = {parent for name in names for parent in PurePosixPath(name).parents}
    return {str(folder) for folder in around if folder.name}


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    """Return the header of one entry; nothing in it depends on the day or system of the build."""
    head = zipfile.ZipInfo(name, TIMESTAMP)
    head.create_system = 3  # Unix, so that readers take the mode below.
    head.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
    head.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    return head


def main() -> int:
    """Build the zip and say where it is."""
    parser = argparse.ArgumentParser(description="Build the plugin zip for Krita.")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "dist", help="folder for the zip")
    parser.add_argument(
        "--without-backend",
        action="store_true",
        help="leave the backend's wheel out: who has a checkout needs none",
    )
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = [] if given.without_backend else payload_of(build_backend(Path(folder)))
            print(build_plugin_zip(given.out, payload=built))
    except BuildError as error:
        print(f"The backend's wheel cannot be built: {error}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"The plugin lacks a file: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
