"""A stack as OpenRaster 0.0.5: a zip of PNGs which Krita, GIMP and MyPaint open as layers."""

import zipfile
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.formats.display import shown
from layerpeel.backend.formats.png import encode_png
from layerpeel.backend.formats.provenance import provenance_text
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.shared.protocol import Depth, Layer, LayerStack

# Provenance. Other programs ignore files that the specification does not name.
PROVENANCE = "META-INF/layerpeel.json"

_VERSION = "0.0.5"
_LONGEST_SIDE_OF_THUMBNAIL = 256
_COMPOSITE_OP = {"normal": "svg:src-over"}
# The earliest time a zip can hold, for every entry, so that equal stacks give equal bytes.
_ALWAYS = (1980, 1, 1, 0, 0, 0)


def write_openraster(stack: LayerStack, target: Path, force: bool) -> list[Path]:
    """Write a stack of 8 or 16 bits as one .ora, and return its path.

    Raises OutputError for float layers and other blend modes than normal, when the file cannot be
    written, and when it exists and `force` is not set.
    """
    for layer in (*stack.layers, *stack.other_backgrounds):
        check_depth(layer.pixels.depth, target)
        if layer.blend_mode not in _COMPOSITE_OP:
            raise OutputError(
                f"{target} cannot be written: OpenRaster is written with normal layers only, "
                f"and {layer.name} is {layer.blend_mode}. Write a folder instead."
            )
    with new_file(target, force) as file:
        _write_archive(stack, file)
    return [target]


def check_depth(depth: Depth, target: Path) -> None:
    """Raise OutputError for floats, which OpenRaster's PNGs cannot hold."""
    if depth.is_float:
        raise OutputError(
            f"{target} cannot be written: OpenRaster holds 8 and 16 bits, and this picture is "
            "float. Write a folder instead: a name without an ending."
        )


def _write_archive(stack: LayerStack, file: BinaryIO) -> None:
    flattened = flatten(stack)
    thumbnail = shown(flattened, stack.icc_profile, _LONGEST_SIDE_OF_THUMBNAIL)
    with zipfile.ZipFile(file, "w") as archive:
        # The mimetype comes first: programs recognise the file by it without unzipping.
        _add(archive, "mimetype", b"image/openraster")
        _add(archive, "stack.xml", _stack_xml(stack), zipfile.ZIP_DEFLATED)
        for number, (layer, _) in enumerate(_from_the_bottom(stack)):
            png = encode_png(seen_pixels(layer), stack.icc_profile)
            _add(archive, _source(number), png)
        _add(archive, "mergedimage.png", encode_png(flattened, stack.icc_profile))
        _add(archive, "Thumbnails/thumbnail.png", encode_png(thumbnail, b""))
        provenance = provenance_text(stack)
        if provenance:
            _add(archive, PROVENANCE, provenance, zipfile.ZIP_DEFLATED)


def _add(
    archive: zipfile.ZipFile, name: str, content: bytes, compression: int = zipfile.ZIP_STORED
) -> None:
    entry = zipfile.ZipInfo(name, _ALWAYS)
    entry.compress_type = compression
    entry.create_system = 3  # Unix, wherever this runs
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def _stack_xml(stack: LayerStack) -> bytes:
    width, height = stack.size
    image = ElementTree.Element("image", version=_VERSION, w=str(width), h=str(height))
    group = ElementTree.SubElement(image, "stack")
    # OpenRaster lists the top layer first; our stacks begin at the bottom.
    for number, (layer, is_seen) in reversed(list(enumerate(_from_the_bottom(stack)))):
        x, y = layer.offset
        ElementTree.SubElement(
            group,
            "layer",
            {
                "name": layer.name,
                "src": _source(number),
                "x": str(x),
                "y": str(y),
                "opacity": str(layer.opacity),
                "visibility": "visible" if is_seen else "hidden",
                "composite-op": _COMPOSITE_OP[layer.blend_mode],
            },
        )
    ElementTree.indent(image)
    text: bytes = ElementTree.tostring(image, "UTF-8", xml_declaration=True)
    return text


def _from_the_bottom(stack: LayerStack) -> list[tuple[Layer, bool]]:
    """All layers, and whether they are seen: above the background those in its place, hidden."""
    seen = [(layer, True) for layer in stack.layers]
    return [*seen[:1], *((layer, False) for layer in stack.other_backgrounds), *seen[1:]]


def _source(number: int) -> str:
    return f"data/layer{number + 1}.png"
