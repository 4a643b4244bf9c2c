"""Users' weights of a few kB, with the headers and descriptions of real ones."""

import json
import pickle
import zipfile

import pytest

from layerpeel.backend.models.model_store import ModelStore

UNET = "model.diffusion_model."
SDXL = {
    f"{UNET}input_blocks.0.0.weight": [8, 4, 3, 3],
    f"{UNET}label_emb.0.0.weight": [8, 8],
    "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight": [8],
    "conditioner.embedders.1.model.ln_final.weight": [8],
    "first_stage_model.decoder.conv_out.weight": [3, 8, 3, 3],
}
SAM = (
    "image_encoder.pos_embed",
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    "mask_decoder.iou_token.weight",
)


def safetensors(shapes):
    """Build a safetensors file of zeros: length of the header, header, numbers."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2
        for length in shape:
            size *= length
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    content = json.dumps(header).encode()
    return len(content).to_bytes(8, "little") + content + bytes(end)


ONE = safetensors({"weight": [4]})


def write(folder, files):
    """Write files into a folder, by their paths, from bytes or from values that become JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


@pytest.fixture(scope="session")
def make_safetensors():
    return safetensors


@pytest.fixture(scope="session")
def write_files():
    return write


@pytest.fixture(scope="session")
def sdxl_shapes():
    """Names and shapes of some tensors of an SDXL checkpoint in one file."""
    return SDXL


@pytest.fixture
def store(tmp_path):
    """An empty store with the manifest that Layerpeel ships."""
    return ModelStore(tmp_path / "models")


@pytest.fixture
def checkpoint(tmp_path):
    """An SDXL checkpoint in one file, with a name as artists give them."""
    file = tmp_path / "my files" / "Ünïcorn Mix v9.safetensors"
    file.parent.mkdir()
    file.write_bytes(safetensors(SDXL))
    return file


@pytest.fixture
def make_pth(tmp_path):
    """Write what torch.save makes of tensors with these names: a pickle in an archive."""

    def make(names=SAM, name="sam_vit_b_01ec64.pth"):
        file = tmp_path / name
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(dict.fromkeys(names, 0), 2))
            archive.writestr("archive/data/0", bytes(64))
        return file

    return make


@pytest.fixture
def make_folder(tmp_path):
    """Write a model's folder: one of `FOLDERS`."""

    def make(kind, name=None):
        return write(tmp_path / (name or f"a {kind}"), FOLDERS[kind]())

    return make


def _pipeline(named, parts, **files):
    made = {"model_index.json": {"_class_name": named}}
    for part in parts:
        if part.startswith(("unet", "vae", "text_encoder", "transformer")):
            made |= {f"{part}/config.json": {}, f"{part}/model.safetensors": ONE}
        else:
            made[f"{part}/{part}_config.json"] = {}
    return made | files


def _sdxl():
    parts = (
        "scheduler",
        "text_encoder",
        "text_encoder_2",
        "tokenizer",
        "tokenizer_2",
        "unet",
        "vae",
    )
    return _pipeline("StableDiffusionXLPipeline", parts) | {"tokenizer/merges.txt": b"#version"}


def _stable_diffusion(width, channels=4):
    parts = ("scheduler", "text_encoder", "tokenizer", "unet", "vae")
    named = "StableDiffusionPipeline" if channels == 4 else "StableDiffusionInpaintPipeline"
    return _pipeline(named, parts) | {
        "unet/config.json": {"in_channels": channels, "cross_attention_dim": width}
    }


def _sdxl_inpainting():
    return _sdxl() | {"model_index.json": {"_class_name": "StableDiffusionXLInpaintPipeline"}}


def _one_encoder(named):
    return _pipeline(named, ("scheduler", "text_encoder", "tokenizer", "transformer", "vae"))


def _qwen():
    parts = ("processor", "scheduler", "text_encoder", "tokenizer", "transformer", "vae")
    made = _pipeline("QwenImageLayeredPipeline", parts)
    del made["transformer/model.safetensors"]
    shards = [f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = {"weight_map": dict(zip("ab", shards, strict=True))}
    made["transformer/diffusion_pytorch_model.safetensors.index.json"] = index
    return made | {f"transformer/{shard}": ONE for shard in shards}


def _network(model_type):
    return {
        "config.json": {"model_type": model_type},
        "preprocessor_config.json": {},
        "model.safetensors": ONE,
    }


def _fbdd():
    made = {
        "fbdd.json": {"format": "layerpeel-fbdd", "version": 1},
        "scheduler/scheduler_config.json": {},
        "null_embedding.safetensors": ONE,
    }
    for part in ("foreground", "background", "vae"):
        made |= {f"{part}/config.json": {}, f"{part}/diffusion_pytorch_model.safetensors": ONE}
    return made


FOLDERS = {
    "sdxl": _sdxl,
    "sd1": lambda: _stable_diffusion(768),
    "sd1-inpainting": lambda: _stable_diffusion(768, 9),
    "sd2": lambda: _stable_diffusion(1024),
    "sd2-inpainting": lambda: _stable_diffusion(1024, 9),
    "sdxl-inpainting": _sdxl_inpainting,
    "flux2-klein": lambda: _one_encoder("Flux2KleinPipeline"),
    "z-image": lambda: _one_encoder("ZImagePipeline"),
    "qwen-image-layered": _qwen,
    "grounding-dino": lambda: _network("grounding-dino") | {"vocab.txt": b"a\nb\n"},
    "sam": lambda: _network("sam"),
    "vitmatte": lambda: _network("vitmatte"),
    "fbdd": _fbdd,
    "hfa": lambda: {
        "hfa.json": {"format": "layerpeel-hfa", "version": 1},
        "foreground.safetensors": ONE,
        "background.safetensors": ONE,
    },
}
