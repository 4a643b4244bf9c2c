"""Pictures that FLUX.2 klein edits, or is shown beside the words."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.generation.config import SHIPPED, generator_config
from layerpeel.backend.stages.generation.references import (
    MOST_PIXELS,
    as_shown,
    size_to_edit_at,
)
from layerpeel.backend.stages.generation.request import GenerationRequest, Start, settle

KLEIN, SDXL, Z_IMAGE = map(generator_config, ("flux2-klein", "sdxl", "z-image"))
ASKED = GenerationRequest("make it night")


def picture(width=96, height=64, seed=0):
    """A slope of colours, and some noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / max(width, height)
    slope = rows[..., None] * random.random(3) + columns[..., None] * random.random(3)
    return (0.4 * slope + 0.2 * random.random((height, width, 3))).astype(np.float32)


def test_the_size_is_the_edited_pictures_and_no_references():
    assert settle(replace(ASKED, edit=picture(333, 217)), KLEIN).size == (333, 217)
    assert settle(replace(ASKED, references=(picture(),)), KLEIN).size == (1024, 1024)
    settings = settle(replace(ASKED, edit=picture(), references=(picture(70, 80),)), KLEIN)
    assert [each.shape for each in settings.shown] == [(64, 96, 3), (80, 70, 3)]
    assert settings.edits
    # Of another shape it is no longer the same place by place.
    assert not settle(replace(ASKED, edit=picture(), size=(512, 512)), KLEIN).edits


@pytest.mark.parametrize(
    ("config", "differing", "said"),
    [
        (SDXL, {"edit": picture()}, "SDXL is shown no pictures and edits none"),
        (SDXL, {"edit": picture()}, "(--generator flux2-klein), or give the picture as one to"),
        (Z_IMAGE, {"references": (picture(),)}, "edits none: take a generator that does"),
        (KLEIN, {"edit": picture(), "references": (picture(),) * 4}, "takes 4 pictures at most"),
        (KLEIN, {"references": (picture(),) * 5}, "was given 5: leave some out."),
        (KLEIN, {"edit": picture(63, 64)}, "Picture 1 is 63 × 64 pixels, too small"),
        (KLEIN, {"references": (picture(), picture(1, 1))}, "Picture 2 is 1 × 1 pixels"),
        (KLEIN, {"references": (picture(300, 64),)}, "at most 4 times the shorter. Cut it, or"),
        (KLEIN, {"edit": np.zeros((2100, 8300, 3), np.float32)}, "each side may have 64 to 8192"),
        (KLEIN, {"edit": picture(), "start": Start(picture(), 1.0)}, "do not go with"),
    ],
)
def test_what_cannot_be_shown_is_refused(config, differing, said):
    with pytest.raises(BadInputError) as refused:
        settle(replace(ASKED, **differing), config)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_klein_alone_edits():
    assert [name for name in SHIPPED if generator_config(name).references] == ["flux2-klein"]


@pytest.mark.parametrize(
    "wanted", [(1024, 1024), (1100, 1000), (64, 64), (8192, 2048), (640, 2500), (1030, 1015)]
)
def test_what_is_edited_is_shown_unscaled_and_uncut(wanted):
    """As diffusers takes it: multiples of 16, and a million pixels at most."""
    size = size_to_edit_at(wanted, KLEIN.side, KLEIN.multiple)
    assert size[0] % 16 == 0 == size[1] % 16
    assert 0.8 * MOST_PIXELS < size[0] * size[1] <= MOST_PIXELS
    assert abs(np.log(size[0] / size[1] / (wanted[0] / wanted[1]))) < 0.03


def test_others_are_never_enlarged_and_as_sharp_as_is_taken():
    own = [picture(100, 64), picture(2000, 1500), picture(64, 64)]
    shown = as_shown(own, None, 1.0, 16)
    assert [each.size for each in shown] == [(96, 64), (1168, 880), (64, 64)]
    np.testing.assert_array_equal(np.asarray(shown[2]), np.round(own[2] * 255))
    smaller = as_shown(own, (128, 80), 0.25, 16)
    assert [each.size for each in smaller] == [(128, 80), (576, 432), (64, 64)]
    # Of a generator that works at few pixels.
    assert as_shown(own[:1], (96, 48), 1.0, 16)[0].size == (192, 96)


