"""What files are, and what is said of those that are not what is wanted."""

import json
import pickle
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint, find_checkpoint
from layerpeel.backend.stages.generation.loading import load_pipeline
from tiny_checkpoints.generation import save_tiny_flux2_klein, save_tiny_z_image
from tiny_checkpoints.sdxl_single_file import save_single_file

pytestmark = pytest.mark.torch

UNET = "model.diffusion_model.input_blocks.0.0.weight"


@pytest.fixture
def store(tmp_path):
    """An empty one."""
    return ModelStore(tmp_path / "models")


@pytest.fixture
def save_names(tmp_path):
    """Save a file of small tensors, by name and shape."""

    def save(**shapes):
        file = tmp_path / "given.safetensors"
        save_file({name: torch.zeros(shape) for name, shape in shapes.items()}, file)
        return file

    return save


def refused(config, file, pool):
    """What is said when a file is loaded."""
    with pytest.raises(ModelError) as error:
        load_pipeline(config, Checkpoint(file, config.descriptions), pool.compute)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ["lora_unet_input_blocks_1_0.lora_down.weight"],
            "none itself; it is used where it lies: name it by",
        ),
        (
            [UNET, "conditioner.embedders.0.model.ln_final.weight"],
            "is the refiner of SDXL, which makes no pictures from words alone; wanted is",
        ),
        (["controlnet_cond_embedding.conv_in.weight"], "generate --control-model`"),
    ],
)
def test_another_kind_of_file_is_named(sdxl_config, save_names, pool, names, said):
    told = refused(sdxl_config, save_names(**dict.fromkeys(names, (2, 4))), pool)
    assert said in told


def test_a_file_of_another_generator_is_named(sdxl_config, save_names, pool):
    names = ["cond_stage_model.transformer.text_model.x", "first_stage_model.x"]
    told = refused(
        sdxl_config, save_names(**{UNET: (8, 4, 3, 3), **dict.fromkeys(names, (1,))}), pool
    )
    assert "is a checkpoint of Stable Diffusion 1, not of SDXL" in told
    assert "--generator sd1" in told


def test_an_sdxl_without_its_autoencoder_is_no_whole_one(sdxl_config, tiny_sdxl, tmp_path, pool):
    file = save_single_file(
        tmp_path / "pruned.safetensors", tiny_sdxl, without="first_stage_model."
    )
    assert "a checkpoint of SDXL without its VAE" in refused(sdxl_config, file, pool)


def test_a_file_that_was_cut_short_is_refused(sdxl_config, tiny_sdxl_file, tmp_path, pool):
    file = tmp_path / "cut.safetensors"
    file.write_bytes(tiny_sdxl_file.read_bytes()[:-1000])
    assert "was not copied to its end" in refused(sdxl_config, file, pool)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\3\4", b"<html>not found</html>" * 9])
def test_what_is_no_safetensors_is_refused(sdxl_config, tmp_path, pool, content):
    file = tmp_path / "page.safetensors"
    file.write_bytes(content)
    assert "was not copied to its end" in refused(sdxl_config, file, pool)


def test_a_tensor_that_is_missing_is_said(sdxl_config, tiny_sdxl, tmp_path, pool):
    file = save_single_file(
        tmp_path / "hole.safetensors",
        tiny_sdxl,
        without="conditioner.embedders.1.model.transformer.resblocks.1.mlp",
    )
    told = refused(sdxl_config, file, pool)
    assert "is incomplete: of text_encoder_2 4 tensors are missing" in told


def test_a_pickle_is_refused_unread(store, tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was run",))

    file = tmp_path / "old.ckpt"
    file.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="is a pickle"):
        find_checkpoint(generator_config("sdxl"), file, store)


def test_what_is_not_there_is_refused(store, tmp_path):
    with pytest.raises(ModelError, match="There is no"):
        find_checkpoint(generator_config("sdxl"), tmp_path / "gone.safetensors", store)


def test_a_file_for_a_generator_that_needs_a_folder_is_refused(store, tiny_sdxl_file):
    with pytest.raises(ModelError, match="Z-Image is read from a folder"):
        find_checkpoint(generator_config("z-image"), tiny_sdxl_file, store)


def test_the_descriptions_of_a_file_are_found(sdxl_config, store, tiny_sdxl_file, tiny_sdxl):
    config = replace(sdxl_config, checkpoint=tiny_sdxl_file)
    expected = Checkpoint(tiny_sdxl_file, tiny_sdxl)
    assert find_checkpoint(config, None, store) == expected
    # As the model store keeps what a person has imported.
    assert find_checkpoint(sdxl_config, tiny_sdxl_file.parent, store) == expected


