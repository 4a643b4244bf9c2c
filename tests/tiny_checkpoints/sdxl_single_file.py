"""A folder of SDXL, or Stable Diffusion 1 or 2, as the one file that artists have: the names and
shapes of its authors' code.

Written from the layout of such files, not by the code that reads them, so that reading one is a
test of both.
"""

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

Tensors = dict[str, Tensor]
LAYERS = 2  # residual blocks at a level of the UNet; in its upper half there is one more
LEVELS_OF_AUTOENCODER = 4
ATTENDING_LEVEL = r"up_blocks\.(\d)\.attentions"
WIDTH_OF_SD2 = 1024

RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
ENDS_OF_UNET = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
AUTOENCODER = {
    "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}
OPEN_CLIP = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn": "attn",
}


def save_single_file(
    file: Path,
    folder: Path,
    *,
    without: str = "",
    marks: tuple[str, ...] = (),
    notes: dict[str, str] | None = None,
) -> Path:
    """Save the weights of a folder as one file, and give it back.

    without: start of the names that are left out. marks: empty tensors that say what it is. notes:
    what its trainer wrote into it.
    """
    first = _read(folder / "text_encoder")
    if (folder / "text_encoder_2").is_dir():
        words = {
            "conditioner.embedders.0.transformer.": first,
            "conditioner.embedders.1.model.": _open_clip(_read(folder / "text_encoder_2")),
        }
    elif first["text_model.final_layer_norm.weight"].numel() == WIDTH_OF_SD2:
        words = {"cond_stage_model.model.": _open_clip(first)}
    else:
        words = {"cond_stage_model.transformer.": first}
    parts = {
        "model.diffusion_model.": _unet(_read(folder / "unet")),
        "first_stage_model.": _autoencoder(_read(folder / "vae")),
        **words,
    }
    tensors = {
        prefix + name: tensor.contiguous()
        for prefix, part in parts.items()
        for name, tensor in part.items()
        if not without or not (prefix + name).startswith(without)
    }
    save_file(tensors | {mark: torch.zeros(0) for mark in marks}, file, metadata=notes)
    return file


def _read(folder: Path) -> Tensors:
    (file,) = folder.glob("*.safetensors")
    return load_file(file)


def _renamed(name: str, names: dict[str, str]) -> str:
    """Replace whole parts of a name, from one dot to another."""
    for old, new in names.items():
        name = re.sub(rf"(^|\.){re.escape(old)}(?=\.)", rf"\g<1>{new}", name)
    return name


def _unet(tensors: Tensors) -> Tensors:
    attending = {found[1] for name in tensors if (found := re.match(ATTENDING_LEVEL, name))}
    return {_name_in_unet(name, attending): tensor for name, tensor in tensors.items()}


def _name_in_unet(name: str, attending: set[str]) -> str:
    """Count the blocks through all levels, as the file does, and not within each."""
    half = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name)
    if half is None:
        inner = RESIDUAL if name.startswith("mid_block.resnets") else {}
        return _renamed(_renamed(name, ENDS_OF_UNET), inner)
    direction, level, kind, layer, rest = half[1], int(half[2]), half[3], int(half[4]), half[5]
    inner = RESIDUAL if kind == "resnets" else {}
    if direction == "down":
        block = 1 + level * (LAYERS + 1) + (LAYERS if kind == "downsamplers" else layer)
        place = {"resnets": "0", "attentions": "1", "downsamplers": "0"}[kind]
        rest = rest.replace("conv.", "op.") if kind == "downsamplers" else rest
        return f"input_blocks.{block}.{place}.{_renamed(rest, inner)}"
    block = level * (LAYERS + 1) + (LAYERS if kind == "upsamplers" else layer)
    # What enlarges comes last, where there is attention after that.
    enlarges = "2" if half[2] in attending else "1"
    place = {"resnets": "0", "attentions": "1", "upsamplers": enlarges}[kind]
    return f"output_blocks.{block}.{place}.{_renamed(rest, inner)}"


def _autoencoder(tensors: Tensors) -> Tensors:
    renamed: Tensors = {}
    for name, tensor in tensors.items():
        name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
        name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d)\.resnets", _counted_from_the_finest("block"), name)
        name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", _counted_from_the_finest("upsample"), name)
        name = _renamed(name, AUTOENCODER)
        is_matrix = ".attn_1." in name and tensor.ndim == 2
        renamed[name] = tensor[:, :, None, None] if is_matrix else tensor  # a 1×1 convolution
    return renamed


def _counted_from_the_finest(kind: str):
    return lambda found: f"up.{LEVELS_OF_AUTOENCODER - 1 - int(found[1])}.{kind}"


def _open_clip(tensors: Tensors) -> Tensors:
    renamed: Tensors = {}
    projections: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("text_model.")
        name = _renamed(name.replace("encoder.layers.", "transformer.resblocks."), OPEN_CLIP)
        projection = re.fullmatch(r"(.*attn\.)([qkv])_proj\.(weight|bias)", name)
        if projection is not None:
            whole = projections.setdefault(f"{projection[1]}in_proj_{projection[3]}", {})
            whole[projection[2]] = tensor
        elif name == "text_projection.weight":
            renamed["text_projection"] = tensor.T
        else:
            renamed[_NAMES_OF_THE_ENDS.get(name, name.replace("final_layer_norm", "ln_final"))] = (
                tensor
            )
    for name, parts in projections.items():
        renamed[name] = torch.cat([parts["q"], parts["k"], parts["v"]])
    return renamed


_NAMES_OF_THE_ENDS = {
    "embeddings.position_embedding.weight": "positional_embedding",
    "embeddings.token_embedding.weight": "token_embedding.weight",
}
