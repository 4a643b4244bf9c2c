"""Build and check what a release hands out: `make release`, or `python packaging/release.py`.

It refuses a tree with changes, and a version that the changelog does not have with a date. It
builds the zip for Krita, the sdist and, from the sdist, the wheel; checks that the zip has what
Krita's importer needs; installs the wheel into a fresh environment and uses it there; writes what
it is made of, as CycloneDX (`sbom.py`); and prints the SHA-256 of each file. It uploads nothing and
sets no tag.
"""

import argparse
import configparser
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from plugin_zip import (
    LOCKS,
    NAME,
    PAYLOAD,
    REPOSITORY,
    BuildError,
    build_backend,
    build_plugin_zip,
    payload_of,
    version_of,
)
from sbom import write_sbom

SECTION = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)

# What the wheel must have beside Python, as pyproject.toml lists it.
DATA = {".onnx", ".toml", ".jinja", ".css", ".js"}

# Run by the fresh environment's Python, with no checkout in reach.
USE_IT = """
import importlib.resources, sys, tomllib
import onnxruntime
package = importlib.resources.files("layerpeel")
for name in sys.argv[1:]:
    data = package.joinpath(name).read_bytes()
    if name.endswith(".onnx"):
        onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    elif name.endswith(".toml"):
        tomllib.loads(data.decode())
import layerpeel.backend, layerpeel.backend.cli.commands
"""


class ReleaseError(Exception):
    """Something that keeps this tree, or what was built from it, from being released."""


def check_clean(repository: Path) -> None:
    """Raise ReleaseError when files are changed, or lie there unknown to Git."""
    changed = output_of(["git", "status", "--porcelain"], repository)
    if changed:
        raise ReleaseError(f"The tree is not clean: commit these, or take them away.\n{changed}")


def check_changelog(changelog: str, version: str, today: date) -> None:
    """Raise ReleaseError unless `version` comes first, dated, below an empty Unreleased."""
    sections = list(SECTION.finditer(changelog))
    if [section["version"] for section in sections[:2]] != ["Unreleased", version]:
        raise ReleaseError(
            f"CHANGELOG.md must begin with “## [Unreleased]” and then “## [{version}] - date”, as "
            "shared/version.py says: change the one that is wrong."
        )
    unreleased, newest = sections[:2]
    if changelog[unreleased.end() : newest.start()].strip():
        raise ReleaseError(
            f"CHANGELOG.md still has entries under Unreleased: move them to {version}, or raise "
            "the version."
        )
    try:
        released = date.fromisoformat(newest["date"] or "")
    except ValueError as error:
        raise ReleaseError(
            f"CHANGELOG.md has no date for {version}: write “## [{version}] - {today}”."
        ) from error
    if released > today:
        raise ReleaseError(f"CHANGELOG.md dates {version} {released}, and today is {today}.")


def check_zip(path: Path) -> None:
    """Raise ReleaseError when Krita's importer would refuse the zip or miss a part of the plugin.

    The importer takes a desktop file for a plugin of the name that it gives, and wants an entry for
    the folder of that name, its `__init__.py`, and an action file named exactly so.
    """
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
        names = set(archive.namelist())
        desktop = f"{NAME}.desktop"
        read = archive.read(desktop).decode() if desktop in names else ""
    if damaged:
        raise ReleaseError(f"{path.name} is damaged: {damaged}")
    wanted = {desktop, f"{NAME}.action", f"{NAME}/", f"{NAME}/__init__.py", f"{NAME}/LICENSE"}
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read_string(read)
    except configparser.Error as error:
        raise ReleaseError(f"{desktop} in {path.name} cannot be read: {error}") from error
    entry = settings["Desktop Entry"] if settings.has_section("Desktop Entry") else {}
    if entry.get("X-KDE-Library") == NAME:
        wanted.add(f"{NAME}/{entry.get('X-Krita-Manual')}")
    elif desktop in names:
        raise ReleaseError(f"{desktop} in {path.name} does not name the library {NAME}.")
    refuse_missing(path, wanted - names)


def check_wheel(path: Path, tracked: Iterable[str]) -> list[str]:
    """Return the wheel's data files, by their names within the package.

    tracked: all files that Git knows, from the top of the repository. Raises ReleaseError when the
    wheel lacks one of ours, or has Python that Git does not know.
    """
    wanted = {name for name in map(name_in_package, tracked) if name}
    packed = names_in_wheel(path)
    refuse_missing(path, wanted - packed)
    unknown = {name for name in packed if name.endswith(".py")} - wanted
    if unknown:
        raise ReleaseError(f"{path.name} has what Git does not know: {', '.join(sorted(unknown))}")
    return sorted(name for name in wanted if not name.endswith(".py"))


