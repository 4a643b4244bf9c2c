"""What FLUX.2 klein and Z-Image need on cards of 8 to 24 GB, counted without any weights.

`python -m layerpeel.backend.benchmarks.generator_sizes` prints the table of docs/engines.md: the
networks are made at full size on torch's device `meta`, which has shapes and no numbers.
"""

import torch
from diffusers import AutoencoderKL, AutoencoderKLFlux2, Flux2Transformer2DModel
from diffusers import ZImageTransformer2DModel as ZImageTransformer
from torch import nn
from transformers import PretrainedConfig, Qwen3Config, Qwen3ForCausalLM

from layerpeel.backend.devices.compute import budget_on_card
from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.stages.generation.weight_bits import IN_FEW_BITS, bytes_in

CARDS = (8, 12, 16, 24)
HALF = 2  # bytes

Networks = dict[str, nn.Module]


def full_size_generators() -> dict[str, Networks]:
    """Make the networks of both at full size, on the device `meta`, by their components' names."""
    with torch.device("meta"):
        return {
            "FLUX.2 klein 4B": {
                "text_encoder": _qwen3_4b(),
                "transformer": Flux2Transformer2DModel(
                    in_channels=128,
                    num_layers=5,
                    num_single_layers=20,
                    attention_head_dim=128,
                    num_attention_heads=24,
                    joint_attention_dim=7680,
                    guidance_embeds=False,
                ),
                "vae": AutoencoderKLFlux2(),
            },
            "Z-Image-Turbo": {
                "text_encoder": _qwen3_4b(),
                "transformer": ZImageTransformer(),
                "vae": AutoencoderKL(
                    block_out_channels=(128, 256, 512, 512),
                    down_block_types=("DownEncoderBlock2D",) * 4,
                    up_block_types=("UpDecoderBlock2D",) * 4,
                    layers_per_block=2,
                    latent_channels=16,
                ),
            },
        }


def sizes_of(networks: Networks, few: bool) -> dict[str, int]:
    """Count the bytes of each network; few: in 4 bit, of those that come so."""
    return {
        part: bytes_in(
            {name: tuple(tensor.shape) for name, tensor in network.named_parameters()},
            HALF,
            few and part in IN_FEW_BITS,
        )
        for part, network in networks.items()
    }


def how_it_is_loaded(networks: Networks, gigabytes: int) -> str:
    """Say how a card of so many gigabytes (10⁹ bytes) holds these networks, one by one."""
    budget = budget_on_card(gigabytes * 1_000_000_000)
    for few, words in ((False, "16 bit"), (True, "4 bit")):
        if max(sizes_of(networks, few).values()) <= budget:
            return words
    return "refused"


def table() -> str:
    """Write the table, in Markdown."""
    cards = " | ".join(f"{card} GB" for card in CARDS)
    lines = [
        f"| generator | text encoder, transformer in 16 bit | in 4 bit | {cards} |",
        "|---|---|---|" + "---|" * len(CARDS),
    ]
    for title, networks in full_size_generators().items():
        sizes = [
            ", ".join(spoken_size(sizes_of(networks, few)[part]) for part in IN_FEW_BITS[::-1])
            for few in (False, True)
        ]
        held = " | ".join(how_it_is_loaded(networks, card) for card in CARDS)
        lines.append(f"| {title} | {sizes[0]} | {sizes[1]} | {held} |")
    return "\n".join(lines)


def _qwen3_4b() -> nn.Module:
    config: PretrainedConfig = Qwen3Config(
        vocab_size=151_936,
        hidden_size=2560,
        intermediate_size=9728,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        tie_word_embeddings=True,
    )
    network: nn.Module = Qwen3ForCausalLM(config)
    return network


if __name__ == "__main__":
    print(table())
