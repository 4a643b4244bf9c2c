"""Importing into the store, by copy and in place, and the model's state afterwards."""

import errno
import hashlib
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import FileModel, Manifest, load_manifest
from layerpeel.backend.models.model_store import ModelState, ModelStore


def take(store, path, **options):
    return store.take_in(store.recognise(path), **options)


def names_in(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_folder_is_copied(store, make_folder):
    original = make_folder("sdxl")
    (original / "unet" / "pytorch_model.bin").write_bytes(b"pickle")
    heard = []
    path = take(store, original, progress=heard.append)
    assert path == store.folder / "sdxl"
    assert names_in(path) == names_in(original) - {"unet/pytorch_model.bin"} | {
        "layerpeel-files.json"
    }
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    shutil.rmtree(original)
    assert store.state("sdxl") is ModelState.INSTALLED
    assert store.verify("sdxl") == path
    assert store.import_of("sdxl") is not None


def test_single_file_becomes_a_folder(store, checkpoint):
    path = take(store, checkpoint)
    assert names_in(path) == {checkpoint.name, "layerpeel-files.json"}
    record = json.loads((path / "layerpeel-files.json").read_text(encoding="utf-8"))
    assert record["origin"] == {"kind": "import", "place": str(checkpoint), "revision": ""}
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert record["files"] == [
        {"path": checkpoint.name, "bytes": checkpoint.stat().st_size, "sha256": digest}
    ]
    digest_of_list = hashlib.sha256(f"{digest}  {checkpoint.name}\n".encode()).hexdigest()
    assert store.digest_of("sdxl") == digest_of_list


def test_imported_model_that_changes_is_damaged(store, checkpoint):
    path = take(store, checkpoint)
    with (path / checkpoint.name).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    with pytest.raises(ModelError, match=r"the sha256 of .* import your own again with --force"):
        store.path_of("sdxl")


def test_existing_model_needs_force(store, make_folder, checkpoint):
    take(store, make_folder("sdxl"))
    with pytest.raises(ModelError, match=r"There is a model sdxl already .* with --force"):
        take(store, checkpoint)
    assert (store.folder / "sdxl" / "unet").exists()
    path = take(store, checkpoint, force=True)
    assert names_in(path) == {checkpoint.name, "layerpeel-files.json"}
    assert store.state("sdxl") is ModelState.INSTALLED


def test_cancelled_copy_leaves_nothing(store, make_folder, checkpoint):
    take(store, make_folder("sdxl"))
    before = names_in(store.folder)

    def cancel(fraction):
        if fraction > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(store, checkpoint, force=True, progress=cancel)
    assert names_in(store.folder) == before
    assert store.state("sdxl") is ModelState.INSTALLED


def test_full_disk_is_noticed_before_the_copy(store, checkpoint, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: namedtuple("usage", "free")(100))
    with pytest.raises(ModelError, match=r"was not imported: it needs .* where 100 bytes are left"):
        take(store, checkpoint)
    assert names_in(store.folder) == {".pull.lock"}


@pytest.mark.parametrize("kind", ["sdxl", "vitmatte", "hfa"])
def test_folder_is_used_in_place(store, make_folder, kind):
    original = make_folder(kind)
    before = names_in(original)
    heard = []
    path = take(store, original, in_place=True, progress=heard.append)
    assert path == store.path_of(kind) == original
    assert heard[-1] == 1.0
    assert names_in(original) == before
    assert names_in(store.folder) == {".pull.lock", f"{kind}.place.json", f"{kind}.checked.json"}
    assert store.import_of(kind) is not None
    assert store.verify(kind) == original


@pytest.mark.parametrize("in_place", [True, False])
def test_what_is_a_users_own_is_not_removed_as_what_was_pulled_is(store, make_folder, in_place):
    path = take(store, make_folder("vitmatte"), in_place=in_place)
    before = names_in(path), names_in(store.folder)
    with pytest.raises(ModelError, match="your own, and stay"):
        store.remove("vitmatte")
    assert (names_in(path), names_in(store.folder)) == before


@pytest.mark.parametrize("in_place", [True, False])
def test_what_may_be_a_users_own_is_not_removed(store, make_folder, in_place):
    path = take(store, make_folder("vitmatte"), in_place=in_place)
    record = store.folder / "vitmatte.place.json" if in_place else path / "layerpeel-files.json"
    record.write_text("damaged", encoding="utf-8")
    before = names_in(path), names_in(store.folder)
    with pytest.raises(ModelError, match=f"ViTMatte .* stays: {record.name} is damaged"):
        store.remove("vitmatte")
    assert (names_in(path), names_in(store.folder)) == before


def test_original_that_moved_away_is_told(store, make_folder):
    original = make_folder("vitmatte")
    take(store, original, in_place=True)
    original.rename(original.with_name("elsewhere"))
    assert store.state("vitmatte") is ModelState.DAMAGED
    with pytest.raises(ModelError, match=f"imported in place, and {original} is no longer there"):
        store.path_of("vitmatte")
    take(store, original.with_name("elsewhere"), in_place=True, force=True)
    assert store.path_of("vitmatte") == original.with_name("elsewhere")


def test_pull_takes_the_place_of_what_moved_away(store, make_folder, write_files, tmp_path):
    original = make_folder("vitmatte")
    take(store, original, in_place=True)
    mirror = original.rename(write_files(tmp_path / "mirror", {}) / "vitmatte").parent
    path = store.pull("vitmatte", mirror=mirror)
    assert path == store.path_of("vitmatte") == store.folder / "vitmatte"
    assert store.import_of("vitmatte") is None
    assert not (store.folder / "vitmatte.place.json").exists()


def test_original_that_changed_is_told(store, make_folder):
    original = make_folder("vitmatte")
    take(store, original, in_place=True)
    (original / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"config.json has 2 bytes instead of 26"):
        store.path_of("vitmatte")


def test_copy_replaces_what_was_in_place_and_the_other_way_round(store, make_folder):
    original, other = make_folder("vitmatte"), make_folder("vitmatte", "other")
    take(store, original, in_place=True)
    assert take(store, other, force=True) == store.folder / "vitmatte"
    assert store.path_of("vitmatte") == store.folder / "vitmatte"
    assert take(store, original, in_place=True, force=True) == original
    assert not (store.folder / "vitmatte").exists()
    assert names_in(original) == names_in(other)


def test_single_file_in_place_is_a_link(store, checkpoint):
    path = take(store, checkpoint, in_place=True)
    assert path == store.folder / "sdxl"
    assert (path / checkpoint.name).samefile(checkpoint)
    assert store.verify("sdxl") == path
    checkpoint.rename(checkpoint.with_name("moved.safetensors"))
    assert store.state("sdxl") is ModelState.DAMAGED
    with pytest.raises(ModelError, match=f"in place, and {checkpoint} is no longer there"):
        store.path_of("sdxl")


def test_single_file_in_place_without_symbolic_links(store, checkpoint, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(errno.EPERM, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    path = take(store, checkpoint, in_place=True)
    assert (path / checkpoint.name).samefile(checkpoint)
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(
        ModelError, match=r"no link to it .* leave --in-place out, and it is copied"
    ):
        take(store, checkpoint, in_place=True, force=True)
    assert store.state("sdxl") is ModelState.INSTALLED


def test_what_lies_in_the_model_folder_is_not_used_in_place(store, make_folder):
    path = take(store, make_folder("vitmatte"))
    with pytest.raises(ModelError, match="it lies in the model folder already"):
        take(store, path, in_place=True, force=True)
    assert store.path_of("vitmatte") == path
    assert take(store, path, force=True) == path
    assert store.state("vitmatte") is ModelState.INSTALLED


def test_single_model_file_by_its_hash(store, tmp_path):
    content = b"not the real one" * 99
    isnet = load_manifest().usable("isnet")
    assert isinstance(isnet, FileModel)
    digest = hashlib.sha256(content).hexdigest()
    known = FileModel(**{**vars(isnet), "bytes": len(content), "sha256": digest})
    store = ModelStore(store.folder, Manifest((known,)))
    file = tmp_path / "downloads" / "renamed.bin"
    file.parent.mkdir()
    file.write_bytes(content)
    path = take(store, file)
    assert path == store.path_of("isnet") == store.folder / isnet.file
    assert store.import_of("isnet") is None
    take(store, file, in_place=True, force=True)
    assert path.samefile(file)
    file.unlink()
    with pytest.raises(ModelError, match=f"the original is no longer at {file}"):
        store.path_of("isnet")
    file.write_bytes(content[:-1] + b"?")
    with pytest.raises(ModelError, match="is a pickle"):
        store.recognise(file)


def test_mirror_of_an_imported_model(store, checkpoint, tmp_path):
    take(store, checkpoint)
    elsewhere = ModelStore(tmp_path / "elsewhere")
    path = elsewhere.pull("sdxl", mirror=store.folder)
    assert names_in(path) == {checkpoint.name, "layerpeel-files.json"}
    assert elsewhere.import_of("sdxl") is not None
    assert elsewhere.digest_of("sdxl") == store.digest_of("sdxl")


@pytest.mark.parametrize("in_place", [True, False])
def test_unreadable_original(store, make_folder, in_place, monkeypatch):
    original = make_folder("vitmatte")
    candidate = store.recognise(original)
    (original / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"cannot be (read|written): No such file"):
        store.take_in(candidate, in_place=in_place)
    assert store.state("vitmatte") is ModelState.MISSING
