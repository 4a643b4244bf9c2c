"""How far the packing of weights into 4 bit is, while diffusers or transformers loads a network.

Both have sdnq pack one matrix after the other, and tell nobody: of a network of 8 GB that takes a
minute or two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from layerpeel.backend.models.safetensors_header import Shapes
from layerpeel.backend.progress import ReportFraction, StopWork
from layerpeel.backend.stages.generation.weight_bits import numbers_to_pack


@contextmanager
def telling_of_packing(shapes: Shapes, report: ReportFraction) -> Iterator[None]:
    """Report after each matrix that is packed while the block loads a network of these shapes.

    report: may raise StopWork. transformers would take that for a fault of the file, and go on: so
    nothing is packed any more, and it is raised again at the end. Each time a new one: one that
    was raised before holds, by its traceback, every matrix that it came past.
    """
    from sdnq.quantizer import SDNQQuantizer

    pack = SDNQQuantizer.create_quantized_param
    total = max(1, numbers_to_pack(shapes))
    done, stopped = 0, False

    def pack_and_tell(
        quantizer: object,
        model: object,
        value: Tensor,
        *how: Any,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> None:
        nonlocal done, stopped
        if stopped:
            raise StopWork
        pack(quantizer, model, value, *how, **more)
        done += value.numel()
        try:
            report(min(1.0, done / total))
        except StopWork:
            stopped = True
            raise

    SDNQQuantizer.create_quantized_param = pack_and_tell
    try:
        yield
    finally:
        SDNQQuantizer.create_quantized_param = pack
        if stopped:
            raise StopWork
