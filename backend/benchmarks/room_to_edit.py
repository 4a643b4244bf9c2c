"""What FLUX.2 klein's transformer needs beside its weights, by how many pictures it is shown.

`python -m layerpeel.backend.benchmarks.room_to_edit` prints the table of docs/engines.md. Nothing
is computed: tensors lie on torch's device `meta`, and the bytes that live at once are counted.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers import Flux2Transformer2DModel
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from layerpeel.backend.models.manifest import spoken_size
from layerpeel.backend.networks.pretrained import quiet
from layerpeel.backend.stages.generation.config import generator_config
from layerpeel.backend.stages.generation.references import MOST_PIXELS

WORDS = 512  # tokens, to which every prompt is filled up

Arguments = dict[str, Any]


class _Fused(TorchFunctionMode):
    """Lets attention make nothing but its result, as GPUs do; here all weights would be made."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Arguments | None = None,
    ) -> Any:  # noqa: ANN401
        if func is functional.scaled_dot_product_attention:
            return torch.empty_like((kwargs or {})["query"])
        return func(*args, **(kwargs or {}))


class _Living(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all tensors that are made and still there.

    weights: a network whose own are left out. most: the most that there were at once.
    """

    def __init__(self, weights: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._bytes = {_storage_of(each): 0 for each in weights.parameters()}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Arguments | None = None,
    ) -> Any:  # noqa: ANN401
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and _storage_of(tensor) not in self._bytes:
                storage = tensor.untyped_storage()
                self._bytes[_storage_of(tensor)] = storage.nbytes()
                weakref.finalize(storage, self._bytes.pop, _storage_of(tensor), None)
        self.most = max(self.most, sum(self._bytes.values()))
        return made


def room_to_edit(pictures: int) -> int:
    """Count the bytes beside the weights when so many pictures of `MOST_PIXELS` are shown."""
    config = generator_config("flux2-klein")
    tokens = (1 + pictures) * MOST_PIXELS // config.multiple**2
    half = torch.bfloat16
    with quiet(), torch.device("meta"), torch.no_grad():
        # What repeats needs no more room, however often it does.
        network = Flux2Transformer2DModel(
            in_channels=128,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=128,
            num_attention_heads=24,
            joint_attention_dim=7680,
            guidance_embeds=False,
        ).to(half)
        with _Fused(), _Living(network) as living:
            network(
                hidden_states=torch.empty(1, tokens, 128, dtype=half),
                encoder_hidden_states=torch.empty(1, WORDS, 7680, dtype=half),
                timestep=torch.empty(1, dtype=half),
                img_ids=torch.empty(1, tokens, 4),
                txt_ids=torch.empty(1, WORDS, 4),
            )
    return int(living.most)


def table() -> str:
    """Write the table, in Markdown."""
    shown = range(generator_config("flux2-klein").references + 1)
    rooms = " | ".join(spoken_size(room_to_edit(pictures)) for pictures in shown)
    return "\n".join(
        [
            f"| pictures shown | {' | '.join(map(str, shown))} |",
            "|---" * (len(shown) + 1) + "|",
            f"| room to work in | {rooms} |",
        ]
    )


def _storage_of(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


if __name__ == "__main__":
    print(table())
