"""What keeps a release from being built. `make release` itself also installs the wheel."""

import importlib.util
import zipfile
from datetime import date
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TODAY = date(2026, 11, 28)
DATED = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-28\n\n### Added\n- It.\n"


@pytest.fixture(scope="module")
def release():
    folder = REPOSITORY / "packaging"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        spec = importlib.util.spec_from_file_location("release", folder / "release.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def test_this_changelog_and_this_version_agree(release):
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = [found["version"] for found in release.SECTION.finditer(changelog)]
    assert sections[:2] == ["Unreleased", release.version_of(REPOSITORY)]


def test_a_dated_changelog_of_this_version_is_taken(release):
    release.check_changelog(DATED, "0.2.0", TODAY)


@pytest.mark.parametrize(
    ("changelog", "version", "said"),
    [
        (DATED, "0.3.0", "0.3.0"),
        ("# Changelog\n", "0.2.0", "must begin"),
        (DATED.replace("## [Unreleased]", ""), "0.2.0", "must begin"),
        (DATED.replace(" - 2026-11-28", ""), "0.2.0", "no date"),
        (DATED.replace("2026-11-28", "today"), "0.2.0", "no date"),
        (DATED.replace("2026-11-28", "2026-11-29"), "0.2.0", "today is"),
        (DATED.replace("[Unreleased]\n", "[Unreleased]\n- More.\n"), "0.2.0", "Unreleased"),
    ],
)
def test_any_other_changelog_is_refused(release, changelog, version, said):
    with pytest.raises(release.ReleaseError, match=said):
        release.check_changelog(changelog, version, TODAY)


def test_a_tree_with_changes_is_refused(release, tmp_path):
    release.output_of(["git", "init", "--quiet"], tmp_path)
    release.check_clean(tmp_path)
    (tmp_path / "forgotten.py").touch()
    with pytest.raises(release.ReleaseError, match=r"forgotten\.py"):
        release.check_clean(tmp_path)


def test_what_is_no_repository_is_refused_as_git_says_it(release, tmp_path):
    with pytest.raises(release.ReleaseError, match="git status"):
        release.check_clean(tmp_path)


def without(source, name, target):
    with zipfile.ZipFile(source) as whole, zipfile.ZipFile(target, "w") as part:
        for each in whole.namelist():
            if each != name:
                part.writestr(each, whole.read(each))
    return target


def test_the_zip_is_taken(release, tmp_path):
    release.check_zip(release.build_plugin_zip(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "layerpeel/",
        "layerpeel/__init__.py",
        "layerpeel/Manual.html",
        "layerpeel.action",
        "layerpeel.desktop",
    ],
)
def test_a_zip_that_krita_would_not_take_whole_is_refused(release, tmp_path, name):
    whole = release.build_plugin_zip(tmp_path)
    with pytest.raises(release.ReleaseError, match=f"lacks {name}"):
        release.check_zip(without(whole, name, tmp_path / "part.zip"))


def test_a_zip_that_carries_another_wheel_is_refused(release, tmp_path):
    wheel = tmp_path / "layerpeel-0.2.0-py3-none-any.whl"
    wheel.write_bytes(b"this one")
    plugin = release.build_plugin_zip(tmp_path, payload=release.payload_of(wheel))
    release.check_payload(plugin, wheel)
    wheel.write_bytes(b"another")
    with pytest.raises(release.ReleaseError, match="another wheel"):
        release.check_payload(plugin, wheel)
    with pytest.raises(release.ReleaseError, match="lacks layerpeel/payload/layerpeel-"):
        release.check_payload(release.build_plugin_zip(tmp_path), wheel)


TRACKED = [
    "README.md",
    "backend/stages/small_networks/matting.onnx",
    "backend/training/recipes/paper-hfa.toml",
    "packaging/import_root/layerpeel/__init__.py",
    "packaging/import_root/layerpeel/backend",
    "packaging/import_root/layerpeel/py.typed",
    "packaging/models.toml",
    "packaging/release.py",
    "plugin/Manual.html",
    "shared/version.py",
    "tests/conftest.py",
]
PACKED = [
    "__init__.py",
    "backend/stages/small_networks/matting.onnx",
    "backend/training/recipes/paper-hfa.toml",
    "models.toml",
    "py.typed",
    "shared/version.py",
]


def wheel_of(names, target):
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(f"layerpeel/{name}", b"")
        archive.writestr("layerpeel-0.2.0.dist-info/METADATA", b"")
    return target


def test_a_wheel_with_all_that_is_ours_is_taken_and_says_its_data(release, tmp_path):
    data = release.check_wheel(wheel_of(PACKED, tmp_path / "whole.whl"), TRACKED)
    assert data == [name for name in PACKED if not name.endswith(".py")]


@pytest.mark.parametrize("name", PACKED)
def test_a_wheel_that_lacks_something_of_ours_is_refused(release, tmp_path, name):
    packed = [each for each in PACKED if each != name]
    with pytest.raises(release.ReleaseError, match=f"lacks {name}"):
        release.check_wheel(wheel_of(packed, tmp_path / "part.whl"), TRACKED)


def test_a_wheel_with_python_that_git_does_not_know_is_refused(release, tmp_path):
    with pytest.raises(release.ReleaseError, match=r"shared/stale\.py"):
        release.check_wheel(wheel_of([*PACKED, "shared/stale.py"], tmp_path / "more.whl"), TRACKED)