@pytest.fixture(scope="module")
def klein(tmp_path_factory):
    pytest.importorskip("torch")
    from layerpeel.backend.devices.compute import compute_on
    from layerpeel.backend.devices.pool import NetworkPool
    from layerpeel.backend.stages.generation.generator import Generator
    from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
    from tiny_checkpoints.generation import save_tiny_flux2_klein

    folder = save_tiny_flux2_klein(tmp_path_factory.mktemp("klein"))
    config = replace(KLEIN, side=80, steps=2)
    return Generator(config, Checkpoint(folder), NetworkPool(compute_on("cpu")))


def off(klein, request, other):
    first, second = (klein.generate(each).picture for each in (request, other))
    return np.abs(first - second).max()


@pytest.mark.torch
def test_what_is_shown_is_looked_at_and_so_is_its_order(klein):
    first, second = picture(), picture(seed=1)
    request = replace(ASKED, edit=first, references=(second,))
    made = klein.generate(request)
    assert made.picture.shape == (64, 96, 3)
    assert made.worked_at == (96, 64)
    assert off(klein, request, request) == 0
    for other in (
        replace(request, edit=second, references=(first,)),
        replace(request, edit=1 - first),
        replace(request, references=(1 - second,)),
        replace(request, references=()),
        replace(request, edit=None, references=(), size=(96, 64)),
        replace(request, seed=1),
        replace(request, prompt="make it day"),
    ):
        # Random weights heed little; the same again differs by nothing at all.
        assert off(klein, request, other) > 1e-4


@pytest.mark.torch
def test_it_is_what_diffusers_makes_of_the_same_pictures(klein):
    import torch

    pipeline = klein.pipeline_for(None)
    shown = as_shown((picture(), picture(200, 100, seed=1)), None, 1.0, 16)
    expected = pipeline(
        image=shown,
        prompt="make it night",
        num_inference_steps=2,
        guidance_scale=1.0,
        generator=torch.Generator("cpu").manual_seed(0),
        output_type="np",
    ).images[0]
    request = replace(ASKED, edit=picture(), references=(picture(200, 100, seed=1),))
    made = klein.generate(request).picture
    assert expected.shape == made.shape  # the first one's size
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)


@pytest.mark.torch
@pytest.mark.parametrize("size", [(67, 131), (700, 400)])
def test_the_result_comes_back_at_the_pictures_own_size(klein, size):
    made = klein.generate(replace(ASKED, edit=picture(*size)))
    assert made.picture.shape == (size[1], size[0], 3)
    assert made.worked_at[0] % 16 == 0 == made.worked_at[1] % 16


@pytest.mark.torch
def test_it_says_what_was_shown_smaller_or_of_another_shape(klein):
    large = picture(1400, 1000)
    made = klein.generate(replace(ASKED, edit=picture(), references=(picture(), large)))
    assert made.notes == ("Picture 3 has more than a million pixels: it was shown smaller.",)
    # Of the edited one it is said already that the result was enlarged.
    (note,) = klein.generate(replace(ASKED, edit=large)).notes
    assert note.endswith("and enlarged.")
    made = klein.generate(replace(ASKED, edit=large, size=(64, 64)))
    assert [note.partition(":")[0] for note in made.notes] == [
        "The picture to edit has another shape than the result",
        "Picture 1 has more than a million pixels",
    ]


@pytest.mark.torch
def test_where_memory_runs_out_all_of_it_is_shown_smaller(klein, monkeypatch):
    from layerpeel.backend.stages.generation import generator

    sizes, inner = [], generator.as_shown

    def noted(*arguments):
        shown = inner(*arguments)
        sizes.append([each.size for each in shown])
        return shown

    def out_of_room(pool, sides, attempt, what):
        attempt(sides[0])
        return attempt(sides[-1]), sides[-1]

    monkeypatch.setattr(generator, "as_shown", noted)
    monkeypatch.setattr(generator, "smaller_until_it_fits", out_of_room)
    monkeypatch.setattr(klein, "_config", replace(klein._config, side=160))
    request = replace(ASKED, edit=picture(160, 160), references=(picture(1000, 1000),))
    made = klein.generate(request)
    assert sizes == [[(160, 160), (992, 992)], [(80, 80), (512, 512)]]
    assert "Memory sufficed for 80 × 80 pixels only." in made.notes
