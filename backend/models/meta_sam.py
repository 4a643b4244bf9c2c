"""Recognising Meta's SAM in a `.pth` file without loading it, which would run code.

torch.save writes a zip archive with `data.pkl`: a pickle of the tensors' names and offsets, whose
instructions can be read one by one without being executed. What they would do decides first, and
only then what the tensors are called: names alone can be copied.
"""

import pickletools
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from layerpeel.backend.files.regular_file import open_regular

# One tensor of each part; models derived from SAM lack one or the other.
_TENSORS = {
    "image_encoder.pos_embed",
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    "mask_decoder.iou_token.weight",
}
_LONGEST = 16_000_000
_OLD_FORMAT = b"\x80\x02"
# A magic number, a version, the system, the tensors, their keys.
_PICKLES_OF_OLD_FORMAT = 5
# What pickletools and zipfile raise for damaged files and files that are no archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError, IndexError)

# All that tensors are made of; `torch.load(weights_only=True)` allows these, and more.
_HARMLESS = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2"}
_STORAGES = "torch "
# Instructions by which a pickle names or makes something without our being told what it is.
_HIDDEN = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}


class HarmfulError(Exception):
    """Loading the file would do something else than fill tensors. The message names it."""


def is_meta_sam(file: Path) -> bool | None:
    """Return whether the names of its tensors are SAM's; None for torch's old format.

    Only loading could tell for the old format.

    Raises HarmfulError when loading it would call something else than what fills tensors,
    ValueError, whose message follows the file's name, when it is damaged; OSError when it cannot be
    read.
    """
    with open_regular(file) as opened:
        start = opened.read(4)
        opened.seek(0)
        if start.startswith(_OLD_FORMAT):
            _check_old_format(opened)
            return None
        if start != b"PK\x03\x04":
            raise ValueError("is no file of torch, or is damaged")
        try:
            with zipfile.ZipFile(opened) as archive:
                (member,) = (one for one in archive.infolist() if _is_pickle(one))
                with archive.open(member) as inside:
                    pickle = inside.read(_LONGEST + 1)
            if len(pickle) > _LONGEST:
                return False
            return _names_in(pickle) >= _TENSORS
        except _DAMAGE as error:
            raise ValueError("was not copied to its end, or is damaged") from error


def _is_pickle(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith("/data.pkl")


def _check_old_format(file: BinaryIO) -> None:
    """Check the pickles that follow each other in torch's old format."""
    try:
        for _ in range(_PICKLES_OF_OLD_FORMAT):
            place = file.tell()
            if file.read(len(_OLD_FORMAT)) != _OLD_FORMAT:
                return
            file.seek(place)
            _names_in(file)
    except _DAMAGE as error:
        raise ValueError("was not copied to its end, or is damaged") from error


def _names_in(pickle: bytes | BinaryIO) -> set[str]:
    """Return all texts in a pickle that does nothing but fill tensors. Raises HarmfulError."""
    instructions: Iterable[tuple[pickletools.OpcodeInfo, object, int | None]]
    instructions = pickletools.genops(pickle)
    names = set()
    for instruction, argument, _ in instructions:
        if instruction.name in _HIDDEN:
            raise HarmfulError(f"an object that it does not name ({instruction.name})")
        if instruction.name == "GLOBAL" and not _is_harmless(str(argument)):
            raise HarmfulError(str(argument).replace(" ", "."))
        if isinstance(argument, str):
            names.add(argument)
    return names


def _is_harmless(name: str) -> bool:
    is_storage = name.startswith(_STORAGES) and name.endswith("Storage") and name.count(" ") == 1
    return is_storage or name in _HARMLESS
