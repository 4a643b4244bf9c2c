from dataclasses import replace
from pathlib import Path

import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation import config as config_module
from layerpeel.backend.stages.generation.config import SHIPPED, generator_config

SDXL = (Path(config_module.__file__).parent / "sdxl.toml").read_text(encoding="utf-8")


def written(folder, text):
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_called_as_its_file(name):
    config = generator_config(name)
    assert config.name == name
    assert config.side == {"sd1": 512, "sd2": 768}.get(name, 1024)


def test_a_file_of_ones_own_says_the_same_as_what_ships(tmp_path):
    file = written(tmp_path, SDXL.replace("steps = 30", "steps = 12"))
    assert generator_config(str(file)) == replace(generator_config("sdxl"), steps=12)


def test_places_are_ids_or_paths_from_the_file_on(tmp_path):
    file = written(
        tmp_path,
        SDXL.replace('checkpoint = "sdxl"', 'checkpoint = "models/mine"').replace(
            'single_file = "sdxl"', 'descriptions = "/somewhere"'
        ),
    )
    config = generator_config(str(file))
    assert config.checkpoint == tmp_path / "models" / "mine"
    assert config.descriptions == Path("/somewhere")
    assert generator_config("sdxl").checkpoint == "sdxl"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("steps = 30", "", "`steps` is missing"),
        ("steps = 30", "steps = 0", "`steps` may not be 0"),
        ("steps = 30", "steps = 2.5", "`steps` may not be 2.5"),
        ("steps = 30", "steps = true", "`steps` may not be True"),
        ("steps = 30", "steps = 30\nstep = 3", "nothing is called `step`"),
        ("guidance = 5.0", "guidance = -1.0", "`guidance` may not be -1.0"),
        ("guidance = 5.0", "guidance = nan", "`guidance` may not be nan"),
        ("longest_ratio = 4.0", "longest_ratio = 0.5", "`longest_ratio` may not be 0.5"),
        ("longest_ratio = 4.0", "longest_ratio = inf", "`longest_ratio` may not be inf"),
        ('half = "float16"', 'half = "float8"', "`half` may not be 'float8'"),
        ('"tokenizer_2"]', "7]", "`tokenizers` may not be"),
        ('title = "SDXL"', 'title = ""', "`title` may not be ''"),
        ("[pipeline_arguments]", "[[pipeline_arguments]]", "`pipeline_arguments` may not be"),
        ("steps = 30", "steps: 30", "is not TOML"),
        ('single_file = "sdxl"', 'single_file = "sdxxl"', "`single_file` may not be 'sdxxl'"),
        (
            'single_file = "sdxl"',
            'descriptions = "~nobody-is-called-so/a"',
            "`descriptions` is in the home of a user",
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, old, new, said):
    assert old in SDXL
    with pytest.raises(BadInputError) as refused:
        generator_config(str(written(tmp_path, SDXL.replace(old, new))))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "said"), [("sd15", "flux2-klein"), ("gone.toml", "gone.toml cannot be read")]
)
def test_what_is_not_there_is_refused(name, said):
    with pytest.raises(BadInputError, match=said):
        generator_config(name)


@pytest.mark.torch
@pytest.mark.parametrize("name", SHIPPED)
def test_diffusers_has_the_classes_that_ship_and_they_take_what_is_passed(name):
    from layerpeel.backend.stages.generation.pipelines import pipeline_class_of

    config = generator_config(name)
    for class_name in filter(None, (config.pipeline, config.control_pipeline)):
        assert pipeline_class_of(config, class_name).__name__ == class_name


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "differing", "said"),
    [
        ("sdxl", {"pipeline": "NoSuchPipeline"}, "has not: NoSuchPipeline"),
        ("sdxl", {"pipeline": "AutoencoderKL"}, "has not: AutoencoderKL"),
        ("sdxl", {"call_arguments": {"clip_leap": 1}}, "takes no `clip_leap`"),
        ("sdxl", {"call_arguments": {"guidance_scale": 1}}, "may not be among"),
        ("sdxl", {"pipeline_arguments": {"watermark": False}}, "takes no `watermark`"),
        ("flux2-klein", {"negative_above": 1.0}, "takes no `negative_prompt`"),
    ],
)
def test_what_diffusers_does_not_take_is_refused(name, differing, said):
    from layerpeel.backend.stages.generation.pipelines import pipeline_class_of

    config = replace(generator_config(name), **differing)
    with pytest.raises(BadInputError, match=said):
        pipeline_class_of(config, config.pipeline)
