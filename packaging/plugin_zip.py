"""Build the plugin that artists give to Krita: `python packaging/plugin_zip.py --out dist/`.

Krita takes the zip by Tools > Scripts > Import Python Plugin from File. Its importer finds the
plugin by an explicit entry for the folder `layerpeel/`, and the action by its file's exact name.
"""

import argparse
import runpy
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

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
LEFT_OUT_FOLDERS = {"__pycache__", "tests"}
LEFT_OUT_SUFFIXES = {".pyc", ".orig", ".rej"}

# The oldest time that a zip can hold: the same sources give the same bytes on any day.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def build_plugin_zip(out: Path, repository: Path = REPOSITORY) -> Path:
    """Write `layerpeel-krita-VERSION.zip` into the folder `out`; the same sources, the same bytes.

    Raises FileNotFoundError when the repository lacks a file that Krita needs.
    """
    sources = sources_of(repository)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{NAME}-krita-{version_of(repository)}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted(folders_of(sources)):
            archive.writestr(entry(f"{folder}/", 0o40755), b"")
        for name, source in sorted(sources.items()):
            archive.writestr(entry(name, 0o100644), source.read_bytes())
    return path


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


def folders_of(names: dict[str, Path]) -> set[str]:
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
    try:
        print(build_plugin_zip(parser.parse_args().out))
    except FileNotFoundError as error:
        print(f"The plugin lacks a file: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
