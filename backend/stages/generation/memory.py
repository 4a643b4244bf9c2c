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


def choose_tiles(pipeline: Pipeline, pixels: int, compute: Compute) -> None:
    """Let the autoencoder decode in tiles when memory does not suffice for `pixels` at once.

    Tiles are blended where they overlap and hardly visible, but decoding at once is better.
    """
    vae = pipeline.vae
    lying_there = networks_of(pipeline).values() if compute.device.type == "cpu" else [vae]
    room = compute.budget + ROOM_TO_WORK - sum(map(bytes_of, lying_there))
    if pixels * BYTES_TO_DECODE_A_PIXEL <= room:
        vae.disable_tiling()
        return
    vae.enable_tiling()
    vae.tile_sample_min_size = TILE
    vae.tile_latent_min_size = TILE // pipeline.vae_scale_factor
