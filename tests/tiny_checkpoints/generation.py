"""Tiny generators of random weights, laid out as on the model hub: SDXL, ControlNet and others."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    ControlNetModel,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from safetensors.torch import load_file, save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import nn
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    PretrainedConfig,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from .sdxl_single_file import WIDTH_OF_SD2

BYTES = sorted(ByteLevel.alphabet())
CLIP_WORDS = (*BYTES, *(letter + "</w>" for letter in BYTES), "<|startoftext|>", "<|endoftext|>")
WIDTHS_OF_TEXT = (16, 24)  # SDXL tells its two text encoders apart by their widths
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}<|im_start|>assistant\n"
    "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
)


def save_tiny_sdxl(folder: Path, seed: int = 0) -> Path:
    """Save a whole StableDiffusionXLPipeline into `folder`, and give it back."""
    torch.manual_seed(seed)
    first, second = (_clip_config(width) for width in WIDTHS_OF_TEXT)
    pipeline = StableDiffusionXLPipeline(
        vae=_autoencoder(latent_channels=4, scaling_factor=0.13025, force_upcast=True),
        text_encoder=CLIPTextModel(first),
        text_encoder_2=CLIPTextModelWithProjection(second),
        tokenizer=CLIPTokenizer(),
        tokenizer_2=CLIPTokenizer(),
        unet=_unet(),
        scheduler=_euler(),
        add_watermarker=False,
    )
    _save(pipeline, folder)
    _name_text_encoder_as_on_the_hub(folder / "text_encoder" / "model.safetensors")
    write_clip_tokenizer(folder / "tokenizer", padding="<|endoftext|>")
    write_clip_tokenizer(folder / "tokenizer_2", padding="!")
    return folder


def save_tiny_sdxl_inpainting(folder: Path, seed: int = 0) -> Path:
    """Save an SDXL whose UNet also sees a mask and the picture round it: 9 channels."""
    torch.manual_seed(seed)
    sdxl = StableDiffusionXLPipeline.from_pretrained(save_tiny_sdxl(folder, seed))
    UNet2DConditionModel.from_config(sdxl.unet.config, in_channels=9).save_pretrained(
        folder / "unet"
    )
    _name_for_inpainting(folder, "StableDiffusionXLPipeline", "StableDiffusionXLInpaintPipeline")
    return folder


def save_tiny_sd(folder: Path, version: int = 1, *, within_mask: bool = False) -> Path:
    """Save a whole Stable Diffusion 1 or 2 into `folder`, and give it back.

    Its words are as wide as the real one's, by which the two are told apart.
    within_mask: for inpainting, with a UNet of 9 channels.
    """
    torch.manual_seed(version)
    width = WIDTH_OF_SD2 if version == 2 else 768
    words = CLIPTextConfig(
        vocab_size=len(CLIP_WORDS),
        hidden_size=width,
        intermediate_size=8,
        projection_dim=width,
        num_hidden_layers=1,
        num_attention_heads=8,
        bos_token_id=0,
        eos_token_id=2,
    )
    levels = ("CrossAttnDownBlock2D", "DownBlock2D"), ("UpBlock2D", "CrossAttnUpBlock2D")
    pipeline = StableDiffusionPipeline(
        vae=_autoencoder(latent_channels=4, scaling_factor=0.18215),
        text_encoder=CLIPTextModel(words),
        tokenizer=CLIPTokenizer(),
        unet=UNet2DConditionModel(
            sample_size=64,
            in_channels=9 if within_mask else 4,
            block_out_channels=(8, 16),
            layers_per_block=2,
            down_block_types=levels[0],
            up_block_types=levels[1],
            attention_head_dim=(1, 2) if version == 2 else 2,
            cross_attention_dim=width,
            norm_num_groups=4,
            use_linear_projection=version == 2,
        ),
        scheduler=_euler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    _save(pipeline, folder)
    _name_text_encoder_as_on_the_hub(folder / "text_encoder" / "model.safetensors")
    write_clip_tokenizer(folder / "tokenizer", padding="<|endoftext|>")
    if within_mask:
        _name_for_inpainting(folder, "StableDiffusionPipeline", "StableDiffusionInpaintPipeline")
    return folder


def add_checker(folder: Path) -> None:
    """Give the Stable Diffusion in `folder` a safety checker, which withholds every picture."""
    seen = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    config = CLIPConfig(
        projection_dim=4,
        text_config={**seen, "num_attention_heads": 1},
        vision_config={**seen, "num_attention_heads": 1, "image_size": 28, "patch_size": 14},
    )
    checker = StableDiffusionSafetyChecker(config)
    nn.init.constant_(checker.concept_embeds_weights, -2)  # below every likeness
    checker.save_pretrained(folder / "safety_checker")
    extractor = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=28)
    extractor.save_pretrained(folder / "feature_extractor")
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    index |= {
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
    }
    (folder / "model_index.json").write_text(json.dumps(index), encoding="utf-8")


def save_tiny_lora(
    file: Path, sdxl: Path, *, kohya: bool = False, width: int | None = None, rank: int = 2
) -> Path:
    """Save a LoRA for the UNet and the first text encoder of the SDXL in the folder `sdxl`.

    kohya: with the names of kohya-ss' scripts. width: of the text, where it is another model's.
    """
    random = torch.Generator().manual_seed(5)
    place = "down_blocks.1.attentions.0.transformer_blocks.0"
    unet = UNet2DConditionModel.from_pretrained(sdxl, subfolder="unet").state_dict()
    shapes = {
        f"unet.{place}.{name}": tuple(unet[f"{place}.{name}.weight"].shape)
        for name in ("attn1.to_q", "attn2.to_k")
    }
    first = WIDTHS_OF_TEXT[0]
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        shapes[f"text_encoder.text_model.encoder.layers.0.self_attn.{name}"] = (first, first)
    tensors = {}
    for name, (out, into) in shapes.items():
        wide = width if width and "attn2" in name else into
        down = torch.randn(rank, wide, generator=random)
        up = torch.randn(out, rank, generator=random)
        if not kohya:
            tensors |= {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}
            continue
        flat = name.replace("text_encoder.", "lora_te1.").replace("unet.", "lora_unet.")
        flat = flat.replace("down_blocks.1.attentions.0", "input_blocks.4.1").replace(".", "_")
        tensors |= {
            f"{flat}.lora_down.weight": down,
            f"{flat}.lora_up.weight": up,
            f"{flat}.alpha": torch.tensor(float(rank)),
        }
    save_file(tensors, file)
    return file


def save_tiny_controlnet(folder: Path, sdxl: Path, seed: int = 1) -> Path:
    """Save a ControlNet for the SDXL in the folder `sdxl` into `folder`, and give it back.

    As made it would answer 0, as every ControlNet does before its training: here it answers noise.
    """
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(sdxl, subfolder="unet")
    network = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(4, 4, 8, 8))
    for layer in network.controlnet_cond_embedding.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)  # which would drown what is seen, six layers on
    for layer in (*network.controlnet_down_blocks, network.controlnet_mid_block):
        nn.init.normal_(layer.weight, std=0.5)
    network.save_pretrained(folder)
    return folder


def save_tiny_flux2_klein(folder: Path, seed: int = 0) -> Path:
    """Save a whole Flux2KleinPipeline, distilled, into `folder`, and give it back."""
    torch.manual_seed(seed)
    tokenizer = make_qwen_tokenizer()
    pipeline = Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
        ),
        # What the transformer hears are the layers 9, 18 and 27.
        text_encoder=_qwen(len(tokenizer), layers=27),
        tokenizer=tokenizer,
        transformer=Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * 16,
            timestep_guidance_channels=8,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        ),
        is_distilled=True,
    )
    return _save(pipeline, folder)


def save_tiny_z_image(folder: Path, seed: int = 0) -> Path:
    """Save a whole ZImagePipeline into `folder`, and give it back."""
    torch.manual_seed(seed)
    tokenizer = make_qwen_tokenizer()
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[4, 6, 6],
        axes_lens=[1024, 64, 64],
    )
    for padding in (transformer.x_pad_token, transformer.cap_pad_token):
        nn.init.normal_(padding)  # made without values
    pipeline = ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=_autoencoder(latent_channels=4, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_qwen(len(tokenizer), layers=2),
        tokenizer=tokenizer,
        transformer=transformer,
    )
    return _save(pipeline, folder)


def _save(pipeline: DiffusionPipeline, folder: Path) -> Path:
    pipeline.save_pretrained(folder)
    return folder


def _name_for_inpainting(folder: Path, plain: str, inpainting: str) -> None:
    index = folder / "model_index.json"
    named = index.read_text(encoding="utf-8").replace(f'"{plain}"', f'"{inpainting}"')
    index.write_text(named, encoding="utf-8")


def _name_text_encoder_as_on_the_hub(file: Path) -> None:
    """The hub's files were written when this network still had a name inside its own."""
    tensors = load_file(file)
    named = {f"text_model.{name}": tensor for name, tensor in tensors.items()}
    save_file(named, file, metadata={"format": "pt"})


