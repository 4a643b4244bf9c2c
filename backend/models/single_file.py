"""Recognising a file of weights by the names and shapes of its tensors, and by what it notes."""

import re
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.models.safetensors_header import Header, Shapes, header_of
from layerpeel.shared.generators import FoundKind

USE_OF_GGUF = (
    "is a GGUF file, which is used where it lies: name it by `layerpeel generate --checkpoint`, or "
    "as the checkpoint of a style"
)
"""What is said where one is given to be imported, or made a style; follows its name."""

USE_OF_CONTROLNET = (
    "is a ControlNet, which is used where it lies: name it by `layerpeel generate "
    "--control-model`, or in a style"
)
"""Likewise, of one in a folder as on the model hub."""

_WANTED = "wanted is a whole checkpoint of SDXL, or of Stable Diffusion 1 or 2"

# The UNet's first layer, as Stability's code names it: [width, channels in, 3, 3].
_FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
_CHANNELS, _INPAINTING_CHANNELS = 4, 9

# Those who train checkpoints that predict velocity add the first of these tensors to mark them, and
# the second where the noise schedule ends in nothing but noise (“zero terminal SNR”).
_PREDICTS_VELOCITY, _ENDS_IN_NOISE = "v_pred", "ztsnr"

# What trainers note of it: the ModelSpec standard, and kohya-ss' scripts.
_NOTED_PREDICTION = "modelspec.prediction_type"
# ModelSpec's names of architectures that say it too; more may follow after them.
_NOTED_ARCHITECTURE = "modelspec.architecture"
_OF_VELOCITY, _OF_NOISE = "stable-diffusion-v2-768-v", "stable-diffusion-v2-512"
_NOTED_BY_KOHYA, _NOTED_END_BY_KOHYA = "ss_v_parameterization", "ss_zero_terminal_snr"

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


@dataclass(frozen=True)
class SingleFile:
    """A whole generator in one file.

    family: the generator that runs it, `sdxl`, `sd1` or `sd2`. title: in words.
    within_mask: whether its UNet takes the picture and a mask too (9 channels), so that it paints
        within a mask and nothing from words alone.
    velocity: whether it predicts velocity instead of noise. ends_in_noise: whether the last step of
        its noise schedule is nothing but noise.
    """

    family: str
    title: str
    within_mask: bool = False
    velocity: bool = False
    ends_in_noise: bool = False

    @property
    def model_id(self) -> str:
        """Its id in the model store."""
        return f"{self.family}-inpainting" if self.within_mask else self.family


# By the start of what only its text encoders' names have.
_FAMILIES = {
    "conditioner.embedders.1.model.": ("sdxl", "SDXL"),
    "cond_stage_model.transformer.": ("sd1", "Stable Diffusion 1"),
    "cond_stage_model.model.": ("sd2", "Stable Diffusion 2"),
}


def generator_in(file: Path) -> SingleFile:
    """Recognise a whole generator in a safetensors file.

    Raises UnfitError when it is something else, WeightsError when it is damaged, OSError when it
    cannot be read.
    """
    header = header_of(file)
    other = _no_checkpoint(header.shapes)
    if other is not None:
        raise UnfitError(other[1])
    family, title = _family_of(header.shapes)
    channels = header.shapes[_FIRST_LAYER][1]
    if channels not in (_CHANNELS, _INPAINTING_CHANNELS):
        raise UnfitError(
            f"is a checkpoint of {title} whose UNet takes {channels} channels; wanted is one that "
            f"takes {_CHANNELS}, or {_INPAINTING_CHANNELS} for inpainting"
        )
    within_mask = channels == _INPAINTING_CHANNELS
    velocity = _predicts_velocity(header)
    if family == "sd2" and velocity is None and not within_mask:
        raise UnfitError(
            "is a checkpoint of Stable Diffusion 2, some of which predict noise and some velocity, "
            "and it does not say which: get its folder, which does"
        )
    return SingleFile(family, title, within_mask, bool(velocity), _ends_in_noise(header))


