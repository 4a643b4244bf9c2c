"""Recognising Meta's SAM in a `.pth` file without loading it, which would run code.

torch.save writes a zip archive with `data.pkl`: a pickle of the tensors' names and offsets, whose
instructions can be read one by one without being executed.
"""

import pickletools
import zipfile
import zlib
from pathlib import Path

# One tensor of each part; models derived from SAM lack one or the other.
_TENSORS = {
    "image_encoder.pos_embed",
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    "mask_decoder.iou_token.weight",
}
_LONGEST = 16_000_000
# What pickletools and zipfile raise for damaged files and files that are no archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError)


def is_meta_sam(file: Path) -> bool | None:
    """Return whether the names of its tensors are SAM's; None for torch's old format.

    Only loading could tell for the old format.

    Raises ValueError, whose message follows the file's name, when it is damaged; OSError when it
    cannot be read.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
    if start[:2] == b"\x80\x02":
        return None
    if start != b"PK\x03\x04":
        raise ValueError("is no file of torch, or is damaged")
    try:
        with zipfile.ZipFile(file) as archive:
            (member,) = (one for one in archive.infolist() if one.filename.endswith("/data.pkl"))
            if member.file_size > _LONGEST:
                return False
            names = {
                argument
                for _, argument, _ in pickletools.genops(archive.read(member))
                if isinstance(argument, str)
            }
    except _DAMAGE as error:
        raise ValueError("was not copied to its end, or is damaged") from error
    return names >= _TENSORS
