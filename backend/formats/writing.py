"""Stacks into files, of the kind that the file's name asks for."""

import os
from pathlib import Path

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.destination import check_file, check_folder, followed, new_file
from layerpeel.backend.formats.folder import why_not_replaced, write_folder
from layerpeel.backend.formats.openraster import check_depth, write_openraster
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.provenance import provenance_text
from layerpeel.shared.protocol import Depth, LayerStack

Output = str | os.PathLike[str]
_OPENRASTER = ".ora"
LAYER_ENDING = ".png"


def check_output(out: Output, force: bool, depth: Depth | None = None) -> None:
    """Check before the work whether its result can be written to `out`.

    out: a name that ends in .ora for one file, in / or nothing for a folder. (A `Path` drops its
        last /, so pass a string where that matters.)
    force: whether a file, or a folder that layerpeel wrote, may be replaced.
    depth: the picture's, if already known; an .ora cannot hold floats.

    Raises OutputError when it exists, its folder is not there or may not be written into, or the
    ending is unknown.
    """
    target = followed(Path(out))
    if not _is_folder(out):
        check_file(target, force)
        if depth is not None:
            check_depth(depth, target)
    else:
        check_folder(target, force, why_not_replaced)


def write_stack(stack: LayerStack, out: Output, force: bool) -> list[Path]:
    """Write a stack as an .ora or a folder, whole or not at all, and return the paths written.

    Raises OutputError as `check_output` does, for a stack that is only a selection, and when
    writing fails (disk full).
    """
    check_output(out, force)
    if not stack.layers:
        raise OutputError(f"{out} cannot be written: there are no layers, only a selection.")
    write = write_folder if _is_folder(out) else write_openraster
    return write(stack, followed(Path(out)), force)


def check_layer_png(target: Path, force: bool, depth: Depth) -> None:
    """Check before the work whether a layer of this depth can be written.

    Raises OutputError for floats, and as `check_file` does.
    """
    check_file(target, force)
    if depth.is_float:
        raise OutputError(
            f"{target} cannot be written: PNG holds 8 and 16 bits, and this picture is float. "
            "Write a folder instead: a name without an ending."
        )


def write_layer_png(stack: LayerStack, target: Path, force: bool) -> None:
    """Write a stack of one layer as a PNG of the whole picture's size, with provenance in it.

    It is clear where the layer is not. The provenance is a text chunk (`encode_png`).

    Raises OutputError when writing fails.
    """
    with new_file(target, force) as file:
        file.write(encode_png(flatten(stack), stack.icc_profile, provenance_text(stack)))


def _is_folder(out: Output) -> bool:
    """Whether `out` names a folder. Raises OutputError for an unknown ending."""
    path, name = Path(out), os.fspath(out)
    if name.endswith(("/", os.sep)):
        return True
    ending = path.suffix.lower()
    if ending == _OPENRASTER:
        return False
    if not ending or path.is_dir():
        return True
    raise OutputError(
        f"{out} cannot be written: {ending} is not a kind of layers. Ask for OpenRaster, a name "
        "that ends in .ora, or a folder of pictures, a name without an ending or with / at its end."
    )
