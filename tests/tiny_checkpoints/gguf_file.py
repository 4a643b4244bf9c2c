"""A transformer of FLUX.2 or Z-Image as the GGUF file that artists have, in its authors' names.

Written from the layout of such files, not by the code that reads them.
"""

from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from safetensors.torch import load_file

ENDS = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    "proj_out": "final_layer.linear",
}
DOUBLE = {
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.to_out.0": "img_attn.proj",
    "ff.linear_in": "img_mlp.0",
    "ff.linear_out": "img_mlp.2",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
    "attn.to_add_out": "txt_attn.proj",
    "ff_context.linear_in": "txt_mlp.0",
    "ff_context.linear_out": "txt_mlp.2",
}
SINGLE = {
    "attn.to_qkv_mlp_proj": "linear1",
    "attn.to_out": "linear2",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}
FUSED = {
    "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
}
QUANTIZED = GGMLQuantizationType.Q8_0


Z_IMAGE = {
    "all_final_layer.2-1.": "final_layer.",
    "all_x_embedder.2-1.": "x_embedder.",
    ".attention.norm_q.": ".attention.q_norm.",
    ".attention.norm_k.": ".attention.k_norm.",
    ".attention.to_out.0.": ".attention.out.",
}


def save_gguf(file: Path, folder: Path, *, without: str = "") -> Path:
    """Save the transformer of the FLUX.2 or Z-Image in `folder` as GGUF, its matrices in 8 bit.

    without: start of the names, as in the file, that are left out.
    """
    (weights,) = (folder / "transformer").glob("*.safetensors")
    tensors = load_file(weights)
    is_flux = any(name.startswith("single_transformer_blocks") for name in tensors)
    writer = GGUFWriter(file, "flux" if is_flux else "lumina2")
    for name, tensor in (_named(tensors) if is_flux else _as_z_image(tensors)).items():
        if without and name.startswith(without):
            continue
        values = tensor.float().numpy()
        in_blocks = values.ndim == 2 and values.shape[1] % 32 == 0 and ".0." in name
        if in_blocks:
            writer.add_tensor(name, quantize(values, QUANTIZED), raw_dtype=QUANTIZED)
        else:
            writer.add_tensor(name, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _as_z_image(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named = {}
    for name, tensor in tensors.items():
        if ".attention.to_q." in name:
            parts = [tensors[name.replace("to_q", part)] for part in ("to_q", "to_k", "to_v")]
            named[name.replace("to_q", "qkv")] = torch.cat(parts)
        elif ".attention.to_k." not in name and ".attention.to_v." not in name:
            for ours, theirs in Z_IMAGE.items():
                name = name.replace(ours, theirs)
            named[name] = tensor
    return named


def _named(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    named = {}
    for name, tensor in tensors.items():
        place, kind = name.rsplit(".", 1)
        if place in ENDS:
            if place == "norm_out.linear":  # which has shift before scale there
                tensor = torch.cat(tensor.chunk(2)[::-1])
            named[f"{ENDS[place]}.{kind}"] = tensor
            continue
        blocks, number, inner = place.split(".", 2)
        names, start = (
            (SINGLE, "single_blocks") if blocks.startswith("single") else (DOUBLE, "double_blocks")
        )
        if inner in names:
            kind = "scale" if ".norm_" in inner else kind
            named[f"{start}.{number}.{names[inner]}.{kind}"] = tensor
    for fused, parts in FUSED.items():
        numbers = {
            name.split(".")[1] for name in tensors if parts[0] in name and "single" not in name
        }
        for number in numbers:
            whole = [tensors[f"transformer_blocks.{number}.{part}.weight"] for part in parts]
            named[f"double_blocks.{number}.{fused}.weight"] = torch.cat(whole)
    return named
