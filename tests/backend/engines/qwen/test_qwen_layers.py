"""Qwen's layers as the stage gives them, and all it refuses before it loads anything."""

import json
import shutil

import numpy as np
import psutil
import pytest
import torch
from diffusers import QwenImageLayeredPipeline
from PIL import Image
from safetensors.torch import load_file, save_file

from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.networks.qwen_folder import NETWORKS, QwenFolder
from layerpeel.backend.progress import StopWork, say_no_fraction
from layerpeel.backend.stages import qwen_layers
from layerpeel.backend.stages.qwen_layers import QwenLayers
from tiny_checkpoints.qwen import save_tiny_qwen

pytestmark = pytest.mark.torch


def seen(picture):
    scaled = picture.astype(np.float32) / 255
    return scaled[..., :3].copy(), scaled[..., 3].copy()


@pytest.fixture(scope="module")
def decompose(qwen_folder, make_pool, picture):
    """Take the picture apart into two, unless told otherwise."""

    def run(
        folder=qwen_folder, pool=None, picture=picture, layers=2, seed=0, report=say_no_fraction
    ):
        stage = QwenLayers(folder, pool or make_pool())
        return stage.decompose(*seen(picture), layers, seed, report)

    return run


@pytest.fixture(scope="module")
def layers(decompose):
    return decompose()


@pytest.fixture
def copied(qwen_folder, tmp_path):
    """A copy of the folder, to be damaged."""
    return shutil.copytree(qwen_folder, tmp_path / "copied")


def as_bytes(layers):
    return b"".join(plane.tobytes() for layer in layers for plane in layer)


def test_layers_come_as_large_as_they_were_painted(layers):
    """70×45 pixels in the proportions of 640² that are multiples of 32: 800×512."""
    assert len(layers) == 2
    for colour, alpha in layers:
        assert (colour.shape, colour.dtype) == ((512, 800, 3), np.float32)
        assert (alpha.shape, alpha.dtype) == ((512, 800), np.float32)
        assert 0 <= min(colour.min(), alpha.min()) <= max(colour.max(), alpha.max()) <= 1
        assert alpha.std() > 0.2


def test_they_depend_on_the_seed_and_on_no_other_randomness(decompose, layers):
    torch.manual_seed(99)
    assert as_bytes(decompose()) == as_bytes(layers)
    assert as_bytes(decompose(seed=1)) != as_bytes(layers)


def test_they_are_what_diffusers_paints_front_most_first(layers, qwen_folder, picture):
    """The same pipeline in one go, as its documentation has it; but the likeliest caption."""
    pipeline = QwenImageLayeredPipeline.from_pretrained(qwen_folder, local_files_only=True)
    pipeline.text_encoder.generation_config.do_sample = False
    (painted,) = pipeline(
        Image.fromarray(picture, "RGBA"),
        prompt="",
        negative_prompt=" ",
        layers=2,
        resolution=640,
        num_inference_steps=3,
        true_cfg_scale=4.0,
        cfg_normalize=True,
        use_en_prompt=True,
        generator=torch.Generator("cpu").manual_seed(0),
        output_type="np",
    ).images
    assert len(painted) == 2
    for layer, (colour, alpha) in zip(reversed(painted), layers, strict=True):
        np.testing.assert_allclose(np.dstack([colour, alpha]), layer, atol=0.02)


def test_progress_never_goes_back_and_any_of_it_cancels(decompose):
    said = []
    decompose(report=said.append)
    assert said == sorted(said)
    assert (said[0], said[-1]) == (0, 1)
    steps = [done for done in said if qwen_layers.DESCRIBED < done < 1]
    assert len(steps) == 3
    while_describing = [done for done in said if 0 < done < qwen_layers.DESCRIBED]
    assert len(while_describing) >= 3  # at least a word, and both prompts
    for moment in (0, while_describing[0], steps[1]):
        heard = []

        def stop(done, moment=moment, heard=heard):
            heard.append(done)
            if done >= moment:
                raise StopWork

        with pytest.raises(StopWork):
            decompose(report=stop)
        assert heard[-1] == moment


def test_after_a_cancel_the_same_networks_go_on(decompose, make_pool, layers):
    pool = make_pool()

    def stop(done):
        if done > 0.8:
            raise StopWork

    with pytest.raises(StopWork):
        decompose(pool=pool, report=stop)
    assert as_bytes(decompose(pool=pool)) == as_bytes(layers)


