"""Runs `make bench-gpu`: how long the paper's decomposition takes, stage by stage.

The networks have the real architectures and random weights, as neither time nor memory depends on
the values. The same run also measures the plain way of using diffusers (two UNets one after the
other, unchanged, with the same steps), and computes the least time that the arithmetic alone would
take. On a CPU the networks are tiny, and only show that it runs.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, UNet2DConditionModel
from diffusers.utils import logging
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from layerpeel.backend.devices.compute import Compute, compute_on
from layerpeel.backend.evaluation.machine import machine_facts
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.networks.denoising import Conditions, denoise, first_noise
from layerpeel.backend.networks.fbdd_start import v_prediction_scheduler
from layerpeel.backend.networks.high_frequency_alignment import HighFrequencyAlignment
from layerpeel.backend.networks.latents import alpha_at_latent_size, decode, encode, vae_precision
from layerpeel.backend.networks.layer_unet import INPUTS
from layerpeel.backend.networks.tiles import in_tiles

STEPS = 20
RUNS = 3
TILE = 1024

# Of an H100 in dense bfloat16 at the clock that it sustains; its data sheet says 989.
FLOPS_PER_SECOND = 700e12

SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


@dataclass(frozen=True)
class Networks:
    """All networks of the decomposition, on the device. The UNets differ only in their weights."""

    unets: tuple[UNet2DConditionModel, UNet2DConditionModel]
    vae: AutoencoderKL
    hfa: HighFrequencyAlignment
    null_embedding: Tensor


def full_size_unet() -> UNet2DConditionModel:
    """Make a UNet of Stable Diffusion 2 inpainting's config.json, but with `INPUTS` inputs."""
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=INPUTS,
        out_channels=4,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
        attention_head_dim=(5, 10, 20, 20),
        cross_attention_dim=1024,
        use_linear_projection=True,
    )


def full_size_vae() -> AutoencoderKL:
    """Make the VAE of Stable Diffusion 2."""
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
    )


def _tiny_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=INPUTS,
        out_channels=4,
        block_out_channels=(32, 64),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        attention_head_dim=(2, 4),
        cross_attention_dim=32,
        use_linear_projection=True,
    )


def _tiny_vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(32,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
    )


def make_networks(compute: Compute) -> Networks:
    """Make all networks with random weights: full size on a GPU, tiny on a CPU."""
    tiny = compute.device.type == "cpu"
    torch.manual_seed(0)
    with compute.device:
        unets = [(_tiny_unet if tiny else full_size_unet)() for _ in range(2)]
        vae = (_tiny_vae if tiny else full_size_vae)()
        hfa = HighFrequencyAlignment()
        width = unets[0].config.cross_attention_dim
        embedding = torch.randn(1, 77, width)
    first, second = (unet.to(compute.precision).eval() for unet in unets)
    return Networks(
        (first, second), vae.to(vae_precision(compute.precision)).eval(), hfa.eval(), embedding
    )


