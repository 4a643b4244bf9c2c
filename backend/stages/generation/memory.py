"""A generator on a small device: one network at a time, decoding in tiles."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from layerpeel.backend.devices.compute import ROOM_TO_WORK, Compute
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.errors import DeviceError
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.stages.generation.pipelines import Pipeline, networks_of

# Memory for decoding, for each pixel of the picture in single precision: the tensors of SDXL's
# autoencoder that live at once, and room for convolutions beside them (docs/decisions.md).
BYTES_TO_DECODE_A_PIXEL = 4096

# What the names of networks that read the prompt begin with.
TEXT_ENCODER = "text_encoder"

# Side of a tile in pixels; neighbours overlap by a quarter of it.
TILE = 512


def require_room(size: int, what: str, compute: Compute) -> None:
    """Raise DeviceError when `size` bytes of weights are more than may lie on the device."""
    if size > compute.budget:
        raise DeviceError(
            f"{what} needs {spoken_size(size)} on the {compute.words}, where "
            f"{spoken_size(max(0, compute.budget))} may be used. Choose a smaller one, or let "
            "another device compute (--device)."
        )


@contextmanager
def on_device(pipeline: Pipeline, device: torch.device) -> Iterator[None]:
    """Let a pipeline compute on the device while the block runs."""
    if device.type == "cpu":
        yield  # where it lies already
        return
    with offloading(pipeline, device):
        yield


@contextmanager
def offloading(pipeline: Pipeline, device: torch.device) -> Iterator[None]:
    """Keep each network on the device only while it computes, and none afterwards.

    Others need the room afterwards, so that all of them have to move there and back anyway: one by
    one takes no longer.
    """
    precision = pipeline.vae.dtype
    pipeline.enable_model_cpu_offload(device=device)
    try:
        yield
    finally:
        pipeline.remove_all_hooks()
        # It may have been stopped while the autoencoder was in single precision.
        pipeline.vae.to(precision)
        pipeline.to("cpu", silence_dtype_warnings=True)


def choose_tiles(pipeline: Pipeline, pixels: int, compute: Compute, encoded: int = 0) -> None:
    """Let the autoencoder work in tiles when memory does not suffice for `pixels` at once.

    encoded: pixels of the largest picture that the pipeline is shown. It is encoded while the text
        encoder still lies on the device: that goes only when the transformer comes.

    Tiles are blended where they overlap and hardly visible, but decoding at once is better.
    """
    vae, networks = pipeline.vae, networks_of(pipeline)
    one_by_one = compute.device.type != "cpu"
    lying_there = [vae] if one_by_one else networks.values()
    room = compute.budget + ROOM_TO_WORK - sum(map(bytes_of, lying_there))
    needed = pixels * BYTES_TO_DECODE_A_PIXEL
    if encoded:
        read = [bytes_of(each) for name, each in networks.items() if name.startswith(TEXT_ENCODER)]
        beside = max(read, default=0) if one_by_one else 0
        needed = max(needed, encoded * BYTES_TO_DECODE_A_PIXEL + beside)
    if needed <= room:
        vae.disable_tiling()
        return
    vae.enable_tiling()
    vae.tile_sample_min_size = TILE
    vae.tile_latent_min_size = TILE // pipeline.vae_scale_factor
