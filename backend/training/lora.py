"""Training a diffusion UNet by low-rank changes of its weights (LoRA), merged when it is done.

Hu et al., “LoRA: Low-Rank Adaptation of Large Language Models”, 2021, section 4.1.
"""

from importlib.util import find_spec

from diffusers import UNet2DConditionModel

from layerpeel.backend.errors import ModelError

# Attention and what goes in and out of it, its feed-forward layers, and the residual blocks.
_CHANGED = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "proj_in",
    "proj_out",
    "ff.net.0.proj",
    "ff.net.2",
    "conv1",
    "conv2",
)


def add_lora(unet: UNet2DConditionModel, rank: int) -> None:
    """Freeze a UNet but for its first layer, and add changes of this rank, which begin at 0.

    Its first layer is trained whole: what it makes of alpha has to be learned from nothing.

    Raises ModelError when peft is not installed.
    """
    if find_spec("peft") is None:
        raise ModelError(
            "Recipes with lora_rank need the package peft, which cannot be found: run `pip install "
            "'layerpeel[full]'` again."
        )
    from peft import LoraConfig  # what no other recipe needs

    unet.requires_grad_(False)
    unet.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=list(_CHANGED)))
    unet.conv_in.requires_grad_(True)


def merge_lora(unet: UNet2DConditionModel) -> None:
    """Add the changes to the weights: afterwards it is a UNet as any other."""
    unet.fuse_lora()
    unet.unload_lora()
