"""Headers of safetensors files, and whether the files are complete; no tensor is read.

The format (github.com/huggingface/safetensors): 8 bytes, little-endian, give the length of a header
in JSON, which gives type, shape and place of every tensor; their bytes follow, and fill the file.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.files.regular_file import open_regular, read_regular
from layerpeel.shared.strict_json import read_json

# As the format's own library has it.
LONGEST_HEADER = 100_000_000
_GIT_LFS = b"version https://git-lfs"
# `model-00001-of-00004.safetensors`, also `….fp16-00001-of-00002.safetensors`
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.safetensors")

Shapes = dict[str, tuple[int, ...]]


class WeightsError(Exception):
    """A file of weights is damaged or of the wrong kind. The message follows the file's name."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    shapes: of all tensors, by their names. metadata: what whoever wrote it has added, as text.
    """

    shapes: Shapes
    metadata: dict[str, str]


def shapes_in(file: Path) -> Shapes:
    """Read the shapes of all tensors, by their names; raises as `header_of` does."""
    return header_of(file).shapes


def header_of(file: Path) -> Header:
    """Read a file's header.

    Raises WeightsError when it is no safetensors file, or is cut short; OSError when it cannot be
    read.
    """
    with open_regular(file) as opened:
        size = os.fstat(opened.fileno()).st_size
        start = opened.read(8)
        length = int.from_bytes(start, "little")
        if _GIT_LFS.startswith(start) and len(start) == 8:
            raise WeightsError(
                "is only Git's note of where the weights are: run `git lfs pull` in that folder"
            )
        if len(start) < 8 or not 2 <= length <= min(LONGEST_HEADER, max(size - 8, 2)):
            raise WeightsError("is no safetensors file, or was not copied to its end")
        header = opened.read(length)
    try:
        content = read_json(header)
        metadata = content.pop("__metadata__", None) or {}
        told = {str(key): str(value) for key, value in metadata.items()}
        shapes = {name: tuple(map(int, tensor["shape"])) for name, tensor in content.items()}
        end = max((int(tensor["data_offsets"][1]) for tensor in content.values()), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise WeightsError("is no safetensors file, or was not copied to its end") from error
    whole = 8 + length + end
    if size < whole:
        raise WeightsError(f"was not copied to its end: it has {size:,} of {whole:,} bytes")
    if size > whole:
        raise WeightsError(f"is damaged: it has {size:,} bytes, and its header says {whole:,}")
    return Header(shapes, told)


def check_weights(folder: Path, files: Sequence[str]) -> None:
    """Check that every safetensors file is whole, and that no shard is missing.

    files: paths with slashes from `folder`; only weights and their indices are checked.

    Raises WeightsError, which names the file, or OSError when one cannot be read.
    """
    there = set(files)
    for path in files:
        if path.endswith(".safetensors.index.json"):
            _require(_shards_of(folder, path), there, path)
        elif path.endswith(".safetensors"):
            _require(_brothers_of(path), there, path)
            try:
                shapes_in(folder / path)
            except WeightsError as error:
                raise WeightsError(f"{path} {error}") from error


def _require(wanted: set[str], there: set[str], path: str) -> None:
    missing = sorted(wanted - there)
    if missing:
        raise WeightsError(f"{path} goes with {', '.join(missing)}, which is not there")


def _shards_of(folder: Path, index: str) -> set[str]:
    try:
        shards = read_json(read_regular(folder / index))["weight_map"].values()
        names = {str(shard) for shard in shards}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{index} is damaged: it names no weights") from error
    within = index.rpartition("/")[0]
    return {f"{within}/{name}" if within else name for name in names}


def _brothers_of(path: str) -> set[str]:
    shard = _SHARD.fullmatch(path)
    if shard is None:
        return set()
    count = int(shard["count"])
    return {
        f"{shard['stem']}-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)
    }
