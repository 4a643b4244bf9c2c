"""Words → picture: the first stage of the paper's Figure 1 (section 3.1)."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from layerpeel.backend.devices.pool import NetworkPool, smaller_until_it_fits
from layerpeel.backend.errors import BadInputError, ModelError, NothingFoundError
from layerpeel.backend.image import Float32
from layerpeel.backend.progress import (
    ReportFraction,
    ReportProgress,
    ShowFound,
    say_no_fraction,
    say_nothing,
    show_nobody,
)
from layerpeel.backend.stages.generation.additions import Additions, check_steps
from layerpeel.backend.stages.generation.applied_additions import add_loras, choose_sampler
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.control import condition, is_dark_on_light
from layerpeel.backend.stages.generation.generator_checkpoint import Checkpoint, side_of
from layerpeel.backend.stages.generation.latent_preview import preview_of
from layerpeel.backend.stages.generation.loading import (
    add_controlnet,
    begin_from_picture,
    load_pipeline,
    paints_only_within_masks,
)
from layerpeel.backend.stages.generation.memory import choose_tiles, on_device
from layerpeel.backend.stages.generation.pipelines import REFERENCES, SIZE, Pipeline, takes
from layerpeel.backend.stages.generation.references import MOST_PIXELS, as_shown, size_to_edit_at
from layerpeel.backend.stages.generation.request import (
    Control,
    ControlKind,
    GenerationRequest,
    PaintingSettings,
    Start,
    check_length,
    settle,
)
from layerpeel.backend.stages.generation.sizes import resampled, working_size
from layerpeel.backend.stages.generation.start import start_arguments, strength_for
from layerpeel.backend.stages.generation.weight_bits import WeightBits, choose_bits
from layerpeel.shared.translatable import Translatable

LOADING = Translatable("Loading the generator")
PAINTING, DECODING = Translatable("Painting"), Translatable("Developing the picture")

# Share of the work, roughly, that is done when painting begins, and when it ends.
PAINTING_BEGINS, PAINTING_ENDS = 0.05, 0.95

# Previews of one picture, at most.
PREVIEWS = 10

# When a GPU's memory runs out, it is tried again with sides of these shares.
SMALLER_SIDES = (1.0, 0.75, 0.5)


@dataclass(frozen=True)
class Generated:
    """A generated picture.

    picture: H×W×3, RGB, display-referred sRGB, 0–1, of the size that was asked for.
    worked_at: width and height at which the generator made it.
    notes: sentences for the person.
    """

    picture: Float32
    worked_at: tuple[int, int]
    notes: tuple[str, ...]


class Generator:
    """A generator, loaded at its first picture and kept for the next ones.

    On a GPU its networks lie only while they compute; the networks of `pool` make room.

    Raises ModelError when its checkpoint cannot be read.
    """

    def __init__(
        self,
        config: GeneratorConfig,
        checkpoint: Checkpoint,
        pool: NetworkPool,
        additions: Additions | None = None,
    ) -> None:
        self._config = replace(config, side=side_of(config, checkpoint))
        self._checkpoint = checkpoint
        self._pool = pool
        self._additions = additions or Additions()
        self._plain: Pipeline | None = None
        self._bits = WeightBits()  # of the networks that are loaded
        self._controlled: tuple[Path, Pipeline] | None = None
        self._begun: dict[bool, Pipeline] = {}  # by whether it paints within a mask

    def generate(
        self,
        request: GenerationRequest,
        report: ReportProgress = say_nothing,
        show: ShowFound = show_nobody,
    ) -> Generated:
        """Make the picture that a request describes. The same one again gives the same bytes.

        report: called at every step; may raise to cancel.
        show: called at most `PREVIEWS` times with a small, rough preview: H×W×4, RGB and an alpha
            of 1, 0–1. Generators without a preview never call it.

        Raises BadInputError for a request that cannot be answered (`settle`), and for a prompt of
        more tokens than the generator takes; ModelError when it cannot be loaded or makes no
        picture; NothingFoundError when its safety checker withholds it; DeviceError when it does
        not fit on the device.
        """
        settings = settle(request, self._config)
        check_steps(self._additions.sampler, settings.steps)
        report(LOADING, 0.0)
        self._pool.clear_device()
        pipeline = self.pipeline_for(
            settings.control,
            settings.start,
            lambda done: report(LOADING, PAINTING_BEGINS * done),
        )
        self._check_prompts(pipeline, settings)
        sides = [round(self._config.side * share) for share in SMALLER_SIDES]

        def attempt(side: int) -> tuple[Float32, tuple[int, int]]:
            fitting = size_to_edit_at if settings.edits else working_size
            size = fitting(settings.size, side, self._config.multiple)
            shown = self._shown(settings, size, side / sides[0])
            return self._painted(pipeline, settings, size, shown, report, show), size

        (picture, size), side = smaller_until_it_fits(
            self._pool, sides, attempt, f"a picture by {self._config.title}"
        )
        reshaped = request.edit is not None and not settings.edits
        notes = _notes(settings, size, side != sides[0], reshaped)
        if self._bits.note:
            notes += (self._bits.note,)
        return Generated(resampled(picture, settings.size), size, notes)

    def pipeline_for(
        self,
        control: Control | None,
        start: Start | None = None,
        report: ReportFraction = say_no_fraction,
    ) -> Pipeline:
        """Return the pipeline for a control or start picture, loaded when first needed.

        report: called while it loads; may raise to cancel.

        Raises as `generate` does.
        """
        compute = self._pool.compute
        if self._plain is None:
            self._bits = choose_bits(self._config, self._checkpoint, compute)
            plain = load_pipeline(self._config, self._checkpoint, compute, self._bits, report)
            add_loras(plain, self._config, self._additions.loras)
            choose_sampler(plain, self._config, self._additions.sampler)
            self._plain = plain
        within_mask = start is not None and start.mask is not None
        if paints_only_within_masks(self._plain) and not within_mask:
            raise BadInputError(
                f"{self._checkpoint.path} is for inpainting, which paints within a mask: give a "
                "picture to begin from and a mask, or another checkpoint."
            )
        if start is not None:
            if within_mask not in self._begun:
                self._begun[within_mask] = begin_from_picture(
                    self._plain, self._config, within_mask
                )
            return self._begun[within_mask]
        if control is None:
            return self._plain
        folder = control.network
        if self._controlled is None or self._controlled[0] != folder:
            self._controlled = None  # First, so that two never lie side by side.
            pipeline = add_controlnet(self._plain, self._config, folder, compute)
            self._controlled = folder, pipeline
        return self._controlled[1]

    def _check_prompts(self, pipeline: Pipeline, settings: PaintingSettings) -> None:
        config = self._config
        tokenizers = {name: getattr(pipeline, name) for name in config.tokenizers}
        check_length(settings.prompt, "The prompt", tokenizers, config.prompt_tokens)
        check_length(
            settings.negative_prompt, "The negative prompt", tokenizers, config.prompt_tokens
        )

    def _shown(
        self, settings: PaintingSettings, size: tuple[int, int], share: float
    ) -> list[Image.Image]:
        """What it is shown when it works at a size, whose side is a share of the usual one."""
        edited_at = size if settings.edits else None
        return as_shown(settings.shown, edited_at, share**2, self._config.multiple)

    def _painted(
        self,
        pipeline: Pipeline,
        settings: PaintingSettings,
        size: tuple[int, int],
        shown: list[Image.Image],
        report: ReportProgress,
        show: ShowFound,
    ) -> Float32:
        """Run the pipeline at a size (width, height) that it can work at: H×W×3, 0–1."""

        def after_step(
            running: Pipeline, step: int, _timestep: object, tensors: Mapping[str, Any]
        ) -> dict[str, Any]:
            steps = running.num_timesteps
            done = PAINTING_BEGINS + (PAINTING_ENDS - PAINTING_BEGINS) * (step + 1) / steps
            last = step + 1 == steps
            report(DECODING if last else f"{PAINTING} (step {step + 2} of {steps})", done)
            # Of other generators the same number of latents means other colours.
            is_sdxl = "text_encoder_2" in running.components
            if is_sdxl and (step + 1) % math.ceil(steps / PREVIEWS) == 0:
                preview = preview_of(tensors["latents"])
                if preview is not None:
                    show(preview)
            return {}

        report(f"{PAINTING} (step 1 of {settings.steps_to_run})", PAINTING_BEGINS)
        encoded = max((each.width * each.height for each in shown), default=0)
        choose_tiles(pipeline, size[0] * size[1], self._pool.compute, encoded)
        with on_device(pipeline, self._pool.compute.device), warnings.catch_warnings():
            # A function of its own that diffusers calls, though it has deprecated it.
            warnings.filterwarnings("ignore", "`upcast_vae`", FutureWarning)
            made = pipeline(
                prompt=settings.prompt,
                num_inference_steps=settings.steps,
                # On the processor everywhere, so that a seed means the same on every device.
                generator=torch.Generator("cpu").manual_seed(settings.seed),
                output_type="np",
                callback_on_step_end=after_step,
                **_chosen(pipeline, settings, size),
                **({REFERENCES: shown} if shown else {}),
                **self._config.call_arguments,
            )
        if any(getattr(made, "nsfw_content_detected", None) or []):
            raise NothingFoundError(
                f"The safety checker that comes with {self._config.title} withheld the picture. "
                "Say it in other words, or try another seed."
            )
        picture = np.asarray(made.images[0], np.float32)  # [H, W, 3]
        if not np.isfinite(picture).all():
            raise ModelError(
                f"{self._config.title} made pixels that are no numbers: this checkpoint cannot "
                "compute in half precision. Let the processor compute (--device cpu)."
            )
        return picture


def _chosen(
    pipeline: Pipeline, settings: PaintingSettings, size: tuple[int, int]
) -> dict[str, Any]:
    """Make the arguments that only some requests and generators have."""
    # What begins from a picture may take its size from that.
    sides = zip(SIZE, size, strict=True)
    chosen: dict[str, Any] = {name: side for name, side in sides if takes(pipeline, name)}
    if settings.start is not None:
        chosen |= start_arguments(
            settings.start, size, strength_for(pipeline, settings.steps, settings.steps_to_run)
        )
    if settings.guidance is not None:
        chosen["guidance_scale"] = settings.guidance
    if settings.negative_prompt:
        chosen["negative_prompt"] = settings.negative_prompt
    if settings.control is not None:
        planes = torch.from_numpy(condition(settings.control, size).transpose(2, 0, 1)[None])
        chosen["image"] = planes.contiguous()  # [1, 3, H, W]
        chosen["controlnet_conditioning_scale"] = settings.strength
    return chosen


def _notes(
    settings: PaintingSettings, size: tuple[int, int], ran_short: bool, reshaped: bool
) -> tuple[str, ...]:
    """What is to be said; reshaped: the picture to edit has another shape than the result."""
    notes = []
    width, height = size
    if ran_short:
        notes.append(f"Memory sufficed for {width} × {height} pixels only.")
    if settings.size[0] > width or settings.size[1] > height:
        notes.append(f"It was made at {width} × {height} pixels and enlarged.")
    if reshaped:
        notes.append(
            "The picture to edit has another shape than the result: it was shown as any other is, "
            "and what the words leave alone may be elsewhere."
        )
    # One that is edited is shown at the size at which the result is made.
    for number, picture in enumerate(settings.shown, 1):
        of_its_own_size = number > 1 or not settings.edits
        if of_its_own_size and picture.shape[0] * picture.shape[1] > MOST_PIXELS:
            notes.append(f"Picture {number} has more than a million pixels: it was shown smaller.")
    control = settings.control
    drawn = (ControlKind.LINES, ControlKind.SCRIBBLE)
    if control and control.kind in drawn and is_dark_on_light(control.picture):
        notes.append("The drawing is dark on light and was inverted for the ControlNet.")
    return tuple(notes)
