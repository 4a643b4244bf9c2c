from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.stages.generation.additions import SAMPLERS, Additions, Lora
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
from layerpeel.backend.stages.generation.request import GenerationRequest
from tiny_checkpoints.generation import save_tiny_lora, save_tiny_sd

pytestmark = pytest.mark.torch

ASKED = GenerationRequest("a cat", size=(72, 72))


@pytest.fixture
def painted(sdxl_config, tiny_sdxl, pool):
    def paint(*loras, sampler=None, **differing):
        additions = Additions(loras, sampler)
        generator = Generator(sdxl_config, Checkpoint(tiny_sdxl), pool, additions)
        return generator.generate(replace(ASKED, **differing)).picture

    return paint


@pytest.mark.parametrize("kohya", [False, True])
def test_a_lora_changes_the_picture_by_its_weight(painted, tiny_sdxl, tmp_path, kohya):
    file = save_tiny_lora(tmp_path / "a.safetensors", tiny_sdxl, kohya=kohya)
    plain, whole, none = painted(), painted(Lora(file)), painted(Lora(file, 0.0))
    np.testing.assert_allclose(none, plain, atol=1e-5)
    assert np.abs(whole - plain).max() > 1 / 255
    # Both ways of naming its parts mean the same ones.
    other = save_tiny_lora(tmp_path / "b.safetensors", tiny_sdxl, kohya=not kohya)
    np.testing.assert_allclose(painted(Lora(other)), whole, atol=1e-4)
    # Twice the half is the whole.
    np.testing.assert_allclose(painted(Lora(file, 0.5), Lora(file, 0.5)), whole, atol=1e-4)


@pytest.mark.parametrize("version", [1, 2])
def test_loras_and_samplers_are_for_stable_diffusion_too(pool, tmp_path, version):
    folder = save_tiny_sd(tmp_path / "sd", version)
    random, tensors = torch.Generator().manual_seed(5), {}
    unet = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    for name in ("attn1.to_q", "attn2.to_k"):
        place = f"down_blocks.0.attentions.0.transformer_blocks.0.{name}"
        out, into = unet[f"{place}.weight"].shape
        tensors[f"unet.{place}.lora_A.weight"] = torch.randn(2, into, generator=random)
        tensors[f"unet.{place}.lora_B.weight"] = torch.randn(out, 2, generator=random)
    save_file(tensors, tmp_path / "a.safetensors")
    config = replace(generator_config(f"sd{version}"), side=64, noise_side=None, steps=3)

    def paint(*loras, sampler=None):
        generator = Generator(config, Checkpoint(folder), pool, Additions(loras, sampler))
        return generator.generate(replace(ASKED, size=(64, 64))).picture

    plain = paint()
    for other in (paint(Lora(tmp_path / "a.safetensors")), paint(sampler="dpm++ 2m")):
        assert np.abs(other - plain).max() > 1 / 255


def test_a_lora_is_added_to_the_weights(sdxl_config, tiny_sdxl, pool, tmp_path):
    file = save_tiny_lora(tmp_path / "a.safetensors", tiny_sdxl)
    place = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"
    changed, plain = (
        Generator(sdxl_config, Checkpoint(tiny_sdxl), pool, Additions(loras))
        .pipeline_for(None)
        .unet.state_dict()
        for loras in ((Lora(file, 0.7),), ())
    )
    assert changed.keys() == plain.keys()
    tensors = load_file(file)
    up, down = (tensors[f"unet.{place}.lora_{part}.weight"] for part in "BA")
    np.testing.assert_allclose(
        changed[f"{place}.weight"], plain[f"{place}.weight"] + 0.7 * up @ down, atol=1e-5
    )


def test_a_lora_for_another_model_is_refused(painted, tiny_sdxl, tmp_path):
    file = save_tiny_lora(tmp_path / "a.safetensors", tiny_sdxl, width=768)
    with pytest.raises(ModelError, match="another model: it expects words of 768 numbers"):
        painted(Lora(file))


@pytest.mark.parametrize(
    ("renamed", "said"),
    [
        (("attentions.0", "attentions.7"), "does not fit SDXL"),
        (("unet.", "transformer."), "does not fit SDXL"),
        (("lora_A", "hada_w1"), "is no LoRA that can be used: it holds"),
    ],
)
def test_what_would_be_left_over_is_refused(painted, tiny_sdxl, tmp_path, renamed, said):
    file = save_tiny_lora(tmp_path / "a.safetensors", tiny_sdxl)
    tensors = {name.replace(*renamed): tensor for name, tensor in load_file(file).items()}
    save_file(tensors, file)
    with pytest.raises(ModelError, match=said):
        painted(Lora(file))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pt", b"", "is a pickle"),
        ("a.safetensors", b"garbage, and more", "no safetensors file"),
        ("gone.safetensors", None, "cannot be read"),
    ],
)
def test_what_is_no_lora_is_refused(painted, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=said):
        painted(Lora(tmp_path / name))


def test_a_weight_outside_the_limits_is_refused(tmp_path):
    for weight in (5.0, float("nan")):
        with pytest.raises(BadInputError, match="choose from -4 to 4"):
            Lora(tmp_path / "a", weight)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_paints_another_picture(painted, name):
    picture = painted(sampler=name, steps=4)
    assert picture.std() > 0.01
    np.testing.assert_array_equal(painted(sampler=name, steps=4), picture)
    if name != "euler":  # which is the checkpoint's own
        assert np.abs(picture - painted(steps=4)).max() > 1e-3


def test_unknown_samplers_and_too_many_steps_are_refused(painted):
    with pytest.raises(BadInputError, match=r"no sampler “best”\. There are euler, euler a"):
        painted(sampler="best")
    with pytest.raises(BadInputError, match="at most 50 steps, not 60"):
        painted(sampler="LCMScheduler", steps=60)
