from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.request import (
    Control,
    ControlKind,
    GenerationRequest,
    Start,
    settle,
)

SDXL, KLEIN, Z_IMAGE = map(generator_config, ("sdxl", "flux2-klein", "z-image"))
ASKED = GenerationRequest("a cat")


def control(width=200, height=100, strength=None):
    picture = np.zeros((height, width, 3), np.float32)
    return Control(ControlKind.DEPTH, picture, Path("network"), strength)


def test_what_is_left_open_is_the_generators():
    settings = settle(replace(ASKED, prompt="  a cat\n"), SDXL)
    assert settings.prompt == "a cat"
    assert settings.size == (1024, 1024)
    assert (settings.steps, settings.guidance, settings.seed) == (30, 5.0, 0)
    assert settle(ASKED, KLEIN).guidance is None


def test_what_is_asked_for_is_taken():
    request = GenerationRequest("a cat", (640, 480), 7, 0.0, "", 9, control(640, 480, 0.0))
    settings = settle(request, SDXL)
    assert (settings.size, settings.steps, settings.guidance) == ((640, 480), 7, 0.0)
    assert (settings.seed, settings.strength) == (9, 0.0)


def test_the_size_is_the_control_pictures():
    assert settle(replace(ASKED, control=control()), SDXL).size == (200, 100)


def test_a_control_picture_may_be_off_by_a_pixel():
    settle(replace(ASKED, size=(1024, 683), control=control(512, 341)), SDXL)


@pytest.mark.parametrize(
    ("config", "differing", "said"),
    [
        (SDXL, {"prompt": " \n"}, "The prompt is empty"),
        (SDXL, {"size": (63, 64)}, "each side may have 64 to 8192"),
        (SDXL, {"size": (4096, 8193)}, "each side may have 64 to 8192"),
        (SDXL, {"size": (0, 0)}, "each side may have"),
        (SDXL, {"size": (8000, 500)}, "at most 4 times the shorter"),
        (SDXL, {"size": (500, 2001)}, "at most 4 times the shorter"),
        (SDXL, {"steps": 0}, "0 cannot be used for steps: choose from 1 to 200"),
        (SDXL, {"steps": 201}, "choose from 1 to 200"),
        (SDXL, {"seed": -1}, "the seed"),
        (SDXL, {"seed": 2**63}, "the seed"),
        (SDXL, {"guidance": -0.1}, "guidance"),
        (SDXL, {"guidance": float("nan")}, "guidance"),
        (SDXL, {"guidance": float("inf")}, "guidance"),
        (SDXL, {"negative_prompt": "dogs", "guidance": 1.0}, "changes nothing"),
        (Z_IMAGE, {"negative_prompt": "dogs"}, "changes nothing"),
        (KLEIN, {"negative_prompt": "dogs"}, "takes no negative prompt"),
        (KLEIN, {"guidance": 3.0}, "has no guidance"),
        (KLEIN, {"control": control()}, "cannot follow a control picture"),
        (SDXL, {"control": control(strength=2.1)}, "the strength"),
        (SDXL, {"control": control(strength=float("nan"))}, "the strength"),
        (SDXL, {"control": control(), "size": (512, 512)}, "would be stretched"),
        (SDXL, {"control": control(500, 50)}, "each side may have"),
    ],
)
def test_what_cannot_be_answered_is_refused(config, differing, said):
    with pytest.raises(BadInputError) as refused:
        settle(replace(ASKED, **differing), config)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def start(masked=True, strength=1.0, marked=1.0, mask_size=(100, 200)):
    mask = np.full(mask_size, marked, np.float32) if masked else None
    return Start(np.zeros((100, 200, 3), np.float32), strength, mask)


def test_the_size_is_the_start_pictures():
    assert settle(replace(ASKED, start=start()), SDXL).size == (200, 100)


@pytest.mark.parametrize(
    ("strength", "steps"), [(0.0, 1), (0.01, 1), (0.04, 1), (0.7, 21), (0.999, 30), (1.0, 30)]
)
def test_so_much_is_painted_anew_and_never_nothing(strength, steps):
    settings = settle(replace(ASKED, start=start(strength=strength)), SDXL)
    assert (settings.steps, settings.steps_to_run) == (30, steps)
    assert settle(ASKED, SDXL).steps_to_run == 30


@pytest.mark.parametrize(
    ("config", "differing", "said"),
    [
        (SDXL, {"start": start(), "control": control()}, "cannot be followed together"),
        (SDXL, {"start": start(), "size": (512, 512)}, "The start picture is 200 × 100 pixels and"),
        (SDXL, {"start": start(strength=1.1)}, "the strength of the start picture"),
        (SDXL, {"start": start(strength=float("nan"))}, "the strength of the start picture"),
        (SDXL, {"start": start(mask_size=(100, 201))}, "The mask is 201 × 100 pixels"),
        (SDXL, {"start": start(marked=0.0)}, "The mask is empty"),
        (KLEIN, {"start": start(masked=False)}, "cannot begin from a picture: have it edited"),
        (
            replace(SDXL, inpaint_pipeline=None),
            {"start": start()},
            "cannot paint within a mask",
        ),
    ],
)
def test_a_start_that_cannot_be_is_refused(config, differing, said):
    with pytest.raises(BadInputError) as refused:
        settle(replace(ASKED, **differing), config)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_64_pixels_and_four_times_as_wide_as_high_are_made():
    assert settle(replace(ASKED, size=(64, 64)), SDXL).size == (64, 64)
    assert settle(replace(ASKED, size=(8000, 2000)), SDXL).size == (8000, 2000)
