"""FLUX.2 klein and Z-Image in 4 bit, and from GGUF, where memory does not suffice for more."""

import gc
import os
import shutil
import weakref
from dataclasses import replace
from importlib import util

import numpy as np
import pytest
import torch

from layerpeel.backend.devices.pool import NetworkPool, bytes_of
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork
from layerpeel.backend.scenes.painter import OWN_FILE, StylePainter
from layerpeel.backend.stages.generation import generator_checkpoint, weight_bits
from layerpeel.backend.stages.generation.config import generator_config, with_bits
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import (
    Checkpoint,
    find_checkpoint,
    shapes_by_part,
)
from layerpeel.backend.stages.generation.loading import load_pipeline
from layerpeel.backend.stages.generation.packing import telling_of_packing
from layerpeel.backend.stages.generation.pipelines import networks_of
from layerpeel.backend.stages.generation.request import GenerationRequest, Start
from layerpeel.backend.stages.generation.style import Style
from layerpeel.backend.stages.generation.weight_bits import IN_FEW_BITS, bytes_in, choose_bits
from tiny_checkpoints.generation import save_tiny_flux2_klein, save_tiny_z_image

pytestmark = pytest.mark.torch

SAVED = {"flux2-klein": save_tiny_flux2_klein, "z-image": save_tiny_z_image}
ASKED = GenerationRequest("a cat", size=(64, 64), steps=2, seed=5)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {name: save(tmp_path_factory.mktemp(name)) for name, save in SAVED.items()}


@pytest.fixture
def config_of():
    def make(name, bits=None):
        return replace(generator_config(name), side=64, bits=bits)

    return make


def pool_with(pool, budget):
    return NetworkPool(replace(pool.compute, budget=budget))


@pytest.mark.parametrize("name", SAVED)
def test_four_bits_paint_nearly_the_same_in_fewer_bytes(config_of, folders, pool, name):
    pytest.importorskip("sdnq")
    checkpoint = Checkpoint(folders[name])
    whole, few = (
        load_pipeline(config_of(name, bits), checkpoint, pool.compute) for bits in (16, 4)
    )
    for part, shapes in shapes_by_part(folders[name]).items():
        sizes = [bytes_of(getattr(each, part)) for each in (whole, few)]
        assert bytes_in(shapes, 4, few=part in IN_FEW_BITS) == pytest.approx(sizes[1], rel=0.03)
        # Of its tiny matrices some are too small.
        assert (sizes[1] < sizes[0]) == (part in IN_FEW_BITS)
    pictures = [
        Generator(config_of(name, bits), checkpoint, pool).generate(ASKED) for bits in (16, 4)
    ]
    assert [made.notes for made in pictures] == [(), ()]
    differing = np.abs(pictures[0].picture - pictures[1].picture)
    assert 0 < differing.mean() < 0.05
    again = Generator(config_of(name, 4), checkpoint, pool).generate(ASKED)
    np.testing.assert_array_equal(again.picture, pictures[1].picture)


def test_where_more_do_not_fit_four_are_taken_and_told(config_of, folders, pool):
    pytest.importorskip("sdnq")
    config, checkpoint = config_of("flux2-klein"), Checkpoint(folders["flux2-klein"])
    needed = sum(
        bytes_in(shapes, 4, few=False) for shapes in shapes_by_part(checkpoint.path).values()
    )
    enough, short = pool_with(pool, needed), pool_with(pool, needed - 1)
    assert choose_bits(config, checkpoint, enough.compute) == weight_bits.WeightBits()
    (note,) = Generator(config, checkpoint, short).generate(ASKED).notes
    assert note.startswith("In 32 bit FLUX.2 klein needs ")
    assert note.endswith(": it was loaded so.")
    with pytest.raises(DeviceError, match=r"FLUX\.2 klein needs"):
        load_pipeline(replace(config, bits=16), checkpoint, short.compute)


def test_what_does_not_fit_in_four_is_refused_with_both_sizes(config_of, folders, pool):
    with pytest.raises(DeviceError, match=r"in 4 bit it needs .* too much as well") as refused:
        load_pipeline(
            config_of("z-image"), Checkpoint(folders["z-image"]), pool_with(pool, 1000).compute
        )
    assert len(str(refused.value).splitlines()) == 1


