import json
import shutil
import socket
import sys
from dataclasses import replace

import diffusers
import pytest
import torch
from diffusers import ControlNetModel, StableDiffusionXLPipeline, UNet2DConditionModel

from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
from layerpeel.backend.stages.generation.loading import (
    add_controlnet,
    begin_from_picture,
    load_pipeline,
)
from layerpeel.backend.stages.generation.pipelines import networks_of

pytestmark = pytest.mark.torch


def weights_of(pipeline):
    return {
        f"{name}.{key}": tensor
        for name, network in networks_of(pipeline).items()
        for key, tensor in network.state_dict().items()
    }


def assert_same_weights(first, second):
    first, second = weights_of(first), weights_of(second)
    assert first.keys() == second.keys()
    assert len(first) > 1000
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.fixture
def folder_pipeline(sdxl_config, tiny_sdxl, pool):
    return load_pipeline(sdxl_config, Checkpoint(tiny_sdxl), pool.compute)


def test_a_folder_is_loaded_as_diffusers_does(folder_pipeline, tiny_sdxl):
    reference = StableDiffusionXLPipeline.from_pretrained(tiny_sdxl, local_files_only=True)
    assert_same_weights(folder_pipeline, reference)
    assert folder_pipeline.watermark is None
    assert folder_pipeline.scheduler.config == reference.scheduler.config
    assert not any(tensor.requires_grad for tensor in folder_pipeline.unet.parameters())


def test_a_single_file_is_the_folder(sdxl_config, folder_pipeline, tiny_sdxl_file, pool):
    checkpoint = Checkpoint(tiny_sdxl_file, sdxl_config.descriptions)
    from_file = load_pipeline(sdxl_config, checkpoint, pool.compute)
    assert_same_weights(from_file, folder_pipeline)
    assert from_file.scheduler.config == folder_pipeline.scheduler.config
    for name in sdxl_config.tokenizers:
        tokens = [getattr(each, name)("a cat") for each in (from_file, folder_pipeline)]
        assert tokens[0]["input_ids"] == tokens[1]["input_ids"]


def test_small_descriptions_are_enough_for_a_single_file(
    sdxl_config, folder_pipeline, tiny_sdxl, tiny_sdxl_file, tmp_path, pool
):
    small = shutil.copytree(
        tiny_sdxl, tmp_path / "configs", ignore=shutil.ignore_patterns("*.safetensors")
    )
    from_file = load_pipeline(sdxl_config, Checkpoint(tiny_sdxl_file, small), pool.compute)
    assert_same_weights(from_file, folder_pipeline)


def test_nobody_is_asked_over_the_network(
    monkeypatch, sdxl_config, tiny_sdxl, tiny_sdxl_file, tiny_controlnet, pool
):
    def refuse(*address, **_options):
        pytest.fail(f"{address} was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    load_pipeline(sdxl_config, Checkpoint(tiny_sdxl_file, tiny_sdxl), pool.compute)
    pipeline = load_pipeline(sdxl_config, Checkpoint(tiny_sdxl), pool.compute)
    add_controlnet(pipeline, sdxl_config, tiny_controlnet, pool.compute)


def test_a_folder_of_half_floats_alone_is_loaded(sdxl_config, folder_pipeline, tmp_path, pool):
    folder_pipeline.save_pretrained(tmp_path, variant="fp16")
    loaded = load_pipeline(sdxl_config, Checkpoint(tmp_path), pool.compute)
    assert_same_weights(loaded, folder_pipeline)


def test_weights_that_only_pickles_hold_are_not_loaded(
    sdxl_config, folder_pipeline, tmp_path, pool
):
    folder_pipeline.save_pretrained(tmp_path)
    unet = folder_pipeline.unet
    unet.save_pretrained(tmp_path / "unet", safe_serialization=False)
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelError, match="could not be loaded"):
        load_pipeline(sdxl_config, Checkpoint(tmp_path), pool.compute)


