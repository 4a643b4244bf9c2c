"""Additions to a generator's checkpoint: LoRAs, and another sampler."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import BadInputError

MOST_WEIGHT = 4.0


@dataclass(frozen=True)
class Lora:
    """A LoRA: a small file that changes a checkpoint.

    weight: strength of the change, −`MOST_WEIGHT` to `MOST_WEIGHT`; 1 is as trained.

    Raises BadInputError for another weight.
    """

    file: Path
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not abs(self.weight) <= MOST_WEIGHT:
            raise BadInputError(
                f"{self.weight:g} cannot be used for the weight of {self.file}: choose from "
                f"{-MOST_WEIGHT:g} to {MOST_WEIGHT:g}."
            )


@dataclass(frozen=True)
class SamplerChoice:
    """A sampler: a scheduler class of diffusers, its settings, and the most steps it takes."""

    class_name: str
    settings: tuple[tuple[str, Any], ...] = ()
    most_steps: float = math.inf


# Latents are not to be clipped to −1…1, which is the default of these.
_UNLIMITED = (("clip_sample", False), ("set_alpha_to_one", False))

SAMPLERS = {
    "euler": SamplerChoice("EulerDiscreteScheduler"),
    "euler a": SamplerChoice("EulerAncestralDiscreteScheduler"),
    "dpm++ 2m": SamplerChoice("DPMSolverMultistepScheduler", (("use_karras_sigmas", False),)),
    "dpm++ 2m karras": SamplerChoice("DPMSolverMultistepScheduler", (("use_karras_sigmas", True),)),
    "ddim": SamplerChoice("DDIMScheduler", _UNLIMITED),
    # It chooses its steps among 50 of the training's (Luo et al., Latent Consistency Models, 2023).
    "lcm": SamplerChoice("LCMScheduler", _UNLIMITED, most_steps=50),
}


def sampler_called(name: str) -> SamplerChoice:
    """Return a sampler by its name in `SAMPLERS`, or by its class of diffusers.

    Raises BadInputError, which lists what there is.
    """
    wanted = " ".join(name.lower().split())
    if wanted in SAMPLERS:
        return SAMPLERS[wanted]
    for choice in SAMPLERS.values():
        if choice.class_name == name:
            return choice
    raise BadInputError(f"There is no sampler “{name}”. There are {', '.join(SAMPLERS)}.")


@dataclass(frozen=True)
class Additions:
    """Changes to how a generator paints.

    loras: fused into the checkpoint one after the other.
    sampler: a name for `sampler_called`; None leaves the checkpoint's own.
    """

    loras: tuple[Lora, ...] = ()
    sampler: str | None = None


def check_steps(sampler: str | None, steps: int) -> None:
    """Raise BadInputError when the sampler is unknown, or does not take so many steps."""
    if sampler is None:
        return
    most = sampler_called(sampler).most_steps
    if steps > most:
        raise BadInputError(f"The sampler “{sampler}” takes at most {most:g} steps, not {steps}.")
