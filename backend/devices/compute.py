"""The device that computes: which one, in what precision, and how much memory may be used."""

from dataclasses import dataclass, replace

import psutil
import torch

from layerpeel.backend.devices.gpu_signs import wanted_device
from layerpeel.backend.devices.memory_limit import most_memory
from layerpeel.backend.errors import DeviceError

DEVICES = ("auto", "cuda", "mps", "cpu")

# With this much everything runs: weights of one stage in half precision, and room to work. A larger
# card is used as far as it goes; tests count the bytes of the full-size networks against this.
STATED_BUDGET = 8_000_000_000

# What a stage needs beside its weights at its working size.
ROOM_TO_WORK = 2_200_000_000

# Of the memory that is there, what other programs are left with; on a processor also the network
# that is being loaded, for which others make room only when its size is known.
LEFT_TO_OTHERS = 0.05
LEFT_TO_OTHERS_ON_CPU = 0.5


@dataclass(frozen=True)
class Compute:
    """Where and how networks compute.

    precision: of the large diffusion networks. What decides edges (matting, HFA) is float32
        everywhere.
    budget: bytes that weights may fill on the device at once.
    """

    device: torch.device
    precision: torch.dtype
    budget: int

    @property
    def words(self) -> str:
        """Name the device as a person knows it."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return {"mps": "Apple GPU", "cpu": "processor"}[self.device.type]


def compute_on(name: str | None = None) -> Compute:
    """Choose the device called `name` (one of `DEVICES`); without a name, `wanted_device()`.

    `auto` takes a GPU where there is one. A device that was asked for by name is never replaced by
    another.

    Of its memory, models fill no more than `most_memory()`.

    Raises DeviceError when there is no such device, or this torch cannot use it.
    """
    compute, most = _device_called(name or wanted_device()), most_memory()
    return compute if most is None else replace(compute, budget=min(compute.budget, most))


def _device_called(chosen: str) -> Compute:
    match chosen:
        case "auto":
            if torch.cuda.is_available():
                return _on_cuda()
            return _on_mps() if torch.backends.mps.is_available() else _on_cpu()
        case "cuda":
            if not torch.cuda.is_available():
                raise DeviceError(
                    "No NVIDIA or AMD GPU can be used here: this torch sees none. Install a driver "
                    "and a torch built for it, or let the processor compute (--device cpu)."
                )
            return _on_cuda()
        case "mps":
            if not torch.backends.mps.is_available():
                raise DeviceError(
                    "No Apple GPU can be used here. Let the processor compute (--device cpu)."
                )
            return _on_mps()
        case "cpu":
            return _on_cpu()
        case _:
            raise DeviceError(
                f"There is no device called “{chosen}”. There are: {', '.join(DEVICES)}."
            )


def budget_on_card(total: int) -> int:
    """Return how many bytes of weights may lie on a card of `total` bytes."""
    return int(total * (1 - LEFT_TO_OTHERS)) - ROOM_TO_WORK


def _on_cuda() -> Compute:
    device = torch.device("cuda", torch.cuda.current_device())
    total = torch.cuda.get_device_properties(device).total_memory
    # The same request gives the same bytes, and tiles give what the whole picture would.
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    # Half floats overflow in some autoencoders, bfloat16 does not; older cards only imitate it.
    has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return Compute(device, torch.bfloat16 if has_bfloat16 else torch.float16, budget_on_card(total))


def _on_mps() -> Compute:
    total = torch.mps.recommended_max_memory()
    return Compute(torch.device("mps"), torch.float16, budget_on_card(total))


def _on_cpu() -> Compute:
    # In half precision processors are slower, many of them by two orders of magnitude.
    total = psutil.virtual_memory().total
    budget = int(total * (1 - LEFT_TO_OTHERS_ON_CPU))
    return Compute(torch.device("cpu"), torch.float32, budget)
