from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
from layerpeel.backend.stages.generation.request import Control, ControlKind, GenerationRequest
from tiny_checkpoints.generation import save_tiny_flux2_klein, save_tiny_z_image

pytestmark = pytest.mark.torch

ASKED = GenerationRequest("a cat on a chair", size=(80, 64))


@pytest.fixture
def made(sdxl):
    return sdxl.generate(ASKED)


@pytest.fixture
def scene():
    """A bright disc before a dark slope, 80 × 64."""
    rows, columns = np.mgrid[0:64, 0:80]
    disc = (rows - 22) ** 2 + (columns - 25) ** 2 < 15**2
    picture = np.where(disc, 0.9, columns / 80 * 0.3)
    return np.repeat(picture[..., None], 3, axis=-1).astype(np.float32)


@pytest.mark.parametrize("size", [(64, 64), (100, 70), (65, 200), (512, 128)])
def test_a_picture_has_the_size_that_was_asked_for(sdxl, size):
    made = sdxl.generate(replace(ASKED, size=size, steps=1))
    assert made.picture.shape == (size[1], size[0], 3)
    assert made.picture.dtype == np.float32
    assert 0 <= made.picture.min() < made.picture.max() <= 1
    assert abs(made.worked_at[0] * made.worked_at[1] / 72**2 - 1) < 0.3


def test_it_says_that_a_picture_was_enlarged(sdxl):
    notes = sdxl.generate(replace(ASKED, size=(128, 128), steps=1)).notes
    assert notes == ("It was made at 72 × 72 pixels and enlarged.",)
    assert sdxl.generate(replace(ASKED, size=(72, 72), steps=1)).notes == ()


def test_it_is_what_diffusers_makes(sdxl, tiny_sdxl):
    reference = StableDiffusionXLPipeline.from_pretrained(tiny_sdxl, local_files_only=True)
    expected = reference(
        prompt="a cat",
        negative_prompt="dogs",
        width=80,
        height=64,
        num_inference_steps=4,
        guidance_scale=6.5,
        generator=torch.Generator("cpu").manual_seed(11),
        output_type="np",
    ).images[0]
    made = sdxl.generate(GenerationRequest("a cat", (80, 64), 4, 6.5, "dogs", 11))
    assert made.worked_at == (80, 64)
    # Some processors add in another order where the weights lie otherwise in memory.
    np.testing.assert_allclose(made.picture, expected, rtol=0, atol=1e-5)


def test_the_same_again_is_the_same_bytes(sdxl, made):
    torch.manual_seed(123)  # which is not what it draws from
    np.testing.assert_array_equal(sdxl.generate(ASKED).picture, made.picture)


def test_a_file_makes_the_picture_that_its_folder_makes(
    sdxl_config, tiny_sdxl_file, tiny_sdxl, pool, made
):
    generator = Generator(sdxl_config, Checkpoint(tiny_sdxl_file, tiny_sdxl), pool)
    np.testing.assert_array_equal(generator.generate(ASKED).picture, made.picture)


@pytest.mark.parametrize(
    "differing",
    [
        {"seed": 1},
        {"prompt": "a dog on a chair"},
        {"negative_prompt": "chairs"},
        {"guidance": 9.0},
        {"steps": 4},
    ],
)
def test_what_is_asked_for_matters(sdxl, made, differing):
    other = sdxl.generate(replace(ASKED, **differing)).picture
    assert np.abs(other - made.picture).max() > 1 / 255


def test_it_tells_of_every_step(sdxl):
    said = []
    sdxl.generate(replace(ASKED, steps=4), lambda stage, done: said.append((stage, done)))
    stages, done = zip(*said, strict=True)
    assert list(done) == sorted(done)
    assert done[0] == 0
    assert done[-1] <= 1
    steps = [f"Painting (step {step} of 4)" for step in (1, 2, 3, 4)]
    assert list(stages) == ["Loading the generator", *steps, "Developing the picture"]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_it_stops_within_a_step(sdxl, made, after):
    steps = []
    unet = sdxl.pipeline_for(None).unet
    watch = unet.register_forward_hook(lambda *_: steps.append(1))

    def cancel(stage, _done):
        if f"step {after + 1} of" in stage:
            raise StopWork

    with pytest.raises(StopWork):
        sdxl.generate(ASKED, cancel)
    watch.remove()
    assert len(steps) == after
    np.testing.assert_array_equal(sdxl.generate(ASKED).picture, made.picture)


def test_too_long_a_prompt_is_refused(sdxl):
    long = "cat " * 30
    with pytest.raises(BadInputError, match=r"The prompt is too long.*“cat cat cat cat cat”"):
        sdxl.generate(replace(ASKED, prompt=long))
    with pytest.raises(BadInputError, match="The negative prompt is too long"):
        sdxl.generate(replace(ASKED, negative_prompt=long))


