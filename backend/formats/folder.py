"""A stack as a folder: a picture for each layer, and layers.json with their order and offsets.

Integers are PNG, floats are TIFF. Reading the folder gives the same stack that was written.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import BadInputError, reason_of
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.formats.decoded import Decoded
from layerpeel.backend.formats.destination import new_folder
from layerpeel.backend.formats.png import decode_png, encode_png
from layerpeel.backend.formats.tiff import decode_tiff, encode_tiff
from layerpeel.backend.image import block_of
from layerpeel.backend.mask_levels import seen_pixels
from layerpeel.shared.protocol import Layer, LayerStack, MadeWith, Role
from layerpeel.shared.strict_json import read_json

LISTING = "layers.json"
# Backgrounds to choose from; a stack that was written before there were any has none.
_OTHERS = "other_backgrounds"
_KEYS = {"size", "layers", "made_with", "notes"}
_LONGEST_SLUG = 40
# Files that file managers leave in folders they have shown.
_LEFT_BEHIND = {".DS_Store", "Thumbs.db", "desktop.ini", ".directory"}


def write_folder(stack: LayerStack, target: Path, force: bool) -> list[Path]:
    """Write a stack as a folder, and return the paths of its files, layers.json last.

    Raises OutputError when it cannot be written, exists and `force` is not set, or would replace a
    folder that holds anything but a stack written here.
    """
    names = [_file_name(number, layer, stack) for number, layer in enumerate(stack.layers, 1)]
    # Beside the background, the lowest layer, in whose place each may be taken.
    names += [_file_name(1, layer, stack) for layer in stack.other_backgrounds]
    with new_folder(target, force, why_not_replaced) as folder:
        for name, layer in zip(names, (*stack.layers, *stack.other_backgrounds), strict=True):
            encode = encode_tiff if layer.pixels.depth.is_float else encode_png
            write_new_file(folder / name, encode(seen_pixels(layer), stack.icc_profile))
        listing = json.dumps(_listing(stack, names), indent=2, ensure_ascii=False)
        write_new_file(folder / LISTING, f"{listing}\n".encode())
    return [target / name for name in (*names, LISTING)]


def read_folder(path: Path) -> LayerStack:
    """Read a stack back, equal in every byte to the one that was written.

    Raises BadInputError when this is not such a folder, or a file of it is missing or broken.
    """
    listing = _read_listing(path)
    if listing is None:
        raise BadInputError(f"{path} holds no {LISTING} of layers: it is not a stack.")
    try:
        layers, icc_profile = _read_layers(path, listing["layers"])
        others, _ = _read_layers(path, listing.get(_OTHERS, []))
        return LayerStack(
            (listing["size"][0], listing["size"][1]),
            layers,
            MadeWith(**listing["made_with"]),
            icc_profile,
            tuple(listing["notes"]),
            other_backgrounds=others,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInputError(f"{path / LISTING} is not as it was written: {error!r}.") from error


def why_not_replaced(folder: Path) -> str | None:
    """Return why an existing folder may not be replaced; None if it is empty or our own stack."""
    there = {entry.name for entry in folder.iterdir()} - _LEFT_BEHIND
    if not there:
        return None
    listing = _read_listing(folder)
    if listing is None:
        return "it holds files, and not a result of layerpeel"
    entries = (*listing["layers"], *listing.get(_OTHERS, []))
    ours = {LISTING, *(str(entry.get("file")) for entry in entries)}
    foreign = sorted(there - ours)
    if foreign:
        return f"beside layers it holds {foreign[0]}, which layerpeel did not write"
    return None


def _listing(stack: LayerStack, names: list[str]) -> dict[str, Any]:
    return {
        "size": list(stack.size),
        "layers": _entries(stack.layers, names[: len(stack.layers)]),
        _OTHERS: _entries(stack.other_backgrounds, names[len(stack.layers) :]),
        "made_with": {
            "engine": stack.made_with.engine,
            "models": dict(stack.made_with.models),
            "seed": stack.made_with.seed,
            "seconds": dict(stack.made_with.seconds),
            "licences": dict(stack.made_with.licences),
            "painted": dict(stack.made_with.painted),
            "stages": dict(stack.made_with.stages),
        },
        "notes": list(stack.notes),
    }


def _entries(layers: Sequence[Layer], names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": layer.name,
            "role": layer.role.value,
            "file": name,
            "blend_mode": layer.blend_mode,
            "opacity": layer.opacity,
            "offset": list(layer.offset),
            "phrase": layer.phrase,
        }
        for name, layer in zip(names, layers, strict=True)
    ]


def _read_listing(folder: Path) -> dict[str, Any] | None:
    """Read layers.json; None when there is none, or another program wrote it."""
    try:
        listing = read_json(read_regular(folder / LISTING))
    except (OSError, ValueError):
        return None
    ours = (
        isinstance(listing, dict)
        and listing.keys() >= _KEYS
        and _is_list_of_entries(listing["layers"])
        and _is_list_of_entries(listing.get(_OTHERS, []))
        and isinstance(listing["made_with"], dict)
    )
    return listing if ours else None


def _is_list_of_entries(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _read_layers(path: Path, entries: list[dict[str, Any]]) -> tuple[tuple[Layer, ...], bytes]:
    """Read layers, and the profile of the first; empty where there is none."""
    decoded = [_read_layer(path, entry["file"]) for entry in entries]
    layers = tuple(
        Layer(
            entry["name"],
            Role(entry["role"]),
            block_of(layer.array),
            (entry["offset"][0], entry["offset"][1]),
            entry["blend_mode"],
            entry["opacity"],
            phrase=entry.get("phrase", ""),
        )
        for entry, layer in zip(entries, decoded, strict=True)
    )
    return layers, decoded[0].icc_profile if decoded else b""


def _read_layer(folder: Path, name: str) -> Decoded:
    if Path(name).name != name:
        raise ValueError(f"{name} does not lie in this folder")
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise BadInputError(f"{folder / name} cannot be read: {reason_of(error)}.") from error
    try:
        return decode_tiff(data) if name.endswith(".tiff") else decode_png(data)
    except BadInputError as error:
        raise BadInputError(f"{folder / name} cannot be used: {error}.") from error


def _file_name(number: int, layer: Layer, stack: LayerStack) -> str:
    """Make a file name, for any file system, of a layer's number from the bottom and its name."""
    digits = max(2, len(str(len(stack.layers))))
    words = re.findall(r"\w+", unicodedata.normalize("NFC", layer.name).lower())
    slug = "-".join(words)[:_LONGEST_SLUG].strip("-_") or layer.role.value
    ending = "tiff" if layer.pixels.depth.is_float else "png"
    return f"{number:0{digits}}-{slug}.{ending}"
