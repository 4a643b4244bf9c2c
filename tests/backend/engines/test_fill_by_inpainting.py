"""What lies behind, painted by a network of a person's own; all else is as with PatchMatch."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.colour import image_of
from layerpeel.backend.engines import layers_by_inpainting
from layerpeel.backend.engines.kept_pool import pool_for
from layerpeel.backend.engines.layers_by_editing import COLOURS, LayersByEditing, colour_for
from layerpeel.backend.engines.layers_by_inpainting import window_to_see
from layerpeel.backend.engines.means import EDITORS, INPAINTERS
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork, say_no_fraction
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.shared.protocol import Mask, Picture
from tiny_checkpoints.generation import (
    save_tiny_flux2_klein,
    save_tiny_sd,
    save_tiny_sdxl,
    save_tiny_sdxl_inpainting,
    save_tiny_z_image,
)
from tiny_checkpoints.sdxl_single_file import save_single_file

pytestmark = pytest.mark.torch

MODELS = (
    "sdxl",
    "sdxl-inpainting",
    "sd1",
    "sd1-inpainting",
    "sd2",
    "sd2-inpainting",
    "flux2-klein",
    "z-image",
)
SDXL = generator_config("sdxl")
FILLS = {means.name: means for means in (*INPAINTERS, *EDITORS)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def store(tmp_path_factory, made):
    """A store with all of them: folders, and of SDXL and Stable Diffusion 1 single files too."""
    nine = save_tiny_sdxl_inpainting(made / "nine")
    one = save_tiny_sd(made / "sd1", 1, within_mask=True)
    store = ModelStore(tmp_path_factory.mktemp("models"))
    for path in (
        save_tiny_sdxl(made / "sdxl"),
        save_single_file(made / "nine.safetensors", nine),
        save_tiny_sd(made / "plain", 1),
        save_single_file(made / "one.safetensors", one),
        save_tiny_sd(made / "sd2", 2),
        save_tiny_sd(made / "sd2-inpainting", 2, within_mask=True),
        save_tiny_flux2_klein(made / "flux2-klein"),
        save_tiny_z_image(made / "z-image"),
    ):
        store.take_in(store.recognise(path))
    assert all(store.import_of(model_id) for model_id in MODELS)
    return store


@pytest.fixture(autouse=True)
def _quick(monkeypatch, made):
    """Small pictures, few steps; what describes a file is as small as the file."""
    described = {"sdxl": "nine", "sd1": "sd1"}

    def tiny(name):
        config = replace(generator_config(name), side=64, noise_side=None, steps=2)
        if name not in described:
            return config
        return replace(config, descriptions=made / described[name])

    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    monkeypatch.setattr(layers_by_inpainting, "generator_config", tiny)


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((121, 93), "hills0", ("jessica", 30, 4, 84))


@pytest.fixture(scope="module")
def peeled(scene, coverage_of, store):
    def run(engine, **more):
        lift = Mask(coverage_of(scene.alphas[0]), exact=True)
        return peel(scene.picture, lift=lift, engine=engine, store=store, **more)

    return run


@pytest.mark.parametrize("name", FILLS)
def test_the_hole_is_painted_and_all_else_is_the_picture(peeled, scene, name):
    painted, again, other = (peeled(f"auto+{name}", seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(flatten(painted)[..., :3], scene.picture)
    assert painted.layers == again.layers
    pieces = peeled("auto")
    background, by_pieces, by_other = (
        array_of(stack.layers[0].pixels)[..., :3].astype(int) for stack in (painted, pieces, other)
    )
    hidden, clear = scene.alphas[0] == 255, scene.alphas[0] == 0
    assert np.abs(background - by_pieces)[hidden].mean() > 5
    assert np.abs(background - by_other)[hidden].mean() > 1
    assert np.array_equal(background[clear], scene.picture[clear])
    assert painted.made_with.stages["layers"] == FILLS[name].title
    (model_id,) = FILLS[name].models
    assert painted.made_with.models.keys() == {model_id}
    assert painted.made_with.licences == {model_id: "not stated"}


@pytest.mark.parametrize("name", ["flux2-klein", "flux2-klein-edit", "z-image"])
def test_the_hole_is_painted_in_four_bits_too(peeled, scene, monkeypatch, name):
    pytest.importorskip("sdnq")
    tiny = layers_by_inpainting.generator_config
    monkeypatch.setattr(
        layers_by_inpainting, "generator_config", lambda name: replace(tiny(name), bits=4)
    )
    pool_for.cache_clear()
    painted = peeled(f"auto+{name}")
    pool_for.cache_clear()
    assert np.array_equal(flatten(painted)[..., :3], scene.picture)
    assert tuple(painted.made_with.models) == FILLS[name].models


@pytest.mark.parametrize("name", ["sdxl", "flux2-klein-edit"])
def test_it_is_told_what_is_done_and_stops_within_a_step(peeled, name):
    said = []

    def report(stage, done):
        said.append(done)
        if stage.startswith("Filling") and len(said) > 4:
            raise StopWork

    with pytest.raises(StopWork):
        peeled(f"auto+{name}", report=report)
    assert said == sorted(said)


def test_without_it_one_line_says_how_to_get_it(scene, coverage_of, tmp_path):
    lift = Mask(coverage_of(scene.alphas[0]), exact=True)
    pulled = ("sdxl", "sd2-inpainting")
    for name in FILLS:
        how = f"models pull {name}`" if name in pulled else "models import"
        with pytest.raises(ModelError, match=how) as refused:
            peel(scene.picture, lift=lift, engine=f"auto+{name}", store=ModelStore(tmp_path))
        assert len(str(refused.value).splitlines()) == 1


def told(monkeypatch, answer=None):
    """Note what the generator is asked for; answer: what it paints, in place of its own."""
    asked, inner = [], Generator.generate

    def generate(self, request, report):
        asked.append(request)
        made = inner(self, request, report)
        return made if answer is None else replace(made, picture=answer(request))

    monkeypatch.setattr(Generator, "generate", generate)
    return asked


def test_an_editor_sees_a_shape_in_place_of_the_thing(peeled, scene, monkeypatch):
    asked = told(monkeypatch)
    painted = peeled("auto", stages={"layers": "flux2-klein-edit"})
    (request,) = asked
    assert request.start is None
    (name,) = (name for name in COLOURS if f"flat {name} shape" in request.prompt)
    shape = (request.edit == COLOURS[name]).all(axis=-1)
    # In its place there is nothing of the thing, and all round it the picture.
    thing = scene.alphas[0] > 0
    assert shape.sum() > thing.sum()
    assert (request.edit[~shape] != COLOURS[name]).any(axis=-1).all()
    assert not any("marked the thing's place" in note for note in painted.notes)


def test_it_says_so_where_the_shape_is_still_there(peeled, scene, monkeypatch):
    told(monkeypatch, lambda request: request.edit)
    painted = peeled("auto+flux2-klein-edit")
    assert any("marked the thing's place" in note for note in painted.notes)
    assert np.array_equal(flatten(painted)[..., :3], scene.picture)


def test_too_thin_a_picture_is_not_told_of_as_one_that_somebody_gave(tmp_path):
    """The person gave no pictures to be shown: it is what lies round the hole."""
    engine = LayersByEditing(UsedModels(ModelStore(tmp_path)), "flux2-klein")
    picture = image_of(Picture(block_of(np.full((40, 400, 4), 255, np.uint8))))
    hole = np.ones((40, 400), np.bool_)
    with pytest.raises(BadInputError, match="round the thing that comes off, and that is 400 × 40"):
        engine.fill(picture, hole, hole, 0, say_no_fraction)


@pytest.mark.parametrize("name", COLOURS)
def test_the_shape_is_of_a_colour_that_its_surroundings_have_not(name):
    seen, hole = np.full((20, 30, 3), 0.4, np.float32), np.zeros((20, 30), np.bool_)
    hole[5:12, 8:20] = True
    seen[:3] = COLOURS[name]
    assert colour_for(seen, hole) != name
    seen[hole] = seen[0, 0]  # the thing itself is not asked
    assert colour_for(seen, hole) != name
    assert colour_for(seen, np.ones_like(hole)) in COLOURS


@pytest.mark.parametrize("hole", [np.s_[5:9, 40:200], np.s_[50:52, 3:5], np.s_[0:120, 0:400]])
def test_what_is_seen_is_of_a_shape_that_can_be_painted(hole):
    there = np.zeros((120, 400), np.bool_)
    there[hole] = True
    window = window_to_see(there, SDXL)
    height, width = window.bottom - window.top, window.right - window.left
    assert min(height, width) >= 64
    assert max(height / width, width / height) <= SDXL.longest_ratio
    assert not np.delete(there, np.s_[window.top : window.bottom], axis=0).any()
    assert there[window.slices].sum() == there.sum()