def kind_of_weights(file: Path) -> tuple[FoundKind, str]:
    """Return a file's kind, and why it cannot be made a style; raises as `generator_in` does.

    The reason follows the file's name; it is empty for a whole checkpoint.
    """
    other = _no_checkpoint(header_of(file).shapes)
    if other is not None:
        return other
    try:
        found = generator_in(file)
    except UnfitError as error:
        return FoundKind.OTHER, str(error)
    if found.within_mask:
        return FoundKind.INPAINTING, (
            f"is {found.title} for inpainting, which makes no pictures from words alone; "
            "`layerpeel models import` takes it, to fill in what is hidden "
            f"(`--engine auto+{found.model_id}`)"
        )
    return FoundKind.CHECKPOINT, ""


def _predicts_velocity(header: Header) -> bool | None:
    """Whether it predicts velocity; None where it says nothing."""
    if _PREDICTS_VELOCITY in header.shapes:
        return True
    noted = header.metadata.get(_NOTED_PREDICTION)
    if noted is not None:
        return noted.lower().startswith("v")
    architecture = header.metadata.get(_NOTED_ARCHITECTURE, "").lower()
    if architecture.startswith((_OF_VELOCITY, _OF_NOISE)):
        return architecture.startswith(_OF_VELOCITY)
    by_kohya = header.metadata.get(_NOTED_BY_KOHYA)
    return None if by_kohya is None else by_kohya.lower() == "true"


def _ends_in_noise(header: Header) -> bool:
    noted = header.metadata.get(_NOTED_END_BY_KOHYA, "").lower() == "true"
    return _ENDS_IN_NOISE in header.shapes or noted


def _no_checkpoint(shapes: Shapes) -> tuple[FoundKind, str] | None:
    """Say what a file is that holds no whole generator."""
    sdxl = " for SDXL" if _reads_sdxl_text(shapes) else ""
    if any(".lora" in name or name.startswith("lora_") for name in shapes):
        why_not = (
            f"is a LoRA{sdxl}, which changes a checkpoint and is none itself; it is used where it "
            "lies: name it by `layerpeel generate --lora`, or in a style"
        )
        return FoundKind.LORA, why_not
    if any(name.endswith(_CONTROLNET) for name in shapes):
        why_not = (
            f"is a ControlNet{sdxl}, which guides a checkpoint and is none itself; one in a folder "
            "as on the model hub is used where it lies: name it by `layerpeel generate "
            "--control-model`, or in a style"
        )
        return FoundKind.CONTROLNET, why_not
    incomplete = _incomplete(shapes)
    return None if incomplete is None else (FoundKind.OTHER, incomplete)


def _reads_sdxl_text(shapes: Shapes) -> bool:
    return any(
        len(shape) > 1 and shape[1] == _SDXL_TEXT and _READS_TEXT.search(name)
        for name, shape in shapes.items()
    )


def _family_of(shapes: Shapes) -> tuple[str, str]:
    for start, family in _FAMILIES.items():
        if any(name.startswith(start) for name in shapes):
            return family
    return _FAMILIES["conditioner.embedders.1.model."]


def _incomplete(shapes: Shapes) -> str | None:
    def has(*starts: str) -> bool:
        return any(name.startswith(starts) for name in shapes)

    if has("conditioner.embedders.0.model.") and not has("conditioner.embedders.1."):
        return f"is the refiner of SDXL, which makes no pictures from words alone; {_WANTED}"
    parts = {
        "its text encoders": has(*_FAMILIES),
        "its UNet": len(shapes.get(_FIRST_LAYER, ())) == 4,
        "its VAE": has("first_stage_model."),
    }
    missing = [part for part, there in parts.items() if not there]
    if len(missing) == len(parts):
        return f"holds tensors of another kind of model; {_WANTED}"
    if missing:
        return (
            f"is a checkpoint of {_family_of(shapes)[1]} without {' and '.join(missing)}; "
            "wanted is a whole one"
        )
    return None
