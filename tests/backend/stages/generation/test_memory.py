from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from layerpeel.backend.devices.compute import ROOM_TO_WORK, STATED_BUDGET, budget_on_card
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.errors import DeviceError
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint
from layerpeel.backend.stages.generation.loading import load_pipeline
from layerpeel.backend.stages.generation.memory import (
    BYTES_TO_DECODE_A_PIXEL,
    choose_tiles,
    offloading,
    require_room,
)
from layerpeel.backend.stages.generation.pipelines import networks_of

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")


@pytest.fixture
def pipeline(sdxl_config, tiny_sdxl, pool):
    return load_pipeline(sdxl_config, Checkpoint(tiny_sdxl), pool.compute)


def painted(pipeline, size=64):
    made = pipeline(
        prompt="a cat",
        width=size,
        height=size,
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(0),
        output_type="np",
    )
    return made.images[0]


def hooked(pipeline):
    return [name for name, each in networks_of(pipeline).items() if hasattr(each, "_hf_hook")]


def test_offloading_changes_nothing_and_leaves_nothing_behind(pipeline):
    # Where it offloads to is the processor here as well; the way there is the same.
    whole = painted(pipeline)
    with offloading(pipeline, CPU):
        assert set(hooked(pipeline)) == set(networks_of(pipeline))
        np.testing.assert_array_equal(painted(pipeline), whole)
    assert hooked(pipeline) == []


def test_what_was_stopped_while_decoding_is_as_it_was(pipeline):
    pipeline.to(dtype=torch.float16)

    def stop_while_decoding():
        with offloading(pipeline, CPU):
            pipeline.vae.to(torch.float32)  # as the pipeline does before it decodes
            raise StopWork

    with pytest.raises(StopWork):
        stop_while_decoding()
    assert pipeline.vae.dtype == torch.float16
    assert hooked(pipeline) == []


def test_tiles_are_taken_only_where_the_whole_does_not_fit(pipeline, pool):
    weights = sum(map(bytes_of, networks_of(pipeline).values()))
    pixels = 1000 * 1000
    enough = weights + pixels * BYTES_TO_DECODE_A_PIXEL - ROOM_TO_WORK
    choose_tiles(pipeline, pixels, replace(pool.compute, budget=enough))
    assert not pipeline.vae.use_tiling
    choose_tiles(pipeline, pixels, replace(pool.compute, budget=enough - 1))
    assert pipeline.vae.use_tiling
    choose_tiles(pipeline, pixels, replace(pool.compute, budget=enough))
    assert not pipeline.vae.use_tiling


def test_what_is_shown_is_encoded_beside_the_text_encoder(pipeline, pool):
    pixels = 1000 * 1000
    vae, text = bytes_of(pipeline.vae), bytes_of(pipeline.text_encoder_2)
    assert text >= bytes_of(pipeline.text_encoder)
    card = replace(pool.compute, device=torch.device("cuda"))
    enough = vae + pixels * BYTES_TO_DECODE_A_PIXEL - ROOM_TO_WORK
    for budget, encoded, tiled in (
        (enough, 0, False),
        (enough, pixels, True),
        (enough + text, pixels, False),
        (enough + text - 1, pixels, True),
        (enough, pixels // 2, False),
    ):
        choose_tiles(pipeline, pixels, replace(card, budget=budget), encoded)
        assert pipeline.vae.use_tiling == tiled
    # On the processor all lie there anyway.
    whole = sum(map(bytes_of, networks_of(pipeline).values())) - vae + enough
    choose_tiles(pipeline, pixels, replace(pool.compute, budget=whole), pixels)
    assert not pipeline.vae.use_tiling


def test_tiles_make_a_whole_picture(pipeline, pool):
    choose_tiles(pipeline, 10**9, replace(pool.compute, budget=0))
    decoded = []
    watch = pipeline.vae.decoder.register_forward_hook(
        lambda _network, planes, _answer: decoded.append(planes[0].shape[-1])
    )
    picture = painted(pipeline, 640)
    watch.remove()
    assert picture.shape == (640, 640, 3)
    assert len(decoded) == 4
    assert max(decoded) == 64


def test_what_does_not_fit_is_refused(pool):
    compute = replace(pool.compute, budget=5_000_000_000)
    require_room(5_000_000_000, "SDXL", compute)
    with pytest.raises(DeviceError, match=r"SDXL needs 5\.1 GB on the processor, where 5\.0 GB"):
        require_room(5_100_000_000, "SDXL", compute)


def test_sdxl_at_full_size_fits_the_stated_budget():
    """Each network of SDXL base 1.0, by its published description, in half precision."""
    with torch.device("meta"):
        networks = [
            UNet2DConditionModel(
                sample_size=128,
                block_out_channels=(320, 640, 1280),
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
                transformer_layers_per_block=(1, 2, 10),
                attention_head_dim=(5, 10, 20),
                cross_attention_dim=2048,
                use_linear_projection=True,
                addition_embed_type="text_time",
                addition_time_embed_dim=256,
                projection_class_embeddings_input_dim=2816,
            ),
            AutoencoderKL(
                block_out_channels=(128, 256, 512, 512),
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                layers_per_block=2,
            ),
            CLIPTextModel(
                CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12)
            ),
            CLIPTextModelWithProjection(
                CLIPTextConfig(
                    hidden_size=1280,
                    intermediate_size=5120,
                    num_hidden_layers=32,
                    num_attention_heads=20,
                    projection_dim=1280,
                )
            ),
        ]
    sizes = [bytes_of(network.half()) for network in networks]
    # Published: 2.57, 0.084, 0.123 and 0.695 thousand million parameters.
    assert [round(size / 2e9, 2) for size in sizes] == [2.57, 0.08, 0.12, 0.69]
    assert max(sizes) <= budget_on_card(STATED_BUDGET)
    decoding = 1024 * 1024 * BYTES_TO_DECODE_A_PIXEL + 2 * sizes[1]
    assert decoding <= STATED_BUDGET