def test_what_was_imported_is_found(sdxl_config, store, tiny_sdxl, tiny_sdxl_file):
    config = replace(sdxl_config, checkpoint="sdxl")
    file = store.take_in(store.recognise(tiny_sdxl_file)) / tiny_sdxl_file.name
    assert find_checkpoint(config, None, store) == Checkpoint(file, tiny_sdxl)


@pytest.mark.parametrize(
    ("name", "save"), [("flux2-klein", save_tiny_flux2_klein), ("z-image", save_tiny_z_image)]
)
def test_other_generators_are_imported_whole_and_found_by_their_ids(store, tmp_path, name, save):
    config = generator_config(name)
    with pytest.raises(ModelError, match="layerpeel models import FOLDER"):
        find_checkpoint(config, None, store)
    folder = save(tmp_path / "as on the hub")
    imported = store.take_in(store.recognise(folder), licence="my own")
    assert find_checkpoint(config, None, store) == Checkpoint(imported)
    named = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert named <= {path.relative_to(imported) for path in imported.rglob("*")}


@pytest.fixture
def broken(tiny_sdxl, tmp_path):
    """A copy of the folder, for breaking it."""
    return shutil.copytree(tiny_sdxl, tmp_path / "broken")


def test_a_folder_of_another_pipeline_is_named(sdxl_config, broken, pool):
    index = json.loads((broken / "model_index.json").read_text())
    index["_class_name"] = "StableDiffusionPipeline"
    (broken / "model_index.json").write_text(json.dumps(index))
    assert "holds a StableDiffusionPipeline" in refused(sdxl_config, broken, pool)


def test_a_folder_that_names_what_transformers_has_not_is_refused(sdxl_config, broken, pool):
    index = json.loads((broken / "model_index.json").read_text())
    index["text_encoder"] = ["transformers", "NoSuchModel"]
    (broken / "model_index.json").write_text(json.dumps(index))
    assert "could not be loaded" in refused(sdxl_config, broken, pool)


def test_a_folder_of_something_else_is_refused(sdxl_config, tmp_path, pool):
    assert "no model_index.json" in refused(sdxl_config, tmp_path, pool)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_folder_in_which_a_tensor_is_missing_is_refused(sdxl_config, broken, pool, part):
    (file,) = (broken / part).glob("*.safetensors")
    tensors = load_file(file)
    tensors.pop(next(name for name in tensors if "norm" in name))
    save_file(tensors, file, metadata={"format": "pt"})
    assert f"of {part} 1 tensors are missing" in refused(sdxl_config, broken, pool)


@pytest.mark.parametrize("part", ["unet", "text_encoder_2"])
def test_a_folder_in_which_a_file_was_cut_short_is_refused(sdxl_config, broken, pool, part):
    (file,) = (broken / part).glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    assert "was not copied to its end" in refused(sdxl_config, broken, pool)


@pytest.mark.parametrize("part", ["unet", "text_encoder", "scheduler"])
def test_a_folder_without_a_part_is_refused(sdxl_config, broken, pool, part):
    shutil.rmtree(broken / part)
    assert "could not be loaded" in refused(sdxl_config, broken, pool)


@pytest.mark.parametrize("of_one_file", [False, True])
def test_a_folder_without_a_vocabulary_is_refused(
    sdxl_config, broken, tiny_sdxl_file, pool, of_one_file
):
    shutil.rmtree(broken / "tokenizer_2")
    config = replace(sdxl_config, descriptions=broken)
    told = refused(config, tiny_sdxl_file if of_one_file else broken, pool)
    assert f"{broken} is incomplete: there is no vocabulary in tokenizer_2" in told


def test_weights_of_other_shapes_than_described_are_refused(sdxl_config, broken, pool):
    description = json.loads((broken / "unet" / "config.json").read_text())
    description["block_out_channels"] = [8, 16, 24]
    (broken / "unet" / "config.json").write_text(json.dumps(description))
    assert "could not be loaded" in refused(sdxl_config, broken, pool)


@pytest.mark.parametrize("of", ["tiny_sdxl", "tiny_sdxl_file"])
def test_what_is_too_large_for_main_memory_is_not_loaded(sdxl_config, pool, request, of):
    place = request.getfixturevalue(of)
    compute = replace(pool.compute, budget=1_000_000)
    with pytest.raises(DeviceError, match=r"SDXL needs 1\.\d MB|SDXL needs \d MB"):
        load_pipeline(sdxl_config, Checkpoint(place, sdxl_config.descriptions), compute)
