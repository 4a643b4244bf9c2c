"""An untrained FBDD is the inpainting model, for v-prediction, with its words left out."""

import json

import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import ModelError
from layerpeel.backend.networks.denoising import scheduler_from
from layerpeel.backend.networks.fbdd_folder import FbddFolder, save_fbdd
from layerpeel.backend.networks.fbdd_start import fbdd_from_inpainting

pytestmark = pytest.mark.torch


@pytest.fixture
def stock(inpainting_folder):
    return StableDiffusionInpaintPipeline.from_pretrained(inpainting_folder, safety_checker=None)


def test_both_unets_are_the_inpainting_one(inpainting_folder, stock):
    fbdd = fbdd_from_inpainting(inpainting_folder, 512)
    latents, words = torch.randn(1, 8, 8, 8), torch.randn(1, 77, 16)
    with torch.inference_mode():
        inputs = torch.cat([latents[:, :4], torch.zeros(1, 1, 8, 8), latents[:, 4:]], 1)
        before = stock.unet(inputs, 10, words).sample
        for unet in (fbdd.foreground, fbdd.background):
            after = unet(torch.cat([latents, torch.zeros(1, 64, 8, 8)], 1), 10, words).sample
            assert (after - before).abs().max() < 1e-5
    assert fbdd.foreground.conv_in.weight is not fbdd.background.conv_in.weight


def test_no_words_are_what_the_pipeline_makes_of_them(inpainting_folder, stock):
    fbdd = fbdd_from_inpainting(inpainting_folder, 512)
    with torch.inference_mode():
        words, _ = stock.encode_prompt("", "cpu", 1, do_classifier_free_guidance=False)
    assert torch.equal(fbdd.null_embedding, words)


def test_the_noise_schedule_stays_and_the_prediction_changes(inpainting_folder, stock):
    scheduler = scheduler_from(fbdd_from_inpainting(inpainting_folder, 512).scheduler_config)
    assert torch.equal(scheduler.alphas_cumprod, stock.scheduler.alphas_cumprod)
    assert stock.scheduler.config.prediction_type == "epsilon"
    assert scheduler.config.prediction_type == "v_prediction"
    scheduler.set_timesteps(20)
    assert scheduler.timesteps[0] == 999


def test_it_is_saved_and_opened(inpainting_folder, tmp_path):
    save_fbdd(
        fbdd_from_inpainting(inpainting_folder, 768, num_inference_steps=12), tmp_path / "fbdd"
    )
    fbdd = FbddFolder(tmp_path / "fbdd")
    assert (fbdd.resolution, fbdd.num_inference_steps) == (768, 12)
    assert fbdd.load().foreground.config.in_channels == 72


def drop_a_tensor(folder):
    file = folder / "text_encoder" / "model.safetensors"
    tensors = load_file(file)
    del tensors["text_model.final_layer_norm.bias"]
    save_file(tensors, file, metadata={"format": "pt"})


def make_it_no_inpainting(folder):
    file = folder / "unet" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "in_channels": 4}))


DAMAGES = {
    "no UNet": (lambda folder: (folder / "unet" / "config.json").unlink(), r"no config\.json"),
    "no inpainting": (make_it_no_inpainting, "takes 4 channels"),
    "no tokenizer": (lambda folder: (folder / "tokenizer" / "vocab.json").unlink(), "vocab"),
    "half a tokenizer": (lambda folder: (folder / "tokenizer" / "merges.txt").unlink(), "merges"),
    "damaged words": (
        lambda folder: (folder / "tokenizer" / "vocab.json").write_text("{"),
        "damaged",
    ),
    "no text encoder": (
        lambda folder: (folder / "text_encoder" / "model.safetensors").unlink(),
        "cannot be loaded",
    ),
    "truncated text encoder": (
        lambda folder: (folder / "text_encoder" / "model.safetensors").write_bytes(b"1234"),
        "cannot be loaded",
    ),
    "a tensor too few": (drop_a_tensor, "1 of its tensors"),
    "no scheduler": (
        lambda folder: (folder / "scheduler" / "scheduler_config.json").unlink(),
        "scheduler_config",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_start_is_refused_in_one_line(inpainting_folder, damage):
    spoil, words = DAMAGES[damage]
    spoil(inpainting_folder)
    with pytest.raises(ModelError, match=words) as caught:
        fbdd_from_inpainting(inpainting_folder, 512)
    assert "\n" not in str(caught.value)
