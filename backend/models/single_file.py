"""What a file of weights is, told by the names and shapes of its tensors."""

from pathlib import Path

from layerpeel.backend.models.safetensors_header import Shapes, shapes_in

# The UNet's first layer, as Stability's code names it: [width, channels in, 3, 3].
_FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
_CHANNELS = 4
_INPAINTING_CHANNELS = 9

SDXL_INPAINTING = (
    "is SDXL for inpainting, which edits pictures and makes none from words alone; "
    f"wanted is SDXL whose UNet takes {_CHANNELS} channels, not {_INPAINTING_CHANNELS}"
)


class UnfitError(Exception):
    """It is nothing that Layerpeel takes. Says what it is, after its name."""


def require_sdxl(file: Path) -> None:
    """Make sure that a safetensors file is a whole SDXL checkpoint that makes pictures from words.

    Raises UnfitError when it is something else, WeightsError when it is damaged, OSError when it
    cannot be read.
    """
    shapes = shapes_in(file)
    other = _other_than_sdxl(shapes)
    if other is not None:
        raise UnfitError(other)
    channels = shapes[_FIRST_LAYER][1]
    if channels == _INPAINTING_CHANNELS:
        raise UnfitError(SDXL_INPAINTING)
    if channels != _CHANNELS:
        raise UnfitError(
            f"is an SDXL checkpoint whose UNet takes {channels} channels; wanted is one that takes "
            f"{_CHANNELS}"
        )


def _other_than_sdxl(shapes: Shapes) -> str | None:
    def has(*starts: str) -> bool:
        return any(name.startswith(starts) for name in shapes)

    wanted = "wanted is a whole SDXL checkpoint"
    if any(".lora" in name or name.startswith("lora_") for name in shapes):
        return f"is a LoRA, which changes a checkpoint and is none itself; {wanted}"
    if has("cond_stage_model.transformer."):
        return f"is a checkpoint of Stable Diffusion 1; {wanted}"
    if has("cond_stage_model.model."):
        return f"is a checkpoint of Stable Diffusion 2; {wanted}"
    if has("conditioner.embedders.0.model.") and not has("conditioner.embedders.1."):
        return f"is the refiner of SDXL, which makes no pictures from words alone; {wanted}"
    parts = {
        "its text encoders": has("conditioner.embedders.1.model."),
        "its UNet": len(shapes.get(_FIRST_LAYER, ())) == 4,
        "its VAE": has("first_stage_model."),
    }
    missing = [part for part, there in parts.items() if not there]
    if len(missing) == len(parts):
        return f"holds tensors of another kind of model; {wanted}"
    if missing:
        return f"is an SDXL checkpoint without {' and '.join(missing)}; {wanted}"
    return None