def test_what_is_missing_for_it_is_named(config_of, folders, pool, tmp_path, monkeypatch):
    find_spec = util.find_spec

    def without(name, *rest):
        return None if name in ("sdnq", "gguf") else find_spec(name, *rest)

    monkeypatch.setattr(weight_bits, "find_spec", without)
    monkeypatch.setattr(generator_checkpoint, "find_spec", without)
    with pytest.raises(
        ModelError, match=r"package sdnq: run `pip install 'layerpeel\[full,four-bit\]'"
    ):
        load_pipeline(config_of("z-image", 4), Checkpoint(folders["z-image"]), pool.compute)
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(
        ModelError, match=r"package gguf: run `pip install 'layerpeel\[full,four-bit\]'"
    ):
        find_checkpoint(config_of("z-image"), tmp_path / "a.gguf", ModelStore(tmp_path / "models"))


def test_bits_are_for_transformers(sdxl_config, tiny_sdxl, pool):
    with pytest.raises(BadInputError, match="SDXL cannot be loaded in 4 bit"):
        load_pipeline(with_bits(sdxl_config, 4), Checkpoint(tiny_sdxl), pool.compute)
    with pytest.raises(BadInputError, match="There is no 3 bit: choose 4 or 16"):
        with_bits(sdxl_config, 3)


@pytest.fixture
def store(tmp_path, folders):
    store = ModelStore(tmp_path / "models")
    for folder in folders.values():
        store.take_in(store.recognise(folder))
    return store


@pytest.mark.parametrize("name", SAVED)
def test_a_gguf_takes_the_place_of_the_transformer(config_of, store, folders, pool, tmp_path, name):
    pytest.importorskip("gguf")
    from tiny_checkpoints.gguf_file import save_gguf

    file = save_gguf(tmp_path / "mine-Q8_0.gguf", folders[name])
    config = config_of(name)
    found = find_checkpoint(config, file, store)
    assert found == Checkpoint(store.path_of(name), transformer=file)
    pipeline = load_pipeline(config, found, pool.compute)
    plain = load_pipeline(config, Checkpoint(found.path), pool.compute)
    parts = networks_of(pipeline)
    assert bytes_of(parts["transformer"]) < bytes_of(plain.transformer)
    pictures = [
        Generator(config, each, pool).generate(ASKED).picture
        for each in (found, Checkpoint(found.path))
    ]
    assert 0 < np.abs(pictures[0] - pictures[1]).mean() < 0.01


def test_a_gguf_that_is_not_whole_is_refused(config_of, store, folders, pool, tmp_path):
    pytest.importorskip("gguf")
    from tiny_checkpoints.gguf_file import save_gguf

    klein, config = folders["flux2-klein"], config_of("flux2-klein")
    found = find_checkpoint(config, save_gguf(tmp_path / "whole.gguf", klein), store)
    hole = save_gguf(tmp_path / "hole.gguf", klein, without="single_blocks.0.linear2")
    with pytest.raises(ModelError, match=r"hole\.gguf is incomplete: tensors are missing"):
        load_pipeline(config, replace(found, transformer=hole), pool.compute)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(found.transformer.read_bytes()[:-500])
    with pytest.raises(ModelError, match=r"cut\.gguf could not be loaded") as refused:
        load_pipeline(config, replace(found, transformer=cut), pool.compute)
    assert len(str(refused.value).splitlines()) == 1


def test_a_gguf_that_cannot_be_used_is_refused(config_of, store, tmp_path):
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<html>not found</html>")
    with pytest.raises(ModelError, match="is no GGUF file, or is damaged"):
        find_checkpoint(config_of("flux2-klein"), page, store)
    page.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="SDXL is read from safetensors"):
        find_checkpoint(generator_config("sdxl"), page, store)
    pytest.importorskip("gguf")
    empty = ModelStore(tmp_path / "empty")
    with pytest.raises(ModelError, match=r"holds a transformer alone.*layerpeel models import"):
        find_checkpoint(config_of("z-image"), page, empty)


