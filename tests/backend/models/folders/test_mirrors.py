"""Folders from a mirror: another computer's model folder, or one assembled by hand."""

import hashlib
import shutil

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelState, ModelStore


@pytest.fixture
def mirror(tmp_path, files, write):
    write(tmp_path / "mirror" / "tiny", files)
    (tmp_path / "mirror" / "tiny" / "pytorch_model.bin").write_bytes(b"pickle")
    return tmp_path / "mirror"


@pytest.fixture
def other(tmp_path, store_with, hub):
    """The model folder of another computer, which has pulled the model."""
    store = store_with("hub")
    store.pull("tiny")
    store.folder.rename(tmp_path / "other")
    return tmp_path / "other"


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_folder_with_a_record(store_with, other, files):
    heard = []
    store = store_with()
    path = store.pull("tiny", heard.append, other)
    assert contents(path) == contents(other / "tiny")  # The record still names the hub.
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    assert store.state("tiny") is ModelState.INSTALLED


def test_folder_without_a_record(store_with, mirror, files):
    path = store_with().pull("tiny", mirror=mirror)
    found = contents(path)
    assert b'"mirror"' in found.pop("layerpeel-files.json")
    assert found == files


def test_mirror_of_the_environment_comes_first(store_with, mirror, hub, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(mirror))
    store_with("mirror", "hub").pull("tiny")
    assert hub.asked == []


def test_hub_takes_over_from_a_mirror_and_uses_what_it_brought(
    store_with, mirror, hub, files, shard, monkeypatch
):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(mirror))
    digest = hashlib.sha256(files["net/model-00002-of-00002.safetensors"]).hexdigest()
    damaged = mirror / "tiny" / "net" / "model-00002-of-00002.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    store = store_with("mirror", "hub", hashes={damaged.relative_to(mirror / "tiny"): digest})
    assert contents(store.pull("tiny")).items() >= files.items()
    assert "net/model-00001-of-00002.safetensors" not in [path for path, _ in hub.fetched]


def test_next_pull_copies_only_what_is_missing(store_with, other, part, shard):
    store = store_with()

    def cancel(fraction):
        if fraction == 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("tiny", cancel, other)
    inode = (part / shard).stat().st_ino
    path = store.pull("tiny", mirror=other)
    assert (path / shard).stat().st_ino == inode
    assert store.state("tiny") is ModelState.INSTALLED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.unlink(), "its tiny lacks net/model-00001"),
        (lambda file: file.write_bytes(b"short"), "has 5 bytes instead of"),
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), "is damaged: its sha256 is"),
    ],
)
def test_folder_that_is_not_as_recorded(store_with, other, part, shard, change, words):
    change(other / "tiny" / shard)
    with pytest.raises(ModelError, match=words) as caught:
        store_with().pull("tiny", mirror=other)
    assert f"Mirror folder {other}: " in str(caught.value)
    assert "Put the folder tiny (400 kB) into that folder" in str(caught.value)
    assert not (part / shard).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.unlink(), "goes with net/model-00001-of-00002.safetensors, which is"),
        (lambda file: file.write_bytes(b"short"), "is no safetensors file"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "was not copied to its end"),
    ],
)
def test_unrecorded_folder_that_is_not_whole(store_with, mirror, shard, change, words):
    change(mirror / "tiny" / shard)
    with pytest.raises(ModelError, match=words):
        store_with().pull("tiny", mirror=mirror)


def test_folder_that_lacks_what_the_manifest_wants(store_with, mirror):
    (mirror / "tiny" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"its tiny has no config.json"):
        store_with().pull("tiny", mirror=mirror)


def test_other_version_than_in_the_manifest(store_with, other, mirror, shard):
    store = store_with(hashes={shard: "a" * 64})
    with pytest.raises(ModelError, match=f"is another version of the model: its {shard} is not"):
        store.pull("tiny", mirror=other)
    with pytest.raises(ModelError, match="is damaged: its sha256 is"):
        store.pull("tiny", mirror=mirror)


def test_folder_of_another_model(store_with, other):
    (other / "tiny").rename(other / "made")
    with pytest.raises(ModelError, match="its made is by its record the model tiny"):
        store_with().pull("made", mirror=other)


def test_record_that_leads_elsewhere(store_with, other):
    record = other / "tiny" / "layerpeel-files.json"
    record.write_text(record.read_text().replace("config.json", "../tiny.checked.json"))
    with pytest.raises(ModelError, match="names a file that cannot be one of a model"):
        store_with().pull("tiny", mirror=other)


def test_mirror_that_has_no_such_folder(store_with, tmp_path):
    with pytest.raises(ModelError, match=f"Mirror folder {tmp_path}: it has no folder tiny"):
        store_with("hub").pull("tiny", mirror=tmp_path)


def test_model_folder_shared_by_several(store_with, other):
    shared = ModelStore(other, store_with().manifest)
    assert shared.path_of("tiny") == other / "tiny"
    shutil.copytree(other, other.with_name("copy"))  # Keeps the times: nothing is hashed.
    assert (
        ModelStore(other.with_name("copy"), shared.manifest).state("tiny") is ModelState.INSTALLED
    )
