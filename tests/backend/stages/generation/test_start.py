from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
from layerpeel.backend.stages.generation.request import GenerationRequest, Start
from layerpeel.backend.stages.generation.start import mask_in_cells, strength_for
from tiny_checkpoints.generation import (
    save_tiny_flux2_klein,
    save_tiny_sdxl,
    save_tiny_sdxl_inpainting,
    save_tiny_z_image,
)

pytestmark = pytest.mark.torch

ASKED = GenerationRequest("a cat", steps=5)


def start(strength=0.6, masked=False, size=(80, 64)):
    picture = np.random.default_rng(0).random((size[1], size[0], 3), np.float32)
    mask = np.zeros((size[1], size[0]), np.float32)
    mask[:32, :32] = 1
    return Start(picture, strength, mask if masked else None)


def words_said(generator, request):
    said = []
    generator.generate(request, lambda stage, _done: said.append(stage))
    return said


@pytest.mark.parametrize("masked", [False, True])
def test_it_begins_from_the_picture(sdxl, masked):
    request = replace(ASKED, start=start(masked=masked))
    made = sdxl.generate(request).picture
    assert made.shape == (64, 80, 3)
    np.testing.assert_array_equal(sdxl.generate(request).picture, made)
    other = replace(request.start, picture=1 - request.start.picture)
    assert np.abs(sdxl.generate(replace(request, start=other)).picture - made).max() > 1 / 255
    assert np.abs(sdxl.generate(replace(request, seed=1)).picture - made).max() > 1 / 255
    # What begins from words alone is not touched by it.
    assert sdxl.generate(replace(ASKED, size=(80, 64))).picture.shape == made.shape


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("strength", "steps"), [(0.0, 1), (0.1, 1), (0.6, 3), (1.0, 5)])
def test_the_steps_that_run_are_told(sdxl, masked, strength, steps):
    said = words_said(sdxl, replace(ASKED, start=start(strength, masked)))
    painting = [f"Painting (step {step + 1} of {steps})" for step in range(steps)]
    assert said == ["Loading the generator", *painting, "Developing the picture"]


def test_only_within_the_mask_is_anything_new(sdxl):
    request = replace(ASKED, start=start(1.0, masked=True))
    made, other = (sdxl.generate(replace(request, seed=seed)).picture for seed in (0, 1))
    change = np.abs(made - other).mean(axis=-1)
    assert change[:24, :24].mean() > 3 * change[48:, 56:].mean()


def test_an_inpainting_checkpoint_wants_a_mask(sdxl_config, pool, tmp_path):
    checkpoint = Checkpoint(save_tiny_sdxl_inpainting(tmp_path))
    generator = Generator(sdxl_config, checkpoint, pool)
    request = replace(ASKED, start=start(1.0, masked=True))
    made = generator.generate(request).picture
    assert made.shape == (64, 80, 3)
    np.testing.assert_array_equal(generator.generate(request).picture, made)
    for without in (None, start()):
        with pytest.raises(BadInputError, match="is for inpainting, which paints within a mask"):
            generator.generate(replace(ASKED, size=(80, 64), start=without))


@pytest.mark.parametrize(
    ("name", "save", "masked"),
    [
        ("flux2-klein", save_tiny_flux2_klein, True),
        ("z-image", save_tiny_z_image, True),
        ("z-image", save_tiny_z_image, False),
    ],
)
def test_others_begin_from_pictures_too(tmp_path, pool, name, save, masked):
    config = replace(generator_config(name), side=64)
    generator = Generator(config, Checkpoint(save(tmp_path)), pool)
    request = replace(ASKED, steps=3, start=start(0.67, masked, (64, 64)))
    assert words_said(generator, request)[-3:-1] == [
        "Painting (step 1 of 2)",
        "Painting (step 2 of 2)",
    ]
    other = replace(request.start, picture=1 - request.start.picture)
    pictures = [generator.generate(r).picture for r in (request, replace(request, start=other))]
    assert np.abs(pictures[0] - pictures[1]).max() > 1 / 255


def test_it_stops_within_a_step(sdxl):
    def cancel(stage, _done):
        if "step 2 of 3" in stage:
            raise StopWork

    with pytest.raises(StopWork):
        sdxl.generate(replace(ASKED, start=start()), cancel)


@pytest.mark.parametrize(
    ("name", "save", "masked"),
    [
        ("sdxl", save_tiny_sdxl, False),
        ("sdxl", save_tiny_sdxl, True),
        ("z-image", save_tiny_z_image, False),
        ("z-image", save_tiny_z_image, True),
        ("flux2-klein", save_tiny_flux2_klein, True),
    ],
)
def test_every_number_of_steps_can_be_run(tmp_path, pool, name, save, masked):
    generator = Generator(generator_config(name), Checkpoint(save(tmp_path)), pool)
    pipeline = generator.pipeline_for(None, start(masked=masked))
    for steps in (1, 2, 3, 22, 49, 200):
        flow = {"sigmas": np.linspace(1, 1 / steps, steps), "mu": 1.0}
        pipeline.scheduler.set_timesteps(
            **(flow if name == "flux2-klein" else {"num_inference_steps": steps})
        )
        for run in range(1, steps + 1):
            timesteps, _ = pipeline.get_timesteps(steps, strength_for(pipeline, steps, run), "cpu")
            assert len(timesteps) == run


def test_a_thin_stroke_is_a_row_of_cells():
    mask = np.zeros((400, 400), np.float32)
    mask[37] = 1
    cells = mask_in_cells(mask, (104, 104))[0, 0].numpy()
    assert set(np.unique(cells)) == {0, 1}
    assert cells[:16].all()
    assert not cells[16:].any()


def test_previews_are_small_opaque_and_few(sdxl):
    shown = []
    sdxl.generate(replace(ASKED, size=(80, 64), steps=25), show=shown.append)
    assert 1 < len(shown) <= 10
    for preview in shown:
        assert preview.shape == (8, 10, 4)
        assert preview.dtype == np.float32
        assert 0 <= preview.min() < preview[..., :3].max() <= 1
        assert (preview[..., 3] == 1).all()