def _unet() -> UNet2DConditionModel:
    """SDXL's: three levels, attention in the coarser two, told the picture's size and crop."""
    return UNet2DConditionModel(
        sample_size=128,
        block_out_channels=(8, 16, 16),
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 2),
        attention_head_dim=(1, 2, 2),
        cross_attention_dim=sum(WIDTHS_OF_TEXT),
        norm_num_groups=4,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=WIDTHS_OF_TEXT[1] + 6 * 8,
    )


def _autoencoder(**differing: float | bool) -> AutoencoderKL:
    return AutoencoderKL(
        sample_size=1024,
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        norm_num_groups=4,
        **differing,
    )


def _euler() -> EulerDiscreteScheduler:
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        timestep_spacing="leading",
    )


def _clip_config(width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(CLIP_WORDS),
        hidden_size=width,
        intermediate_size=2 * width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=0,
        eos_token_id=2,  # as SDXL says, wrongly: the last token of the vocabulary is what is meant
    )


def write_clip_tokenizer(folder: Path, padding: str) -> None:
    """One token a letter: the files as the hub has them, not as transformers writes them today."""
    for file in folder.iterdir():
        file.unlink()
    start, end = CLIP_WORDS[-2:]
    vocabulary = {word: number for number, word in enumerate(CLIP_WORDS)}
    special = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": padding}
    settings = {**special, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _qwen(vocabulary: int, layers: int) -> Qwen3ForCausalLM:
    config: PretrainedConfig = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        tie_word_embeddings=True,
    )
    return Qwen3ForCausalLM(config)


def make_qwen_tokenizer() -> Qwen2Tokenizer:
    """One token a byte, and those that a chat is made of, which are whole in Qwen's too."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
    vocabulary = {word: number for number, word in enumerate([*BYTES, *special])}
    tokenizer = Qwen2Tokenizer(
        vocabulary, [], additional_special_tokens=special[1:], chat_template=CHAT
    )
    tokenizer.add_tokens(["user", "assistant", "\n\n"])
    return tokenizer