def test_an_empty_prompt_is_refused_before_anything_is_loaded(sdxl_config, tmp_path, pool):
    with pytest.raises(BadInputError, match="prompt is empty"):
        Generator(sdxl_config, Checkpoint(tmp_path), pool).generate(GenerationRequest(" "))


@pytest.mark.parametrize("kind", list(ControlKind))
def test_a_control_picture_changes_the_picture(sdxl, made, tiny_controlnet, scene, kind):
    control = Control(kind, scene, tiny_controlnet, strength=1.0)
    steered = sdxl.generate(replace(ASKED, control=control)).picture
    assert np.abs(steered - made.picture).max() > 1 / 255
    turned = replace(control, picture=scene[:, ::-1].copy())
    other = sdxl.generate(replace(ASKED, control=turned)).picture
    assert np.abs(other - steered).max() > 1 / 255


def test_without_strength_a_control_picture_changes_nothing(sdxl, made, tiny_controlnet, scene):
    control = Control(ControlKind.DEPTH, scene, tiny_controlnet, strength=0.0)
    steered = sdxl.generate(replace(ASKED, control=control)).picture
    np.testing.assert_allclose(steered, made.picture, atol=1e-5)


def test_a_drawing_on_paper_is_inverted_and_said_to_be(sdxl, tiny_controlnet, scene):
    dark, light = (
        Control(ControlKind.LINES, picture, tiny_controlnet)
        for picture in (scene, (1 - scene).astype(np.float32))
    )
    plain = sdxl.generate(replace(ASKED, control=dark))
    inverted = sdxl.generate(replace(ASKED, control=light))
    np.testing.assert_allclose(inverted.picture, plain.picture, atol=1e-4)
    assert [len(plain.notes), len(inverted.notes)] == [0, 1]
    assert "inverted" in inverted.notes[0]


def test_with_less_memory_it_works_smaller_and_says_so(sdxl):
    def run_out(stage, _done):
        sizes.append(stage)
        if "step 2" in stage and len(sizes) < 4:
            raise torch.OutOfMemoryError

    sizes = []
    made = sdxl.generate(replace(ASKED, size=(64, 64)), run_out)
    assert made.worked_at == (56, 56)
    assert made.picture.shape == (64, 64, 3)
    assert "Memory sufficed for 56 × 56 pixels only." in made.notes


def test_with_no_memory_at_all_it_says_what_to_do(sdxl, made):
    def run_out(stage, _done):
        if "step 2" in stage:
            raise torch.OutOfMemoryError

    with pytest.raises(DeviceError, match="not enough memory for a picture by SDXL"):
        sdxl.generate(ASKED, run_out)
    np.testing.assert_array_equal(sdxl.generate(ASKED).picture, made.picture)


@pytest.mark.filterwarnings("error::FutureWarning")
def test_in_half_precision_it_is_nearly_the_same_picture(sdxl_config, tiny_sdxl, pool, made):
    pool = NetworkPool(replace(pool.compute, precision=torch.float16))
    half = Generator(sdxl_config, Checkpoint(tiny_sdxl), pool).generate(ASKED).picture
    assert 0 < np.abs(half - made.picture).mean() < 0.02


def test_pixels_that_are_no_numbers_are_no_picture(sdxl_config, tiny_sdxl, pool):
    generator = Generator(sdxl_config, Checkpoint(tiny_sdxl), pool)
    generator.pipeline_for(None).vae.decoder.conv_out.bias.fill_(float("nan"))
    with pytest.raises(ModelError, match="no numbers"):
        generator.generate(ASKED)


def test_what_others_left_on_the_device_makes_room(sdxl_config, tiny_sdxl, pool):
    with pool.using("other", lambda: torch.nn.Linear(10, 10)):
        pass
    assert pool.bytes_on_device > 0
    Generator(sdxl_config, Checkpoint(tiny_sdxl), pool).generate(replace(ASKED, steps=1))
    assert pool.bytes_on_device == 0


@pytest.mark.parametrize(
    ("name", "save", "guidance"),
    [
        ("flux2-klein", save_tiny_flux2_klein, None),
        ("z-image", save_tiny_z_image, None),
        ("z-image", save_tiny_z_image, 2.0),
    ],
)
def test_other_generators_are_a_matter_of_configuration(tmp_path, pool, name, save, guidance):
    config = replace(generator_config(name), side=64, steps=2)
    generator = Generator(config, Checkpoint(save(tmp_path)), pool)
    request = GenerationRequest(
        "a cat", (100, 64), guidance=guidance, negative_prompt="dogs" if guidance else ""
    )
    first, again, other = (
        generator.generate(asked).picture for asked in (request, request, replace(request, seed=1))
    )
    assert first.shape == (64, 100, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1 / 255