def _silent(_done: float) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Decomposition:
    """Takes one picture of `size`² through all stages."""

    networks: Networks
    compute: Compute
    size: int
    steps: int

    def inputs(self) -> tuple[Tensor, Tensor]:
        """Return a random picture, [1, 3, H, W], and alpha, [1, 1, H, W], in main memory."""
        generator = torch.Generator().manual_seed(0)
        planes = torch.rand(1, 4, self.size, self.size, generator=generator)
        return planes[:, :3], planes[:, 3:]

    def conditions(self, picture: Tensor, alpha: Tensor) -> Conditions:
        """Return the conditions of both UNets."""
        latent = encode(self.networks.vae, picture.to(self.compute.device))
        return Conditions(latent, alpha_at_latent_size(alpha), self.networks.null_embedding)

    def diffused(self, conditions: Conditions) -> list[Tensor]:
        """Return both layers' latents, as `LayerDiffusion` computes them."""
        noise = first_noise(self.size // 8, self.size // 8, seed=0)
        return [
            denoise(unet, self._scheduler(), noise, conditions, self.steps, _silent)
            for unet in self.networks.unets
        ]

    def diffused_plainly(self, conditions: Conditions) -> list[Tensor]:
        """Return the same by a loop like that of diffusers' own pipelines."""
        device, precision = self.compute.device, self.compute.precision
        told = torch.cat([conditions.picture.cpu(), conditions.alpha], dim=1).to(device, precision)
        words = conditions.null_embedding.to(device, precision)
        layers = []
        for unet in self.networks.unets:
            scheduler = self._scheduler()
            scheduler.set_timesteps(self.steps, device=device)
            noise = first_noise(self.size // 8, self.size // 8, seed=0)
            latent = noise.to(device, precision)
            for moment in scheduler.timesteps:
                planes = torch.cat([latent, told], dim=1)
                velocity = unet(planes, moment, encoder_hidden_states=words).sample
                latent = scheduler.step(velocity, moment, latent).prev_sample
            layers.append(latent.float())
        return layers

    def decoded(self, latents: list[Tensor]) -> list[Tensor]:
        """Return both layers as pictures, [1, 3, H, W], in main memory."""
        return [decode(self.networks.vae, latent).cpu() for latent in latents]

    def aligned(self, picture: Tensor, alpha: Tensor, layers: list[Tensor]) -> list[Tensor]:
        """Return both layers with the picture's detail, by HFA."""
        hfa = self.networks.hfa
        return [
            in_tiles(
                network,
                network.shape,
                (picture, alpha, layer),
                TILE,
                self.compute.device,
                _silent,
            )
            for network, layer in zip((hfa.foreground, hfa.background), layers, strict=True)
        ]

    def _scheduler(self) -> DPMSolverMultistepScheduler:
        return DPMSolverMultistepScheduler.from_config(v_prediction_scheduler(SCHEDULE))


def _measured(compute: Compute, work: Callable[[], object]) -> float:
    """Return the median seconds of a few runs of `work`, after one that warms up."""
    seconds = []
    for _ in range(RUNS + 1):
        _finish(compute)
        start = time.perf_counter()
        work()
        _finish(compute)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def _finish(compute: Compute) -> None:
    if compute.device.type == "cuda":
        torch.cuda.synchronize()


def _measure(each: Decomposition) -> None:
    """Measure and print the figures of one size."""
    compute = each.compute
    picture, alpha = each.inputs()
    conditions = each.conditions(picture, alpha)
    for unet in each.networks.unets:
        unet.to(memory_format=torch.contiguous_format)
    plain = _measured(compute, lambda: each.diffused_plainly(conditions))
    expected = each.diffused_plainly(conditions)
    for unet in each.networks.unets:
        unet.to(memory_format=torch.channels_last)
    if compute.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    latents = each.diffused(conditions)
    layers = each.decoded(latents)
    stages = {
        "encode": _measured(compute, lambda: each.conditions(picture, alpha)),
        "denoise": _measured(compute, lambda: each.diffused(conditions)),
        "decode": _measured(compute, lambda: each.decoded(latents)),
        "align": _measured(compute, lambda: each.aligned(picture, alpha, layers)),
    }
    with FlopCounterMode(display=False) as counter:
        each.aligned(picture, alpha, each.decoded(each.diffused(each.conditions(picture, alpha))))
    total, floor = sum(stages.values()), counter.get_total_flops() / FLOPS_PER_SECOND
    on_gpu = compute.device.type == "cuda"
    print(f"\n{each.size}×{each.size}, {each.steps} steps")
    for name, seconds in stages.items():
        print(f"  {name:8} {1000 * seconds:9.1f} ms")
    print(f"  together {1000 * total:9.1f} ms")
    if on_gpu:
        print(f"  the arithmetic's own time {1000 * floor:.1f} ms: {total / floor:.2f} × that")
    print(f"  plain loop's denoising {1000 * plain:.1f} ms: {plain / stages['denoise']:.2f} × ours")
    furthest = max(
        float((ours - theirs).abs().max() / theirs.abs().max())
        for ours, theirs in zip(latents, expected, strict=True)
    )
    print(f"  furthest from the plain loop's latent: {furthest:.1e} of its range")
    if on_gpu:
        print(f"  peak memory {spoken_size(torch.cuda.max_memory_allocated())}")


def main(words: list[str] | None = None) -> None:
    """Measure and print the sizes that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--sizes", type=int, nargs="+", help="multiples of 64 (512 768 1024)")
    parser.add_argument("--steps", type=int, help=f"of the scheduler ({STEPS})")
    given = parser.parse_args(words)
    logging.set_verbosity_error()
    compute = compute_on(given.device)
    tiny = compute.device.type == "cpu"
    sizes = given.sizes or ([128] if tiny else [512, 768, 1024])
    steps = given.steps or (3 if tiny else STEPS)
    facts = ", ".join(f"{name} {value}" for name, value in machine_facts().items())
    print(f"On: {compute.words}, {compute.precision}; {facts}")
    if tiny:
        print("No GPU computes: the networks are tiny, and the times say nothing of the real ones.")
    networks = make_networks(compute)
    for size in sizes:
        with torch.inference_mode():
            _measure(Decomposition(networks, compute, size, steps))


if __name__ == "__main__":
    main()
