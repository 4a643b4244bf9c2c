"""What set-up installs agrees with pyproject.toml, and names no place that it comes from."""

import importlib
import re
import tomllib
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASKED = {
    "requirements.lock": PROJECT["dependencies"],
    "npm.lock": PROJECT["optional-dependencies"]["npm"],
    "torch.lock": PROJECT["optional-dependencies"]["full"],
}
# What is installed before it.
BEFORE = {"torch.lock": "requirements.lock"}
PYTHONS = ("3.11.9", "3.12.9", "3.13.9", "3.14.1")
SYSTEMS = {
    "Linux": ("linux", "x86_64"),
    "Linux on ARM": ("linux", "aarch64"),
    "Windows": ("win32", "AMD64"),
    "macOS": ("darwin", "arm64"),
    "macOS on Intel": ("darwin", "x86_64"),
}


def text_of(lock):
    return (REPOSITORY / "packaging" / lock).read_text(encoding="utf-8")


def pins_in(lock):
    """Requirement and number of hashes of each pin."""
    for pin in text_of(lock).replace("\\\n", " ").splitlines():
        words = re.split(r"\s+--hash=sha256:", pin.strip())
        yield Requirement(words[0]), sum(len(word) == 64 for word in words[1:])


@pytest.mark.parametrize("lock", ASKED)
def test_every_pin_is_one_version_with_the_hashes_of_its_files(lock):
    for pin, hashes in pins_in(lock):
        (only,) = pin.specifier
        assert only.operator == "=="
        assert hashes, pin


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", ASKED)
def test_every_dependency_is_there_once_inside_its_bounds(lock, python, system):
    if lock == "torch.lock" and system == "macOS on Intel":
        pytest.skip("torch has no files for it")
    platform, machine = SYSTEMS[system]
    short = python.rpartition(".")[0]
    where = {
        **default_environment(),
        **{"sys_platform": platform, "platform_machine": machine},
        **{"python_full_version": python, "python_version": short},
    }
    locks = [lock, *([BEFORE[lock]] if lock in BEFORE else [])]
    named = [pin for each in locks for pin, _ in pins_in(each)]
    pins = [pin for pin in named if pin.marker is None or pin.marker.evaluate(where)]
    versions = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}
    assert len(versions) == len(pins)
    for asked in map(Requirement, ASKED[lock]):
        assert asked.specifier.contains(versions[canonicalize_name(asked.name)])


@pytest.mark.skipif(find_spec("torch") is None, reason="it goes by what is installed")
def test_all_that_the_full_install_needs_in_turn_is_pinned_for_this_system():
    locks = ("requirements.lock", "torch.lock")
    pins = [pin for lock in locks for pin, _ in pins_in(lock)]
    pinned = {pin.name for pin in pins if pin.marker is None or pin.marker.evaluate()}
    assert needed_by(*ASKED["requirements.lock"], *ASKED["torch.lock"]) - pinned == set()


def needed_by(*asked):
    """Names of all packages that some need on this system, and those in turn, as installed."""
    found, to_do = set(), [Requirement(each) for each in asked]
    while to_do:
        one = to_do.pop()
        for extra in {"", *one.extras}:
            part = (canonicalize_name(one.name), extra)
            if part not in found:
                found.add(part)
                told = [Requirement(each) for each in requires(one.name) or ()]
                to_do += [each for each in told if is_needed(each, extra)]
    return {name for name, _ in found}


def is_needed(requirement, extra):
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


@pytest.mark.parametrize("lock", ASKED)
def test_no_lock_names_a_place_to_fetch_from(lock):
    assert "://" not in text_of(lock)
    assert "--index" not in text_of(lock)


@pytest.mark.parametrize("python", PYTHONS)
def test_nothing_of_torch_is_installed_where_it_has_no_files(python):
    where = {
        **default_environment(),
        **{"sys_platform": "darwin", "platform_machine": "x86_64"},
        **{"python_full_version": python, "python_version": python.rpartition(".")[0]},
    }
    for pin, _ in pins_in("torch.lock"):
        assert pin.marker is not None, pin
        assert not pin.marker.evaluate(where), pin


def test_what_is_pinned_already_wherever_it_is_wanted_is_left_out(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(REPOSITORY / "packaging"))
    torch_lock = importlib.import_module("torch_lock")
    base, whole = tmp_path / "base", tmp_path / "whole"
    hashed = f" \\\n    --hash=sha256:{'0' * 64}\n"
    base.write_text(f"a==1{hashed}", encoding="utf-8")
    whole.write_text(f"a==1{hashed}b==2{hashed}", encoding="utf-8")
    assert "\n".join(torch_lock.rest(whole, base)) + "\n" == f"b==2{hashed}"
    base.write_text(f"a==1 ; sys_platform == 'win32'{hashed}", encoding="utf-8")
    assert "\n".join(torch_lock.rest(whole, base)) + "\n" == whole.read_text(encoding="utf-8")
    whole.write_text(f"a==2{hashed}", encoding="utf-8")
    with pytest.raises(ValueError, match="a 2 is not the version"):
        list(torch_lock.rest(whole, base))
