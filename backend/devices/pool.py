"""Networks on demand: loaded once, on the device within its budget, moved off when others come."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from accelerate import cpu_offload_with_hook
from accelerate.hooks import UserCpuOffloadHook
from torch import nn

from layerpeel.backend.devices.compute import Compute
from layerpeel.backend.errors import DeviceError
from layerpeel.backend.models.manifest import spoken_size

Network = TypeVar("Network", bound=nn.Module)
Result = TypeVar("Result")


def bytes_of(network: nn.Module) -> int:
    """Count the bytes of a network's weights and buffers."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@dataclass
class _Held:
    """A network that is loaded. users: how many use it at this moment."""

    network: nn.Module
    hook: UserCpuOffloadHook
    size: int
    on_device: bool = False
    users: int = 0


class NetworkPool:
    """Keeps what was loaded; on the device lies no more than the budget allows.

    The least recently used network makes room: from a GPU it moves to main memory; on a CPU, where
    there is no other place, it is dropped and loaded again when needed.

    companions: objects that others keep as long as this pool.
    """

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.companions: dict[object, object] = {}
        self._held: OrderedDict[str, _Held] = OrderedDict()

    @property
    def bytes_on_device(self) -> int:
        """Bytes of weights that lie on the device now."""
        return sum(held.size for held in self._held.values() if held.on_device)

    @contextmanager
    def using(self, name: str, load: Callable[[], Network]) -> Iterator[Network]:
        """Yield the network called `name`, on the device for as long as the block runs.

        load: makes it, in main memory and ready to compute, when it is not there yet.

        Raises DeviceError when it does not fit on the device beside those in use, and what `load`
        raises.
        """
        if name not in self._held:
            network = load().eval().requires_grad_(False)
            _, hook = cpu_offload_with_hook(network, self.compute.device)
            self._held[name] = _Held(network, hook, bytes_of(network))
        held = self._held[name]
        self._held.move_to_end(name)
        if not held.on_device:
            self._make_room(held.size, name)
            # From here on it counts, also one of which only a part has come before memory ran out.
            held.on_device = True
            try:
                held.hook.hook.pre_forward(held.network)
            except torch.OutOfMemoryError:
                self._move_off(name)
                raise
        held.users += 1
        try:
            yield held.network  # type: ignore[misc]  # what `load` made under this name
        finally:
            held.users -= 1

    def clear_device(self) -> None:
        """Move everything off the device that is not in use at this moment."""
        for name in [name for name, held in self._held.items() if not held.users]:
            self._move_off(name)

    def _make_room(self, size: int, for_whom: str) -> None:
        budget = self.compute.budget
        for name, held in list(self._held.items()):
            if self.bytes_on_device + size <= budget:
                return
            if held.on_device and not held.users:
                self._move_off(name)
        if self.bytes_on_device + size > budget:
            raise DeviceError(
                f"{for_whom} needs {spoken_size(size)} on the {self.compute.words}, where "
                f"{spoken_size(max(0, budget - self.bytes_on_device))} are left for it. Close "
                "other programs that use it, or let the processor compute (--device cpu)."
            )

    def _move_off(self, name: str) -> None:
        held = self._held[name]
        if not held.on_device:
            return
        held.on_device = False
        if self.compute.device.type == "cpu":
            del self._held[name]
            return
        held.hook.offload()
        if self.compute.device.type == "cuda":
            torch.cuda.empty_cache()


def smaller_until_it_fits(
    pool: NetworkPool, sizes: Sequence[int], attempt: Callable[[int], Result], what: str
) -> tuple[Result, int]:
    """Call `attempt` with one size after the other, largest first, until memory suffices.

    Returns its result and the size that fitted; a caller should say so when it is not the first.
    Before each further attempt everything else is moved off the device.

    what: what was being done, for the message. Raises DeviceError when not even the last size fits.
    """
    for size in sizes:
        try:
            return attempt(size), size
        except torch.OutOfMemoryError:
            pass  # Left here first: while it is handled, its traceback holds on to the memory.
        pool.clear_device()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    raise DeviceError(
        f"The {pool.compute.words} has not enough memory for {what}, not even at "
        f"{sizes[-1]} pixels. Close other programs that use it, or let the processor compute "
        "(--device cpu)."
    )
