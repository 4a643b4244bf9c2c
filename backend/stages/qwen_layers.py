"""A picture taken apart into layers at once, by Qwen-Image-Layered through diffusers.

Yin et al., "Qwen-Image-Layered: Towards Inherent Editability via Layer Decomposition", arXiv
2512.15603. A language model describes the picture, then a diffusion transformer paints the picture
and all layers together, at the size it was trained at. Settings are those of its model card.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import torch
from diffusers import QwenImageLayeredPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_layered import calculate_dimensions
from PIL import Image
from torch import Tensor, nn

from layerpeel.backend.devices.compute import LEFT_TO_OTHERS
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.errors import BadInputError, DeviceError
from layerpeel.backend.image import Float32
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.networks.qwen_folder import TEXT_ENCODER, TRANSFORMER, VAE, QwenFolder
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.layer_guess import PaintedLayer

STEPS = 50
GUIDANCE = 4.0
SIDE = 640  # of the square that is as large as what it paints; pixels
MOST_WORDS = 512  # of the description; tokens

# Narrower pictures have no size at which the language model would look at them.
MOST_ELONGATED = 100

# How much of the work is done once the picture is described, and once the layers are painted
# (docs/decisions.md).
DESCRIBED, PAINTED = 0.3, 0.97

# What is clear is described as this grey.
CLEAR_LOOKS = (128, 128, 128, 255)


@dataclass(frozen=True)
class QwenLayers:
    """folder: see `QwenFolder`. Its networks lie in `pool`, one after the other."""

    folder: Path
    pool: NetworkPool

    def check(self) -> None:
        """Check, before anything is loaded, that there is room for it.

        Raises ModelError when the folder is another one, incomplete or damaged, and DeviceError
        when device or main memory are too small.
        """
        compute = self.pool.compute
        size = {
            part: count * compute.precision.itemsize
            for part, count in QwenFolder(self.folder).parameters().items()
        }
        whole = sum(size.values())
        on_cpu = compute.device.type == "cpu"
        at_once = whole if on_cpu else max(size[TEXT_ENCODER], size[TRANSFORMER] + size[VAE])
        if at_once > compute.budget:
            raise DeviceError(
                f"Qwen-Image-Layered needs {spoken_size(at_once)} on the {compute.words} for its "
                f"weights, and {spoken_size(compute.budget)} can be used there. {_advice(whole)}"
            )
        memory = int(psutil.virtual_memory().total * (1 - LEFT_TO_OTHERS))
        if whole > memory:
            raise DeviceError(
                f"Qwen-Image-Layered needs {spoken_size(whole)} of main memory for its weights, "
                f"and {spoken_size(memory)} can be used here. {_advice(whole)}"
            )

    def decompose(
        self, proxy: Float32, alpha: Float32, layers: int, seed: int, report: ReportFraction
    ) -> list[PaintedLayer]:
        """Take a picture apart into so many layers, front-most first.

        proxy: H×W×3, RGB, display-referred sRGB, 0–1. alpha: H×W, 0–1. The layers come as large as
        they were painted, some `SIDE`² pixels in about the picture's proportions, for all of the
        picture. The last one is the background, as a rule opaque; any may be empty.

        Raises as `check` does, BadInputError for a picture that is far too narrow, and DeviceError
        when the device's memory runs out or its precision does not suffice.
        """
        height, width = alpha.shape
        if max(height, width) > MOST_ELONGATED * min(height, width):
            raise BadInputError(
                f"The picture is {width}×{height} pixels, too narrow for the engine “qwen”: crop "
                f"it until it is at most {MOST_ELONGATED} times as long as wide."
            )
        self.check()
        report(0.0)
        try:
            painted = self._painted(_as_seen(proxy, alpha), layers, seed, report)
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                f"The {self.pool.compute.words} has not enough memory for {layers} layers by "
                "“qwen”. Ask for fewer, or close other programs that use it."
            ) from error
        if not np.isfinite(painted).all():
            raise DeviceError(
                f"On the {self.pool.compute.words}, in {self.pool.compute.precision}, the layers "
                "of “qwen” came out as no numbers. Use a GPU that computes in bfloat16."
            )
        report(1.0)
        return [(layer[..., :3].copy(), layer[..., 3].copy()) for layer in reversed(painted)]

    def _painted(
        self, picture: Image.Image, layers: int, seed: int, report: ReportFraction
    ) -> Float32:
        """Describe and paint: N×h×w×4, straight RGBA in 0–1, bottom layer first."""
        with self._using(TEXT_ENCODER) as text_encoder:
            pipeline = QwenFolder(self.folder).pipeline(text_encoder)
            prompts = _prompts(pipeline, picture, self.pool.compute.device, report)
        report(DESCRIBED)

        def stepped(
            _pipeline: QwenImageLayeredPipeline,
            step: int,
            _time: Tensor,
            changed: dict[str, Tensor],
        ) -> dict[str, Tensor]:
            report(DESCRIBED + (PAINTED - DESCRIBED) * (step + 1) / STEPS)
            return changed

        with self._using(TRANSFORMER) as transformer, self._using(VAE) as vae:
            parts = {**pipeline.components, TRANSFORMER: transformer, VAE: vae}
            pipeline = QwenImageLayeredPipeline(**parts)
            pipeline.set_progress_bar_config(disable=True)
            # Of layers + 1 pictures that are painted, diffusers drops the first, the flattened one.
            images: list[Float32] = pipeline(
                picture,
                # Of no meaning beside embeddings; without words it would be described once more.
                prompt="described",
                **prompts,
                layers=layers,
                resolution=SIDE,
                num_inference_steps=STEPS,
                true_cfg_scale=GUIDANCE,
                cfg_normalize=True,
                # Drawn on the processor: the same noise whatever the device.
                generator=torch.Generator("cpu").manual_seed(seed),
                callback_on_step_end=stepped,
                output_type="np",
            ).images
        return images[0]

    @contextmanager
    def _using(self, part: str) -> Iterator[nn.Module]:
        load = partial(QwenFolder(self.folder).load, part, self.pool.compute.precision)
        with self.pool.using(f"Qwen-Image-Layered ({part})", load) as network:
            yield network


def _prompts(
    pipeline: QwenImageLayeredPipeline,
    picture: Image.Image,
    device: torch.device,
    report: ReportFraction,
) -> dict[str, Tensor]:
    """Describe a picture in words, and encode them for the transformer.

    Arguments of the pipeline: embeddings [1, tokens, width] and masks [1, tokens] of the
    description, and of the empty prompt that it is to keep away from.
    """
    # The likeliest word each time: nothing is drawn, so nothing depends on a generator.
    how = pipeline.text_encoder.generation_config
    how.do_sample, how.temperature, how.top_p, how.top_k = False, None, None, None
    backdrop = Image.new("RGBA", picture.size, CLEAR_LOOKS)
    shown = Image.alpha_composite(backdrop, picture).convert("RGB")
    # As diffusers shows it to both networks.
    size = calculate_dimensions(SIDE * SIDE, picture.width / picture.height)
    shown = shown.resize(size, Image.Resampling.LANCZOS)
    with _each_call_of(pipeline.text_encoder, MOST_WORDS, lambda done: report(DESCRIBED * done)):
        caption = pipeline.get_image_caption(shown, use_en_prompt=True, device=device)
        wanted, _ = pipeline.encode_prompt(caption, device=device)
        unwanted, _ = pipeline.encode_prompt(" ", device=device)
    return {
        "prompt_embeds": wanted,
        "prompt_embeds_mask": torch.ones(wanted.shape[:2], dtype=torch.long, device=device),
        "negative_prompt_embeds": unwanted,
        "negative_prompt_embeds_mask": torch.ones(
            unwanted.shape[:2], dtype=torch.long, device=device
        ),
    }


@contextmanager
def _each_call_of(network: nn.Module, most: int, report: Callable[[float], None]) -> Iterator[None]:
    """Report at every call of a network; `most` is how many there are at most, more or less."""
    calls = 0

    def called(_network: nn.Module, _inputs: tuple[Tensor, ...]) -> None:
        nonlocal calls
        calls += 1
        report(min(calls / most, 1.0))

    hook = network.register_forward_pre_hook(called)
    try:
        yield
    finally:
        hook.remove()


def _as_seen(proxy: Float32, alpha: Float32) -> Image.Image:
    levels = np.floor(np.dstack([proxy, alpha]) * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(levels)


def _advice(whole: int) -> str:
    return (
        f"All of it is {spoken_size(whole)}, which main memory must hold. Let a machine that has "
        "room for it peel, or use the engine “auto”."
    )
