"""What training FBDD takes on a GPU, counted without any weights.

`python -m layerpeel.backend.benchmarks.training_sizes` prints the table of docs/training.md. UNet
and VAE are made at full size on torch's device `meta`; what the UNet keeps for its gradients is
noted while it computes there, by the block that keeps it.
"""

from collections import defaultdict
from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from layerpeel.backend.benchmarks.decomposition import full_size_unet, full_size_vae
from layerpeel.backend.devices.pool import bytes_of
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.networks.latents import LATENT_STRIDE
from layerpeel.backend.networks.pretrained import quiet
from layerpeel.backend.training.lora import add_lora
from layerpeel.backend.training.recipe import RECIPES, FbddRecipe, read_fbdd_recipe

COUNTED = ("paper-fbdd", "lora-fbdd")

# What diffusers computes again, where it does, one at a time.
_BLOCKS = (ResnetBlock2D, BasicTransformerBlock)

# Of each trained weight in float32: itself, its gradient, and Adam's two moments.
_COPIES = 4
_FLOAT32 = torch.float32.itemsize
_TOKENS = 77


@dataclass(frozen=True)
class TrainingBytes:
    """Bytes on the device: of weights that rest, of those trained with all they take and their
    average, and of what is kept for gradients.
    """

    resting: int
    trained: int
    kept: int

    @property
    def all(self) -> int:
        """Together."""
        return self.resting + self.trained + self.kept


def training_bytes(recipe: FbddRecipe) -> TrainingBytes:
    """Count what one layer's UNet takes at full size, by a recipe."""
    with torch.device("meta"):
        unet, vae = full_size_unet(), full_size_vae()
        if recipe.network.lora_rank:
            add_lora(unet, recipe.network.lora_rank)
    trained = sum(each.numel() for each in unet.parameters() if each.requires_grad)
    resting = sum(each.numel() for each in unet.parameters() if not each.requires_grad)
    samples = recipe.run.micro_batch_size or recipe.training.batch_size
    kept, computed_again = kept_for_gradients(unet, samples, recipe.samples.side // LATENT_STRIDE)
    again = recipe.run.gradient_checkpointing
    return TrainingBytes(
        resting * _FLOAT32 + bytes_of(vae),
        trained * _FLOAT32 * (_COPIES + 1),
        computed_again if again else kept,
    )


def kept_for_gradients(unet: UNet2DConditionModel, samples: int, side: int) -> tuple[int, int]:
    """Count the bytes that a UNet on `meta` keeps for its gradients, at least.

    All is counted in bfloat16. Training computes norms and softmax in float32, and keeps a copy of
    each trained weight in bfloat16: how much more lies there, only a GPU tells.

    side: of the latents. Returns them without and with computing blocks again: then the inputs of
    all blocks are kept, what lies between them, and all of the largest block.
    """
    with quiet():
        unet = unet.to(torch.bfloat16)
    block: list[nn.Module | None] = [None]
    within: defaultdict[nn.Module | None, int] = defaultdict(int)
    inputs = 0
    weights = {id(each) for each in unet.parameters()}
    seen: set[int] = set()
    alive: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        whole = tensor._base if tensor._base is not None else tensor
        if id(whole) not in seen | weights:
            seen.add(id(whole))
            alive.append(whole)  # so that its id stays its own
            within[block[0]] += tensor.numel() * tensor.element_size()
        return tensor

    def enter(module: nn.Module, given: tuple[object, ...], more: dict[str, object]) -> None:
        nonlocal inputs
        block[0] = module
        first = given[0] if given else more["hidden_states"]
        inputs += first.numel() * first.element_size() if isinstance(first, Tensor) else 0

    def leave(_module: nn.Module, _given: object, _made: object) -> None:
        block[0] = None

    for module in unet.modules():
        if isinstance(module, _BLOCKS):
            module.register_forward_pre_hook(enter, with_kwargs=True)
            module.register_forward_hook(leave)
    planes = torch.empty(
        samples, unet.config.in_channels, side, side, dtype=torch.bfloat16, device="meta"
    )
    width = unet.config.cross_attention_dim
    words = torch.empty(samples, _TOKENS, width, dtype=torch.bfloat16, device="meta")
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        unet(planes, torch.zeros(samples, device="meta"), encoder_hidden_states=words)
    between = within.pop(None, 0)
    return between + sum(within.values()), between + inputs + max(within.values())


def table() -> str:
    """Write the table, in Markdown."""
    lines = [
        "| recipe | samples at once | weights that rest | trained, with gradients, moments, "
        "average | kept for gradients, at least | together, at least |",
        "|---|---|---|---|---|---|",
    ]
    for name in COUNTED:
        recipe = read_fbdd_recipe(RECIPES / f"{name}.toml")
        counted = training_bytes(recipe)
        sizes = (counted.resting, counted.trained, counted.kept, counted.all)
        samples = recipe.run.micro_batch_size or recipe.training.batch_size
        lines.append(f"| `{name}` | {samples} | {' | '.join(map(spoken_size, sizes))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
