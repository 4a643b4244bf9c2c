"""Home folders with those of other programs in them; headers are as in real files."""

import json
import os

import pytest

UNET = "model.diffusion_model."
FIRST = f"{UNET}input_blocks.0.0.weight"
SDXL = {
    FIRST: [8, 4, 3, 3],
    f"{UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [4, 2048],
    "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight": [8],
    "conditioner.embedders.1.model.ln_final.weight": [8],
    "first_stage_model.decoder.conv_out.weight": [3, 8, 3, 3],
}
KINDS = {
    "sdxl": SDXL,
    "inpainting": SDXL | {FIRST: [8, 9, 3, 3]},
    "v-pred": SDXL | {"v_pred": [1]},
    "sd1": {
        "cond_stage_model.transformer.x": [1],
        FIRST: [8, 4, 3, 3],
        "first_stage_model.x": [1],
    },
    "sd2": {"cond_stage_model.model.x": [1], FIRST: [8, 4, 3, 3], "first_stage_model.x": [1]},
    # kohya-ss's names, then diffusers'
    "lora": {
        "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight": [4, 2048]
    },
    "lora-diffusers": {"unet.down_blocks.1.x.attn2.to_k.lora_A.weight": [4, 2048]},
    "lora-sd1": {"lora_unet_down_blocks_0_x_attn2_to_k.lora_down.weight": [4, 768]},
    "controlnet": {
        "controlnet_cond_embedding.conv_in.weight": [16, 3, 3, 3],
        "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": [4, 2048],
    },
    "controlnet-sd1": {
        "control_model.input_hint_block.0.weight": [16, 3, 3, 3],
        "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [4, 768],
    },
    "vae": {"decoder.conv_in.weight": [4, 4, 3, 3]},
}


def safetensors(shapes):
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2
        for length in shape:
            size *= length
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    content = json.dumps(header).encode()
    return len(content).to_bytes(8, "little") + content + bytes(end)


@pytest.fixture
def put():
    """Write a file of weights of some kind ("sdxl", "lora" …), or of bytes."""

    def write(file, kind="sdxl"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(kind if isinstance(kind, bytes) else safetensors(KINDS[kind]))
        return file

    return write


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home folder, which programs for Linux use for everything."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    return home
