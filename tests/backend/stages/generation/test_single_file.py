"""Checkpoints in one file: what ships describes them, and what they are is kept to."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.models.manifest import load_manifest
from layerpeel.backend.models.single_file import generator_in
from layerpeel.backend.stages.generation.additions import SAMPLERS
from layerpeel.backend.stages.generation.applied_additions import choose_sampler
from layerpeel.backend.stages.generation.config import FAMILIES, generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint, side_of
from layerpeel.backend.stages.generation.loading import load_pipeline
from layerpeel.backend.stages.generation.request import GenerationRequest, Start
from layerpeel.backend.stages.generation.single_file_parts import (
    shipped_descriptions,
    shipped_tokenizer,
)
from tiny_checkpoints.generation import save_tiny_sd, save_tiny_sdxl_inpainting
from tiny_checkpoints.sdxl_single_file import save_single_file

pytestmark = pytest.mark.torch

# Numbers in the published networks.
PUBLISHED = {
    "sdxl": {"unet": 2_567_463_684, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840},
    "sd1": {"unet": 859_520_964, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "text_encoder": 340_387_840},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_ships_describes_the_published_networks(family):
    folder = shipped_descriptions(family)
    with torch.device("meta"):
        networks = {
            part: kind.from_config(kind.load_config(folder / part))
            for part, kind in (("unet", UNet2DConditionModel), ("vae", AutoencoderKL))
        }
        for name in PUBLISHED[family].keys() - {"unet"}:
            about = json.loads((folder / name / "config.json").read_text(encoding="utf-8"))
            config = transformers.CLIPTextConfig(**about)
            networks[name] = getattr(transformers, about["architectures"][0])(config)
    numbers = {
        name: sum(tensor.numel() for tensor in network.parameters())
        for name, network in networks.items()
    }
    assert numbers == PUBLISHED[family] | {"vae": 83_653_863}
    if family == "sdxl":
        # Two bytes each, and some headers.
        weights = load_manifest().usable("sdxl").bytes
        assert 2 * sum(numbers.values()) == pytest.approx(weights, rel=1e-3)


@pytest.mark.parametrize(
    ("family", "name", "padding"),
    [
        ("sdxl", "tokenizer", 49407),
        ("sdxl", "tokenizer_2", 0),
        ("sd1", "tokenizer", 49407),
        ("sd2", "tokenizer", 0),
    ],
)
def test_words_are_numbered_as_clip_does(family, name, padding):
    tokenizer = shipped_tokenizer(shipped_descriptions(family) / name)
    assert len(tokenizer) == 49408
    # Known from CLIP's own code: begin, “a photo of a cat”, end.
    assert tokenizer("A photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    padded = tokenizer("", padding="max_length", truncation=True).input_ids
    assert padded == [49406, 49407, *[padding] * 75]
    many = tokenizer("cat " * 100, padding="max_length", truncation=True).input_ids
    assert (len(many), many[-1]) == (77, 49407)


def picture_of(config, file, pool, within=None):
    start = None
    if within is not None:
        start = Start(np.full((64, 64, 3), 0.5, np.float32), 1.0, within)
    asked = GenerationRequest("a cat", size=(64, 64), steps=2, seed=3, start=start)
    return Generator(config, Checkpoint(file, config.descriptions), pool).generate(asked).picture


@pytest.mark.parametrize(
    ("marks", "notes", "differs"),
    [
        (("v_pred",), None, {"prediction_type": "v_prediction"}),
        ((), {"modelspec.prediction_type": "v"}, {"prediction_type": "v_prediction"}),
        ((), {"ss_v_parameterization": "True"}, {"prediction_type": "v_prediction"}),
        ((), {"modelspec.prediction_type": "epsilon"}, {"prediction_type": "epsilon"}),
        (
            (),
            {"modelspec.architecture": "stable-diffusion-v2-768-v"},
            {"prediction_type": "v_prediction"},
        ),
        (
            (),
            {"modelspec.architecture": "stable-diffusion-v2-512", "ss_v_parameterization": "True"},
            {"prediction_type": "epsilon"},
        ),
        (
            ("v_pred", "ztsnr"),
            None,
            {
                "prediction_type": "v_prediction",
                "rescale_betas_zero_snr": True,
                "timestep_spacing": "trailing",
            },
        ),
    ],
)
def test_what_is_predicted_is_known_from_the_file(
    sdxl_config, tiny_sdxl, pool, tmp_path, marks, notes, differs
):
    file = save_single_file(tmp_path / "a.safetensors", tiny_sdxl, marks=marks, notes=notes)
    pipeline = load_pipeline(sdxl_config, Checkpoint(file, tiny_sdxl), pool.compute)
    assert differs.items() <= pipeline.scheduler.config.items()
    for sampler in SAMPLERS:
        choose_sampler(pipeline, sdxl_config, sampler)
        assert pipeline.scheduler.config.prediction_type == differs["prediction_type"]


def test_a_checkpoint_of_velocity_paints_as_its_folder(sdxl_config, tiny_sdxl, pool, tmp_path):
    folder = shutil.copytree(tiny_sdxl, tmp_path / "folder")
    schedule = folder / "scheduler" / "scheduler_config.json"
    described = json.loads(schedule.read_text(encoding="utf-8")) | {
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    }
    schedule.write_text(json.dumps(described), encoding="utf-8")
    marked = save_single_file(tmp_path / "v.safetensors", tiny_sdxl, marks=("v_pred", "ztsnr"))
    from_file, from_folder, of_noise = (
        picture_of(sdxl_config, place, pool) for place in (marked, folder, tiny_sdxl)
    )
    np.testing.assert_array_equal(from_file, from_folder)
    assert np.abs(from_file - of_noise).mean() > 0.01


def test_a_file_for_inpainting_paints_within_a_mask_as_its_folder(sdxl_config, pool, tmp_path):
    folder = save_tiny_sdxl_inpainting(tmp_path / "nine")
    file = save_single_file(tmp_path / "nine.safetensors", folder)
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    with pytest.raises(BadInputError, match="paints within a mask"):
        picture_of(sdxl_config, file, pool)
    from_file, from_folder = (
        picture_of(sdxl_config, place, pool, within=mask) for place in (file, folder)
    )
    np.testing.assert_array_equal(from_file, from_folder)


@pytest.mark.parametrize(
    ("version", "within_mask"), [(1, False), (1, True), (2, True)], ids=["sd1", "sd1-9", "sd2-9"]
)
def test_older_files_are_their_folders(pool, tmp_path, version, within_mask):
    folder = save_tiny_sd(tmp_path / "sd", version, within_mask=within_mask)
    file = save_single_file(tmp_path / "sd.safetensors", folder)
    config = generator_config(f"sd{version}")
    pipelines = [
        load_pipeline(config, Checkpoint(*place), pool.compute)
        for place in ((folder,), (file, folder))
    ]
    for name in ("unet", "vae", "text_encoder"):
        first, second = (getattr(each, name).state_dict() for each in pipelines)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first), name
    assert type(pipelines[0]) is StableDiffusionPipeline


def test_older_checkpoints_paint(pool, tmp_path):
    folder = save_tiny_sd(tmp_path / "sd")
    picture = picture_of(generator_config("sd1"), folder, pool)
    reference = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
    expected = reference(
        prompt="a cat",
        width=512,
        height=512,
        num_inference_steps=2,
        guidance_scale=7.5,
        generator=torch.Generator("cpu").manual_seed(3),
        output_type="np",
    ).images[0]
    assert picture.shape == (64, 64, 3)
    assert picture.mean() == pytest.approx(expected.mean(), abs=0.01)


@pytest.mark.parametrize(("predicts", "side"), [("epsilon", 512), ("v_prediction", 768)])
def test_stable_diffusion_2_paints_at_the_size_it_was_trained_at(pool, tmp_path, predicts, side):
    folder = save_tiny_sd(tmp_path / "sd2", 2)
    schedule = folder / "scheduler" / "scheduler_config.json"
    described = json.loads(schedule.read_text(encoding="utf-8")) | {"prediction_type": predicts}
    schedule.write_text(json.dumps(described), encoding="utf-8")
    notes = {"modelspec.prediction_type": predicts}
    file = save_single_file(tmp_path / "sd2.safetensors", folder, notes=notes)
    config = generator_config("sd2")
    for checkpoint in (Checkpoint(folder), Checkpoint(file, folder)):
        assert side_of(config, checkpoint) == side
    made = Generator(config, Checkpoint(folder), pool).generate(GenerationRequest("a", steps=1))
    assert made.worked_at == (side, side)


@pytest.mark.parametrize(
    ("architecture", "velocity"),
    [("stable-diffusion-v2-768-v", True), ("stable-diffusion-v2-512", False)],
)
def test_a_file_of_stable_diffusion_2_may_say_its_architecture(tmp_path, architecture, velocity):
    notes = {"modelspec.architecture": architecture}
    file = tmp_path / "sd2.safetensors"
    save_single_file(file, save_tiny_sd(tmp_path / "sd2", 2), notes=notes)
    assert generator_in(file).velocity == velocity


@pytest.mark.parametrize("version", [1, 2])
def test_a_folder_of_the_other_stable_diffusion_is_refused(pool, tmp_path, version):
    folder = Checkpoint(save_tiny_sd(tmp_path, version))
    with pytest.raises(ModelError, match="another generator than Stable Diffusion"):
        load_pipeline(generator_config(f"sd{3 - version}"), folder, pool.compute)
