"""Recognising a file of weights by the names and shapes of its tensors."""

import re
from pathlib import Path

from layerpeel.backend.models.safetensors_header import Shapes, shapes_in
from layerpeel.shared.generators import FoundKind

_WANTED = "wanted is a whole SDXL checkpoint"

# The UNet's first layer, as Stability's code names it: [width, channels in, 3, 3].
_FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
_CHANNELS = 4
_INPAINTING_CHANNELS = 9

SDXL_INPAINTING = (
    "is SDXL for inpainting, which edits pictures and makes none from words alone; "
    f"wanted is SDXL whose UNet takes {_CHANNELS} channels, not {_INPAINTING_CHANNELS}"
)

# Those who train checkpoints that predict velocity add this tensor to mark them.
_PREDICTS_VELOCITY = "v_pred"

# Cross-attention takes tokens of the text encoders' width: 768 in Stable Diffusion 1, 1024 in 2,
# 2048 in SDXL. The names are those in LoRAs and in ControlNets.
_READS_TEXT = re.compile(
    r"attn2[._](processor\.)?to_k(_lora)?\.((lora_down|lora_A|lora\.down|down)\.)?weight$"
)
_SDXL_TEXT = 2048

# The first layer of a ControlNet's conditioning, in diffusers and in its authors' code.
_CONTROLNET = ("controlnet_cond_embedding.conv_in.weight", "input_hint_block.0.weight")


class UnfitError(Exception):
    """Layerpeel has no use for this file. The message follows its name and says what it is."""


def require_sdxl(file: Path) -> None:
    """Check that a safetensors file is a whole SDXL checkpoint that makes pictures from words.

    Raises UnfitError when it is something else, WeightsError when it is damaged, OSError when it
    cannot be read.
    """
    _, why_not = kind_of_weights(shapes_in(file))
    if why_not:
        raise UnfitError(why_not)


def kind_of_weights(shapes: Shapes) -> tuple[FoundKind, str]:
    """Return a file's kind, and why no pictures can be made with it.

    The reason follows the file's name; it is empty for a whole SDXL checkpoint.
    """
    sdxl = " for SDXL" if _reads_sdxl_text(shapes) else ""
    if any(".lora" in name or name.startswith("lora_") for name in shapes):
        why_not = f"is a LoRA{sdxl}, which changes a checkpoint and is none itself; {_WANTED}"
        return FoundKind.LORA, why_not
    if any(name.endswith(_CONTROLNET) for name in shapes):
        why_not = f"is a ControlNet{sdxl}, which guides a checkpoint and is none itself; {_WANTED}"
        return FoundKind.CONTROLNET, why_not
    other = _other_than_sdxl(shapes)
    if other is not None:
        return FoundKind.OTHER, other
    channels = shapes[_FIRST_LAYER][1]
    if channels == _INPAINTING_CHANNELS:
        return FoundKind.INPAINTING, SDXL_INPAINTING
    if channels != _CHANNELS:
        why_not = (
            f"is an SDXL checkpoint whose UNet takes {channels} channels; wanted is one that takes "
            f"{_CHANNELS}"
        )
        return FoundKind.OTHER, why_not
    if _PREDICTS_VELOCITY in shapes:
        return FoundKind.CHECKPOINT, (
            "is an SDXL that predicts velocity (v-pred), which cannot be used here"
        )
    return FoundKind.CHECKPOINT, ""


def _reads_sdxl_text(shapes: Shapes) -> bool:
    return any(
        len(shape) > 1 and shape[1] == _SDXL_TEXT and _READS_TEXT.search(name)
        for name, shape in shapes.items()
    )


def _other_than_sdxl(shapes: Shapes) -> str | None:
    def has(*starts: str) -> bool:
        return any(name.startswith(starts) for name in shapes)

    if has("cond_stage_model.transformer."):
        return f"is a checkpoint of Stable Diffusion 1; {_WANTED}"
    if has("cond_stage_model.model."):
        return f"is a checkpoint of Stable Diffusion 2; {_WANTED}"
    if has("conditioner.embedders.0.model.") and not has("conditioner.embedders.1."):
        return f"is the refiner of SDXL, which makes no pictures from words alone; {_WANTED}"
    parts = {
        "its text encoders": has("conditioner.embedders.1.model."),
        "its UNet": len(shapes.get(_FIRST_LAYER, ())) == 4,
        "its VAE": has("first_stage_model."),
    }
    missing = [part for part, there in parts.items() if not there]
    if len(missing) == len(parts):
        return f"holds tensors of another kind of model; {_WANTED}"
    if missing:
        return f"is an SDXL checkpoint without {' and '.join(missing)}; {_WANTED}"
    return None
