"""The zip that artists import into Krita."""

import configparser
import gettext
import io
import os
import runpy
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
BUILDER = REPOSITORY / "packaging" / "plugin_zip.py"
IMPORTER = Path("/usr/share/krita/pykrita/plugin_importer/plugin_importer.py")
NEEDED = ("plugin", "plugin.desktop", "shared", "packaging", "LICENSE")

BUILT_BY = runpy.run_path(str(BUILDER))
build_plugin_zip, payload_of = BUILT_BY["build_plugin_zip"], BUILT_BY["payload_of"]


@pytest.fixture(scope="module")
def plugin_zip(tmp_path_factory):
    return build_plugin_zip(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def repository(tmp_path):
    """A copy of what the zip is made from."""
    copy = tmp_path / "repository"
    for name in NEEDED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, copy / name, symlinks=True)
        else:
            shutil.copy(source, copy / name)
    return copy


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_name_has_the_one_version(plugin_zip):
    version = runpy.run_path(str(REPOSITORY / "shared" / "version.py"))["VERSION"]
    assert plugin_zip.name == f"layerpeel-krita-{version}.zip"


def test_everything_is_where_krita_looks(plugin_zip):
    names = names_in(plugin_zip)
    assert {"layerpeel.desktop", "layerpeel.action", "layerpeel/"} <= set(names)
    assert {"layerpeel/__init__.py", "layerpeel/Manual.html", "layerpeel/LICENSE"} <= set(names)
    outside = [name for name in names if not name.startswith("layerpeel/")]
    assert sorted(outside) == ["layerpeel.action", "layerpeel.desktop"]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", ["plugin", "shared"])
def test_all_python_of_both_packages_is_inside(plugin_zip, package):
    expected = {
        f"layerpeel/{path.relative_to(REPOSITORY).as_posix()}"
        for path in (REPOSITORY / package).rglob("*.py")
    }
    assert expected
    assert expected <= set(names_in(plugin_zip))


def test_languages_go_along_as_gettext_reads_them(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as archive:
        name = "layerpeel/plugin/translations/de/LC_MESSAGES/layerpeel.mo"
        german = gettext.GNUTranslations(io.BytesIO(archive.read(name)))
        assert not [each for each in archive.namelist() if each.endswith(".po")]
    assert german.gettext("Background") == "Hintergrund"


def test_icons_and_other_data_go_along_and_leavings_do_not(repository, tmp_path):
    kept = [
        "plugin/widgets/icons/star.svg",
        "plugin/widgets/icons/star.png",
        "plugin/canvas/table.bin",
    ]
    left = [
        "plugin/__pycache__/docker.cpython-38.pyc",
        "plugin/tests/test_docker.py",
        "plugin/.hidden",
        "plugin/docker.py~",
    ]
    for name in kept + left:
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    names = set(names_in(build_plugin_zip(tmp_path / "dist", repository)))
    assert {f"layerpeel/{name}" for name in kept} <= names
    assert names.isdisjoint(f"layerpeel/{name}" for name in left)
    assert not any("__pycache__" in name or "tests" in name for name in names)


def test_same_sources_give_the_same_bytes_on_another_day(plugin_zip, repository, tmp_path):
    yesterday = time.time() - 86_400
    for path in repository.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (yesterday, yesterday))
    again = build_plugin_zip(tmp_path / "dist", repository)
    assert again.read_bytes() == plugin_zip.read_bytes()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The backend's wheel, built by what is installed here."""
    return BUILT_BY["build_backend"](tmp_path_factory.mktemp("wheel"), isolated=False)


def test_backend_comes_along_with_its_networks_and_its_locks(wheel, tmp_path):
    path = build_plugin_zip(tmp_path, payload=payload_of(wheel))
    carried = {
        f"layerpeel/payload/{name}"
        for name in (wheel.name, "requirements.lock", "npm.lock", "torch.lock")
    }
    assert {"layerpeel/payload/", *carried} <= set(names_in(path))
    with zipfile.ZipFile(path) as archive:
        assert archive.read(f"layerpeel/payload/{wheel.name}") == wheel.read_bytes()
    assert "layerpeel/backend/stages/small_networks/matting.onnx" in names_in(wheel)


def test_backend_that_cannot_be_built_is_said(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[build-system", encoding="utf-8")
    with pytest.raises(BUILT_BY["BuildError"], match=r"pyproject\.toml"):
        BUILT_BY["build_backend"](tmp_path / "dist", tmp_path, isolated=False)


def test_files_are_readable_by_all_and_nothing_is_executable(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as archive:
        modes = {entry.is_dir(): entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes == {True: 0o40755, False: 0o100644}


def test_desktop_file_says_what_krita_reads(plugin_zip):
    desktop = configparser.ConfigParser()
    with zipfile.ZipFile(plugin_zip) as archive:
        desktop.read_string(archive.read("layerpeel.desktop").decode())
    entry = desktop["Desktop Entry"]
    assert entry["ServiceTypes"] == "Krita/PythonPlugin"
    assert entry["X-KDE-Library"] == "layerpeel"
    assert entry["Name"] == "Layerpeel"
    assert f"layerpeel/{entry['X-Krita-Manual']}" in names_in(plugin_zip)


def test_command_line_says_where_the_zip_is_and_what_is_missing(repository, tmp_path):
    command = [sys.executable, str(repository / "packaging" / "plugin_zip.py")]
    command += ["--out", str(tmp_path / "dist"), "--without-backend"]
    built = subprocess.run(command, capture_output=True, text=True, check=True)
    assert Path(built.stdout.strip()).exists()
    (repository / "plugin" / "Manual.html").unlink()
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith("The plugin lacks a file:")
    assert failed.stderr.strip().endswith("Manual.html")


@pytest.mark.krita
@pytest.mark.skipif(not IMPORTER.exists(), reason=f"Krita's importer is not here: {IMPORTER}")
def test_importer_of_krita_takes_it(plugin_zip, tmp_path):
    importer = runpy.run_path(str(IMPORTER), {"i18n": lambda text, *_values: text})
    (imported,) = importer["PluginImporter"](
        str(plugin_zip), str(tmp_path), lambda _plugin: True
    ).import_all()
    assert imported["name"] == "layerpeel"
    files = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    expected = {
        f"pykrita/{name}" for name in names_in(plugin_zip) if not name.endswith(("/", ".action"))
    }
    assert files == expected | {"actions/layerpeel.action"}