# FLUX.2 klein begins from a picture within a mask only.
@pytest.mark.parametrize(
    ("name", "masked"), [("z-image", False), ("z-image", True), ("flux2-klein", True)]
)
@pytest.mark.parametrize("few", ["4 bit", "GGUF"])
def test_quantised_ones_begin_from_pictures(config_of, folders, pool, tmp_path, name, masked, few):
    config, checkpoint = config_of(name), Checkpoint(folders[name])
    if few == "4 bit":
        pytest.importorskip("sdnq")
        config = replace(config, bits=4)
    else:
        pytest.importorskip("gguf")
        from tiny_checkpoints.gguf_file import save_gguf

        file = save_gguf(tmp_path / "mine.gguf", folders[name])
        checkpoint = replace(checkpoint, transformer=file)
    mask = np.zeros((64, 64), np.float32)
    mask[:32] = 1
    picture = np.random.default_rng(0).random((64, 64, 3), np.float32)
    begun = replace(ASKED, start=Start(picture, 1.0, mask if masked else None))
    generator = Generator(config, checkpoint, pool)
    pictures = [
        generator.generate(request).picture
        for request in (begun, replace(begun, seed=1), begun, ASKED)
    ]
    np.testing.assert_array_equal(pictures[2], pictures[0])
    assert np.abs(pictures[1] - pictures[0]).max() > 1 / 255
    plain = Generator(config, checkpoint, pool).generate(ASKED).picture
    np.testing.assert_array_equal(pictures[3], plain)  # The networks are as they were.


def test_a_gguf_too_is_refused_where_it_does_not_fit(config_of, folders, pool, tmp_path):
    pytest.importorskip("gguf")
    from tiny_checkpoints.gguf_file import save_gguf

    file = save_gguf(tmp_path / "mine.gguf", folders["z-image"])
    checkpoint = Checkpoint(folders["z-image"], transformer=file)
    with pytest.raises(DeviceError, match="Z-Image needs"):
        load_pipeline(config_of("z-image", 16), checkpoint, pool_with(pool, 1000).compute)


def test_a_finished_picture_is_not_lost_to_what_memory_is_left(config_of, folders, pool):
    """What else runs may take memory while it paints: the choice is made once."""
    config, checkpoint = config_of("z-image"), Checkpoint(folders["z-image"])
    generator = Generator(config, checkpoint, pool)

    def take_all(stage, _done):
        if "step 2" in stage:
            pool.compute = replace(pool.compute, budget=1000)

    assert generator.generate(ASKED, take_all).notes == ()


def loading_told(generator):
    said = []
    generator.generate(ASKED, lambda *told: said.append(told))
    assert [done for _, done in said] == sorted(done for _, done in said)
    return [20 * done for stage, done in said if stage == "Loading the generator"]


@pytest.mark.parametrize("name", SAVED)
def test_packing_is_told_of_matrix_by_matrix_and_stops_after_each(
    config_of, folders, pool, name, monkeypatch
):
    quantizer = pytest.importorskip("sdnq.quantizer").SDNQQuantizer
    config, checkpoint = config_of(name, 4), Checkpoint(folders[name])
    packed, pack = [], quantizer.create_quantized_param

    def packing(self, model, value, matrix, *how, **more):
        packed.append(matrix)
        pack(self, model, value, matrix, *how, **more)

    monkeypatch.setattr(quantizer, "create_quantized_param", packing)
    told = loading_told(Generator(config, checkpoint, pool))
    assert quantizer.create_quantized_param is packing
    # As it begins, before each of its three networks, and after each matrix: of two networks all.
    assert len(told) == 4 + len(packed)
    matrices = len(packed)
    for most in (0.1, 0.5):  # within what transformers loads, and what diffusers does
        packed.clear()
        stopped = []

        def cancel(_stage, done, most=most, stopped=stopped):
            if 20 * done > most:
                stopped.append(len(packed))
                raise StopWork

        with pytest.raises(StopWork):
            Generator(config, checkpoint, pool).generate(ASKED, cancel)
        # At the first that went beyond, and nothing was packed after it.
        assert stopped == [len(packed)]
        assert 0 < len(packed) < matrices
        assert quantizer.create_quantized_param is packing


