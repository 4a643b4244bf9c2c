"""Importing what the libraries themselves write: tiny networks with random weights."""

import pytest

from layerpeel.backend.models.model_store import ModelState, ModelStore

pytestmark = pytest.mark.torch


def check(store, path, model_id):
    candidate = store.recognise(path)
    assert candidate.model.id == model_id
    store.take_in(candidate)
    assert store.state(model_id) is ModelState.INSTALLED
    return candidate.found


def test_sdxl_as_a_folder_and_as_one_file(store, tmp_path):
    from tiny_checkpoints.generation import save_tiny_sdxl
    from tiny_checkpoints.sdxl_single_file import save_single_file

    folder = save_tiny_sdxl(tmp_path / "tiny-sdxl")
    file = save_single_file(tmp_path / "tiny.safetensors", folder)
    found = check(store, folder, "sdxl")
    assert {path.partition("/")[0] for path in found.files} == {
        path.name for path in folder.iterdir()
    }
    candidate = store.recognise(file)
    assert candidate.model.id == "sdxl"
    assert "one file" in candidate.found.what


def test_qwen_in_shards(store, tmp_path):
    from tiny_checkpoints.qwen import save_tiny_qwen

    folder = save_tiny_qwen(tmp_path / "tiny-qwen", shard_size="20KB")
    found = check(store, folder, "qwen-image-layered")
    assert any(path.endswith(".safetensors.index.json") for path in found.files)
    assert len(found.files) == sum(path.is_file() for path in folder.rglob("*"))


def test_networks_of_transformers(store, tmp_path):
    from tiny_checkpoints.detect import save_tiny_grounding_dino
    from tiny_checkpoints.matte import save_tiny_vitmatte
    from tiny_checkpoints.segment import save_tiny_sam

    check(store, save_tiny_grounding_dino(tmp_path / "dino"), "grounding-dino")
    check(store, save_tiny_sam(tmp_path / "sam"), "sam")
    check(store, save_tiny_vitmatte(tmp_path / "vitmatte"), "vitmatte")


def test_our_own(store, tmp_path):
    from tiny_checkpoints.layering import save_tiny_fbdd, save_tiny_hfa

    for save, model_id in ((save_tiny_fbdd, "fbdd"), (save_tiny_hfa, "hfa")):
        folder = save(tmp_path / model_id)
        found = check(store, folder, model_id)
        assert len(found.files) == sum(path.is_file() for path in folder.rglob("*"))
        # A mirror without a record: the manifest's patterns must match all files.
        elsewhere = ModelStore(tmp_path / "elsewhere")
        elsewhere.pull(model_id, mirror=tmp_path)
        assert elsewhere.digest_of(model_id) == store.digest_of(model_id)


def test_sam_as_meta_saves_it(store, tmp_path):
    import torch

    from tiny_checkpoints.segment import save_tiny_meta_sam

    folder = save_tiny_meta_sam(tmp_path / "meta")
    (file,) = folder.glob("*.pth")
    assert check(store, file, "sam").files == (file.name,)
    tensors = torch.load(file, weights_only=True)
    torch.save(tensors, file, _use_new_zipfile_serialization=False)
    assert not store.recognise(file, "sam").found.certain