def names_in_wheel(path: Path) -> set[str]:
    """Names of the package's files, without the package's own."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return {name.removeprefix(f"{NAME}/") for name in names if name.startswith(f"{NAME}/")}


def name_in_package(tracked: str) -> str:
    """Name of a tracked file within the package; "" for what does not go into the wheel."""
    path = PurePosixPath(tracked)
    if path.is_relative_to(f"packaging/import_root/{NAME}"):
        kept = path.suffix == ".py" or path.name == "py.typed"
        return path.name if kept else ""  # The links: what they lead to is tracked, too.
    if tracked == "packaging/models.toml":
        return path.name
    ours = path.parts[0] in ("plugin", "shared", "backend")
    return tracked if ours and path.suffix in DATA | {".py"} else ""


def check_sdist(path: Path) -> None:
    """Raise ReleaseError when the sdist lacks what a wheel is built from."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    refuse_missing(path, {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} - names)


def refuse_missing(path: Path, missing: set[str]) -> None:
    """Raise ReleaseError, with the names, when there are any."""
    if missing:
        raise ReleaseError(f"{path.name} lacks {', '.join(sorted(missing))}.")


def use_wheel(wheel: Path, data: list[str], version: str, lock: Path) -> None:
    """Install the wheel into a fresh environment as the docker does, and use it there.

    lock: all that the wheel needs.

    data: from `check_wheel`; networks are loaded and tables read. Raises ReleaseError.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        programs = place / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        python = str(programs / "python")
        install = [python, "-m", "pip", "install", "--quiet"]
        output_of([*install, "--require-hashes", "-r", str(lock.resolve())], place)
        # Refused where the lock lacks something that the wheel needs.
        output_of([*install, "--no-index", str(wheel.resolve())], place)
        said = output_of([str(programs / NAME), "--version"], place)
        if said != version:
            raise ReleaseError(f"The installed wheel says that it is {said}, not {version}.")
        output_of([python, "-I", "-c", USE_IT, *data], place)


def output_of(command: list[str], folder: Path) -> str:
    """Run a command in `folder` and return what it printed. Raises ReleaseError when it fails."""
    ended = subprocess.run(  # noqa: S603  (commands of this file)
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()
        raise ReleaseError(f"“{' '.join(command[:4])} …” failed:\n{said}")
    return ended.stdout.strip()


def build(repository: Path, out: Path) -> tuple[Path, Path, Path]:
    """Build the zip, the sdist, and from the sdist the wheel. Raises ReleaseError."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            built = build_backend(Path(folder), repository)
        except BuildError as error:
            raise ReleaseError(f"The backend cannot be built:\n{error}") from error
        (sdist,) = Path(folder).glob("*.tar.gz")
        out.mkdir(parents=True, exist_ok=True)
        placed = [out / each.name for each in (sdist, built)]
        for each, place in zip((sdist, built), placed, strict=True):
            place.write_bytes(each.read_bytes())
    try:
        plugin = build_plugin_zip(out, repository, payload_of(placed[1], repository))
    except FileNotFoundError as error:
        raise ReleaseError(f"The plugin lacks a file: {error.filename}") from error
    return plugin, placed[0], placed[1]


def check_payload(plugin: Path, wheel: Path) -> None:
    """Raise ReleaseError unless the zip carries this very wheel, and the locks."""
    names = [wheel.name, *(PurePosixPath(lock).name for lock in LOCKS)]
    wanted = {f"{PAYLOAD}/{name}" for name in names}
    with zipfile.ZipFile(plugin) as archive:
        refuse_missing(plugin, wanted - set(archive.namelist()))
        if archive.read(f"{PAYLOAD}/{wheel.name}") != wheel.read_bytes():
            raise ReleaseError(f"{plugin.name} carries another wheel than {wheel.name}.")


def release(repository: Path, out: Path) -> list[Path]:
    """Check the sources, build, and check what was built. Raises ReleaseError."""
    version = version_of(repository)
    check_clean(repository)
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    check_changelog(changelog, version, datetime.now(UTC).date())
    plugin, sdist, wheel = build(repository, out)
    check_zip(plugin)
    check_payload(plugin, wheel)
    check_sdist(sdist)
    data = check_wheel(wheel, output_of(["git", "ls-files"], repository).splitlines())
    use_wheel(wheel, data, version, repository / LOCKS[0])
    sbom = out / f"{NAME}-{version}.cdx.json"
    try:
        write_sbom(sbom, wheel, version, repository)
    except ValueError as error:
        raise ReleaseError(str(error)) from error
    return [plugin, sdist, wheel, sbom]


def main() -> int:
    """Build and check the release, and print its files with their hashes."""
    parser = argparse.ArgumentParser(description="Build and check a release; nothing is uploaded.")
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "dist", help="folder for its files"
    )
    try:
        files = release(REPOSITORY, parser.parse_args().out.resolve())
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    for file in files:
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