@pytest.mark.parametrize("shape", [(1, 1), (3, 290)])
def test_the_smallest_and_a_very_long_picture(decompose, shape):
    ((_, alpha),) = decompose(picture=np.full((*shape, 4), 90, np.uint8), layers=1)
    assert alpha.size == pytest.approx(640**2, rel=0.2)
    assert alpha.shape[1] / alpha.shape[0] == pytest.approx(shape[1] / shape[0], rel=0.2)


def test_a_strip_is_refused(decompose):
    with pytest.raises(BadInputError, match="1×101 pixels, too narrow"):
        decompose(picture=np.full((101, 1, 4), 255, np.uint8))


@pytest.fixture(scope="module")
def sharded(tmp_path_factory):
    """The same folder, its weights in several files."""
    return save_tiny_qwen(tmp_path_factory.mktemp("sharded"), shard_size="40KB")


def test_parameters_are_counted_before_loading(qwen_folder, sharded):
    counted = QwenFolder(qwen_folder).parameters()
    for part in NETWORKS:
        loaded = QwenFolder(qwen_folder).load(part, torch.float32)
        assert counted[part] == sum(each.numel() for each in loaded.parameters())
    assert len(list((sharded / "transformer").glob("*.safetensors"))) > 1
    assert QwenFolder(sharded).parameters() == counted


def test_shards_give_the_same_layers(decompose, sharded, layers):
    for one, other in zip(decompose(folder=sharded), layers, strict=True):
        for plane, whole in zip(one, other, strict=True):
            # Tensors lie elsewhere in memory, and sums may be taken in another order.
            np.testing.assert_allclose(plane, whole, atol=0.02)


def test_a_missing_shard_is_named(decompose, sharded, tmp_path):
    folder = shutil.copytree(sharded, tmp_path / "sharded")
    lost = sorted((folder / "transformer").glob("*.safetensors"))[1]
    lost.unlink()
    with pytest.raises(ModelError, match=f"there is no {lost.name} in it"):
        decompose(folder=folder)


@pytest.mark.parametrize("part", NETWORKS)
def test_weights_that_were_not_copied_to_their_end(decompose, copied, part):
    (file,) = (copied / part).glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError, match=f"{file.name} was not copied to its end"):
        decompose(folder=copied)


def test_other_folders_and_none(decompose, copied, tmp_path):
    with pytest.raises(ModelError, match=r"no model_index\.json"):
        decompose(folder=tmp_path / "nowhere")
    index = json.loads((copied / "model_index.json").read_text())
    (copied / "model_index.json").write_text(json.dumps({**index, "_class_name": "FluxPipeline"}))
    with pytest.raises(ModelError, match="“FluxPipeline”, and not what takes a picture apart"):
        decompose(folder=copied)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("transformer/config.json", {"num_layers": 2}),
        ("vae/config.json", {"input_channels": 3}),
        ("text_encoder/config.json", "{"),
        ("scheduler/scheduler_config.json", None),
        ("tokenizer/vocab.json", "{"),
    ],
)
def test_descriptions_that_are_damaged_or_of_other_networks(decompose, copied, file, damage):
    path = copied / file
    if damage is None:
        path.unlink()
    elif isinstance(damage, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    else:
        path.write_text(damage)
    with pytest.raises(ModelError, match=r"cannot be loaded|is damaged"):
        decompose(folder=copied)


def test_a_device_that_is_too_small_is_refused_before_loading(decompose, make_pool):
    pool = make_pool(budget=100_000)
    with pytest.raises(DeviceError, match=r"needs \d+ kB on the processor .* 100 kB can be used"):
        decompose(pool=pool)
    assert pool.bytes_on_device == 0


def test_half_the_precision_takes_half_the_room(qwen_folder, make_pool):
    whole = sum(QwenFolder(qwen_folder).parameters().values())
    QwenLayers(qwen_folder, make_pool(2 * whole, torch.bfloat16)).check()
    with pytest.raises(DeviceError):
        QwenLayers(qwen_folder, make_pool(2 * whole, torch.float32)).check()


def test_main_memory_that_is_too_small_is_refused(decompose, monkeypatch):
    little = psutil.virtual_memory()._replace(total=50_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    with pytest.raises(DeviceError, match=r"main memory for its weights, and \d+ kB can be used"):
        decompose()


def test_what_is_no_number_is_not_taken_for_a_layer(decompose, copied):
    """Half floats overflow in some networks; here one weight is not a number from the start."""
    (file,) = (copied / "vae").glob("*.safetensors")
    weights = load_file(file)
    weights["decoder.conv_out.bias"][0] = float("nan")
    save_file(weights, file)
    with pytest.raises(DeviceError, match="came out as no numbers"):
        decompose(folder=copied)