def test_a_half_precision_device_gets_the_half_that_the_generator_bears(
    sdxl_config, tiny_sdxl, pool
):
    compute = replace(pool.compute, precision=torch.bfloat16)
    pipeline = load_pipeline(sdxl_config, Checkpoint(tiny_sdxl), compute)
    assert {tensor.dtype for tensor in weights_of(pipeline).values()} >= {torch.float16}
    assert pipeline.vae.dtype == pipeline.unet.dtype == torch.float16
    other = load_pipeline(replace(sdxl_config, half="bfloat16"), Checkpoint(tiny_sdxl), compute)
    assert other.unet.dtype == torch.bfloat16


@pytest.mark.parametrize("within_mask", [False, True])
def test_no_pixels_are_marked_where_what_marks_them_is_installed(
    sdxl_config, folder_pipeline, monkeypatch, within_mask
):
    begun = type(begin_from_picture(folder_pipeline, sdxl_config, within_mask))
    module = sys.modules[begun.__module__]
    monkeypatch.setattr(module, "is_invisible_watermark_available", lambda: True)
    monkeypatch.setattr(module, "StableDiffusionXLWatermarker", object, raising=False)
    assert begin_from_picture(folder_pipeline, sdxl_config, within_mask).watermark is None


def test_a_controlnet_shares_the_networks(
    sdxl_config, folder_pipeline, tiny_sdxl, tiny_controlnet, pool
):
    both = add_controlnet(folder_pipeline, sdxl_config, tiny_controlnet, pool.compute)
    assert type(both) is diffusers.StableDiffusionXLControlNetPipeline
    assert both.unet is folder_pipeline.unet
    reference = ControlNetModel.from_pretrained(tiny_controlnet)
    for name, tensor in reference.state_dict().items():
        assert torch.equal(both.controlnet.state_dict()[name], tensor)


def test_a_controlnet_for_another_generator_is_refused(
    sdxl_config, folder_pipeline, tmp_path, pool
):
    other = UNet2DConditionModel(
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=40,
        norm_num_groups=4,
    )
    ControlNetModel.from_unet(other).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="is for another generator than SDXL"):
        add_controlnet(folder_pipeline, sdxl_config, tmp_path, pool.compute)


def test_what_is_no_controlnet_is_refused(
    sdxl_config, folder_pipeline, tiny_sdxl, tiny_controlnet, tmp_path, pool
):
    with pytest.raises(ModelError, match="holds no ControlNet that can be used, but a UNet2D"):
        add_controlnet(folder_pipeline, sdxl_config, tiny_sdxl / "unet", pool.compute)
    with pytest.raises(ModelError, match=r"no config\.json"):
        add_controlnet(folder_pipeline, sdxl_config, tmp_path / "gone", pool.compute)
    cut = shutil.copytree(tiny_controlnet, tmp_path / "cut")
    file = cut / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ModelError, match="could not be loaded"):
        add_controlnet(folder_pipeline, sdxl_config, cut, pool.compute)


def test_a_controlnet_that_does_not_fit_beside_the_rest_is_refused(
    sdxl_config, folder_pipeline, tiny_controlnet, pool
):
    weights = sum(tensor.nbytes for tensor in weights_of(folder_pipeline).values())
    compute = replace(pool.compute, budget=weights + 1000)
    with pytest.raises(DeviceError, match="SDXL with this ControlNet needs"):
        add_controlnet(folder_pipeline, sdxl_config, tiny_controlnet, compute)


def test_descriptions_that_are_no_json_are_refused(sdxl_config, tiny_sdxl, tmp_path, pool):
    broken = shutil.copytree(tiny_sdxl, tmp_path / "broken")
    (broken / "unet" / "config.json").write_text(json.dumps({})[:1])
    with pytest.raises(ModelError, match=r"config\.json is damaged"):
        load_pipeline(sdxl_config, Checkpoint(broken), pool.compute)
