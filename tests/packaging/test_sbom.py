"""The SBOM of a release lists what set-up installs, and what the wheel carries."""

import hashlib
import importlib
import json
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "npm.lock", "torch.lock")


@pytest.fixture
def module(monkeypatch):
    """Import one of the scripts in packaging/, which lie in no package."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "packaging"))
    return importlib.import_module


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "layerpeel-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layerpeel/backend/a.onnx", b"a network")
    return path


@pytest.fixture
def written(module, wheel, tmp_path):
    path = tmp_path / "sbom.json"
    module("sbom").write_sbom(path, wheel, "0.2.0", REPOSITORY)
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_pin_is_a_component_with_the_hashes_of_its_files(module, written):
    packages = [each for each in written["components"] if "purl" in each]
    components = {each["purl"]: each for each in packages}
    assert len(components) == len(packages) > 30
    pins = {}
    for lock in LOCKS:
        for pin in module("locked").pins_in(REPOSITORY / "packaging" / lock):
            pins.setdefault(f"pkg:pypi/{pin.name}@{pin.version}", []).append((lock, pin))
    assert set(components) == set(pins)
    # Two locks pin it, for other systems each.
    assert [lock for lock, _ in pins["pkg:pypi/sympy@1.14.0"]] == [LOCKS[0], LOCKS[2]]
    for url, named in pins.items():
        component = components[url]
        hashes = {digest for _, pin in named for digest in pin.hashes}
        assert {each["content"] for each in component["hashes"]} == hashes
        is_needed = LOCKS[0] in [lock for lock, _ in named]
        assert component["scope"] == ("required" if is_needed else "optional")
        markers = {each["value"] for each in component.get("properties", [])}
        assert markers == {pin.marker for _, pin in named if pin.marker}


def test_the_wheel_and_its_networks_are_named_by_their_hashes(written, wheel):
    (network,) = [each for each in written["components"] if "purl" not in each]
    assert network["type"] == "machine-learning-model"
    assert network["hashes"][0]["content"] == hashlib.sha256(b"a network").hexdigest()
    ours = written["metadata"]["component"]
    said = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ours["licenses"] == [{"expression": said["license"]}]
    assert ours["purl"] == "pkg:pypi/layerpeel@0.2.0"
    assert ours["hashes"][0]["content"] == hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_the_same_wheel_gives_the_same_bytes(module, wheel, tmp_path):
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path in paths:
        module("sbom").write_sbom(path, wheel, "0.2.0", REPOSITORY)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("line", ["numpy>=2", "numpy==2.1", "numpy==2.1 --hash=sha256:00"])
def test_what_is_not_pinned_by_a_hash_is_refused(module, tmp_path, line):
    (tmp_path / "lock").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="numpy"):
        module("locked").pins_in(tmp_path / "lock")


def test_an_audit_asks_about_every_pin_once_and_no_package_twice_in_a_round(module):
    pins = [
        pin for lock in LOCKS for pin in module("locked").pins_in(REPOSITORY / "packaging" / lock)
    ]
    rounds = module("audit").rounds_of(pins)
    assert sorted(pin for part in rounds for pin in part) == sorted(pins)
    for part in rounds:
        assert len({pin.name for pin in part}) == len(part)
