"""A stack of one layer as a PNG of the whole picture's size: clear where the layer is not."""

from pathlib import Path

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.provenance import provenance_text
from layerpeel.shared.protocol import Depth, LayerStack

ENDING = ".png"


def check_layer_png(target: Path, force: bool, depth: Depth) -> None:
    """Find out before the work whether a layer of that depth can be written.

    Raises OutputError for floats, and as `check_file` does.
    """
    check_file(target, force)
    if depth.is_float:
        raise OutputError(
            f"{target} cannot be written: PNG holds 8 and 16 bits, and this picture is float. "
            "Write a folder instead: a name without an ending."
        )


def write_layer_png(stack: LayerStack, target: Path, force: bool) -> None:
    """Write the layer, and what made it into a text chunk of the file.

    Raises OutputError when writing fails.
    """
    with new_file(target, force) as file:
        file.write(encode_png(flatten(stack), stack.icc_profile, provenance_text(stack)))
