import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from transformers import CLIPImageProcessor

from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import INDEX, Checkpoint
from layerpeel.backend.stages.generation.request import GenerationRequest, Start
from tiny_checkpoints.generation import add_checker, save_tiny_sd

pytestmark = pytest.mark.torch

ASKED = GenerationRequest("a cat", size=(72, 72))


def test_a_folder_that_names_a_safety_checker_is_read_without_it(
    sdxl_config, tiny_sdxl, pool, sdxl, tmp_path
):
    folder = shutil.copytree(tiny_sdxl, tmp_path / "sdxl")
    CLIPImageProcessor().save_pretrained(folder / "feature_extractor")
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    index |= {
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "requires_safety_checker": True,
    }
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")
    made = Generator(sdxl_config, Checkpoint(folder), pool).generate(ASKED)
    np.testing.assert_array_equal(made.picture, sdxl.generate(ASKED).picture)


def test_a_picture_that_was_withheld_is_no_picture(sdxl_config, tiny_sdxl, pool, monkeypatch):
    generator = Generator(sdxl_config, Checkpoint(tiny_sdxl), pool)
    pipeline = generator.pipeline_for(None)
    black = SimpleNamespace(images=np.zeros((1, 72, 72, 3)), nsfw_content_detected=[True])
    withholding = type("Withholding", (type(pipeline),), {"__call__": lambda *_, **__: black})
    monkeypatch.setattr(pipeline, "__class__", withholding)
    with pytest.raises(NothingFoundError, match="safety checker"):
        generator.generate(ASKED)


@pytest.fixture
def older_config():
    def make(version):
        return replace(generator_config(f"sd{version}"), side=64, noise_side=None, steps=2)

    return make


def within_a_mask():
    mask = np.zeros((64, 64), np.float32)
    mask[:32] = 1
    return Start(np.full((64, 64, 3), 0.5, np.float32), 1.0, mask)


def name_in_index(folder, **named):
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    (folder / INDEX).write_text(json.dumps(index | named), encoding="utf-8")


# The second is how older folders name it, and transformers no longer has it.
@pytest.mark.parametrize("extractor", ["CLIPImageProcessor", "CLIPFeatureExtractor"])
@pytest.mark.parametrize("checker", [None, "StableDiffusionSafetyChecker"])
def test_a_folder_without_what_only_a_checker_needs_paints(
    older_config, pool, tmp_path, extractor, checker
):
    folder = save_tiny_sd(tmp_path, 2, within_mask=True)
    asked = replace(ASKED, size=None, start=within_a_mask())
    plain = Generator(older_config(2), Checkpoint(folder), pool).generate(asked)
    name_in_index(
        folder,
        feature_extractor=["transformers", extractor],
        safety_checker=["stable_diffusion" if checker else None, checker],
    )
    made = Generator(older_config(2), Checkpoint(folder), pool).generate(asked)
    np.testing.assert_array_equal(made.picture, plain.picture)


@pytest.mark.parametrize("extractor", ["CLIPImageProcessor", "CLIPFeatureExtractor"])
def test_a_checker_withholds_what_words_paint_and_nothing_that_fills_a_picture(
    older_config, pool, tmp_path, extractor
):
    folder = save_tiny_sd(tmp_path)
    filled = replace(ASKED, size=None, start=within_a_mask())
    plain = Generator(older_config(1), Checkpoint(folder), pool).generate(filled)
    add_checker(folder)
    name_in_index(folder, feature_extractor=["transformers", extractor])
    generator = Generator(older_config(1), Checkpoint(folder), pool)
    with pytest.raises(NothingFoundError, match="safety checker"):
        generator.generate(replace(ASKED, size=(64, 64)))
    np.testing.assert_array_equal(generator.generate(filled).picture, plain.picture)
