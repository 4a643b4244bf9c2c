import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from transformers import CLIPImageProcessor

from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import INDEX, Checkpoint
from layerpeel.backend.stages.generation.request import GenerationRequest

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
