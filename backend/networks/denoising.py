"""The denoising loop of both diffusion UNets: from noise to a layer's latent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
)
from torch import Tensor

from layerpeel.backend.networks.latents import LATENT_CHANNELS

# Deterministic ones: the first latent determines the result.
SCHEDULERS = {
    scheduler.__name__: scheduler
    for scheduler in (DPMSolverMultistepScheduler, UniPCMultistepScheduler, DDIMScheduler)
}

# What diffusers calls the stochastic relatives of DPM-Solver.
_STOCHASTIC = "sde-"

Scheduler: TypeAlias = DPMSolverMultistepScheduler | UniPCMultistepScheduler | DDIMScheduler


@dataclass(frozen=True)
class Conditions:
    """What both UNets are conditioned on, computed once a picture.

    picture: its latent, [N, 4, h, w]. alpha: at latent size, [N, 64, h, w].
    null_embedding: [1, tokens, width], the text encoder's answer to an empty prompt.
    """

    picture: Tensor
    alpha: Tensor
    null_embedding: Tensor


def scheduler_from(config: Mapping[str, Any]) -> Scheduler:
    """Make a new scheduler by its configuration, which names its class as `_class_name`.

    Raises ValueError when it is none of `SCHEDULERS`, is not for v-prediction (the paper's; the
    default of diffusers predicts noise), draws noise, or clips latents as if they were pictures
    (the default of DDIM).
    """
    name = config.get("_class_name")
    if name not in SCHEDULERS:
        raise ValueError(f"its scheduler is {name}, not one of {', '.join(SCHEDULERS)}")
    if config.get("prediction_type") != "v_prediction":
        raise ValueError(
            f"its prediction_type is {config.get('prediction_type')}, not v_prediction"
        )
    if str(config.get("algorithm_type", "")).startswith(_STOCHASTIC):
        raise ValueError(f"its algorithm_type {config['algorithm_type']} draws noise")
    if SCHEDULERS[name] is DDIMScheduler and config.get("clip_sample") is not False:
        raise ValueError("its clip_sample is not false")
    scheduler: Scheduler = SCHEDULERS[name].from_config(dict(config))
    return scheduler


def first_noise(height: int, width: int, seed: int) -> Tensor:
    """Draw the latent, [1, 4, height, width], which both layers start from.

    In main memory, so that it is the same whatever device computes.
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, LATENT_CHANNELS, height, width, generator=generator)


def denoise(
    unet: UNet2DConditionModel,
    scheduler: Scheduler,
    noise: Tensor,
    conditions: Conditions,
    num_inference_steps: int,
    report: Callable[[float], None],
) -> Tensor:
    """Turn noise, [N, 4, h, w], into a layer's latent in `num_inference_steps` steps.

    The latent stays in float32, whatever the UNet's precision.
    report: called after every step with the share that is done, 0–1; may raise to stop.

    Returns [N, 4, h, w] in float32, on the UNet's device.
    """
    device, precision = unet.device, unet.dtype
    # 4 + 64 channels.
    conditioned = [part.to(device) for part in (conditions.picture, conditions.alpha)]
    prompt = conditions.null_embedding.to(device, precision).expand(len(noise), -1, -1)
    latent = noise.to(device)
    scheduler.set_timesteps(num_inference_steps, device=device)
    for step, timestep in enumerate(scheduler.timesteps, start=1):
        planes = torch.cat([latent, *conditioned], dim=1)  # [N, 72, h, w]
        planes = planes.to(precision, memory_format=torch.channels_last)
        velocity = unet(planes, timestep, encoder_hidden_states=prompt).sample
        latent = scheduler.step(velocity.float(), timestep, latent).prev_sample
        report(step / len(scheduler.timesteps))
    return latent