def test_what_comes_after_a_cancel_is_not_held_in_memory(monkeypatch):
    """transformers goes on reading: each matrix that is refused must go before the next one."""
    quantizer = pytest.importorskip("sdnq.quantizer").SDNQQuantizer
    monkeypatch.setattr(quantizer, "create_quantized_param", lambda *_: None)
    held, stops = [], []

    def cancel(_done):
        raise StopWork

    def refused(matrix):
        held.append(weakref.ref(matrix))
        with pytest.raises(StopWork) as raised:
            quantizer.create_quantized_param(None, None, matrix)
        stops.append(len(raised.traceback))

    def load():
        with telling_of_packing({}, cancel):
            for _ in range(4):
                refused(torch.zeros(8))
                gc.collect()  # What pytest made of it; not what is still referred to.
                assert held[-1]() is None

    with pytest.raises(StopWork):
        load()
    assert stops[1:] == [stops[1]] * 3


@pytest.mark.parametrize("name", SAVED)
def test_in_four_bits_too_a_folder_without_a_networks_weights_is_told_of(
    config_of, folders, pool, name, tmp_path
):
    pytest.importorskip("sdnq")
    folder = shutil.copytree(folders[name], tmp_path / "incomplete")
    for weights in (folder / "transformer").glob("*.safetensors"):
        weights.unlink()
    with pytest.raises(ModelError, match=r"no file named .*safetensors"):
        load_pipeline(config_of(name, 4), Checkpoint(folder), pool.compute)


def test_loading_tells_of_every_network_and_stops_between_them(config_of, folders, pool):
    config, checkpoint = config_of("z-image", 16), Checkpoint(folders["z-image"])
    # As it begins, and before each of its three networks.
    told = loading_told(Generator(config, checkpoint, pool))
    assert told == pytest.approx([0, 0, 1 / 3, 2 / 3])

    def cancel(stage, done):
        assert stage == "Loading the generator"
        if done > 0.03:
            raise StopWork

    with pytest.raises(StopWork):
        Generator(config, checkpoint, pool).generate(ASKED, cancel)


def test_a_folder_saved_in_few_bits_is_refused_by_its_description(
    config_of, folders, pool, tmp_path
):
    pytest.importorskip("sdnq")
    folder = shutil.copytree(folders["z-image"], tmp_path / "saved")
    few = load_pipeline(config_of("z-image", 4), Checkpoint(folders["z-image"]), pool.compute)
    shutil.rmtree(folder / "transformer")
    few.transformer.save_pretrained(folder / "transformer")
    with pytest.raises(ModelError, match="transformer was saved in fewer bits already"):
        load_pipeline(config_of("z-image", 16), Checkpoint(folder), pool.compute)
    with pytest.raises(ModelError, match="holds a transformer in fewer bits already"):
        ModelStore(tmp_path / "models").recognise(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_gguf_that_cannot_be_read_is_said(config_of, store, tmp_path):
    os.mkfifo(tmp_path / "pipe.gguf")
    for file, said in (
        (tmp_path / "pipe.gguf", "It is no regular file"),
        (tmp_path / f"{'x' * 300}.gguf", "name too long"),
    ):
        with pytest.raises(ModelError, match=f"cannot be read: .*{said}"):
            find_checkpoint(config_of("z-image"), file, store)


def test_a_gguf_is_named_with_the_folder_that_the_rest_comes_from(config_of, store, tmp_path):
    file = tmp_path / "mine.GGUF"
    painter = StylePainter(Style("mine", "Mine", config_of("z-image"), file), store)
    assert painter.models() == {"z-image": store.digest_of("z-image"), "mine.GGUF": ""}
    assert painter.licences() == {"z-image": "not stated", "mine.GGUF": OWN_FILE}
    whole = replace(painter.style, checkpoint=tmp_path / "mine.safetensors")
    assert StylePainter(whole, store).models() == {"mine.safetensors": ""}
