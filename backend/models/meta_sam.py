"""Whether a `.pth` file is SAM as Meta published it, told without loading it: loading runs code.

torch.save writes a zip archive, in it `data.pkl`: a pickle of the tensors' names and of where their
numbers lie. Its instructions can be read one by one without being carried out.
"""

import pickletools
import zipfile
import zlib
from pathlib import Path

# One tensor of each part; what derives from SAM has changed the one or the other.
_TENSORS = {
    "image_encoder.pos_embed",
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    "mask_decoder.iou_token.weight",
}
_LONGEST = 16_000_000
# What pickletools and zipfile raise for archives that are damaged or none.
_DAMAGE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError)


def is_meta_sam(file: Path) -> bool | None:
    """Tell by the names of its tensors. None: it is of torch's old format, and only loading tells.

    Raises ValueError, which goes on after the file's name, when it is damaged; OSError when it
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
