"""A tiny Qwen-Image-Layered of random weights, laid out as on the model hub."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageLayeredPipeline,
    QwenImageTransformer2DModel,
)
from transformers import (
    GenerationConfig,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

WIDTH = 16  # of the text encoder, and of what the transformer hears of it
LATENT_CHANNELS = 8  # not 4: a picture of as many channels would be taken for latents
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def save_tiny_qwen(folder: Path, seed: int = 0, shard_size: str = "10GB") -> Path:
    """Save a whole QwenImageLayeredPipeline into `folder`, and give it back.

    shard_size: the largest file of weights; small ones make shards and an index of them.
    """
    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    pipeline = QwenImageLayeredPipeline(
        scheduler=_scheduler(),
        vae=_vae(),
        text_encoder=_text_encoder(tokenizer),
        tokenizer=tokenizer,
        processor=_processor(tokenizer),
        transformer=_transformer(),
    )
    pipeline.save_pretrained(folder, max_shard_size=shard_size)
    _lay_out_as_on_the_hub(folder / "tokenizer", tokenizer)
    return folder


def _tokenizer() -> Qwen2Tokenizer:
    """One token a byte, and the special ones."""
    words = [*bytes_to_unicode().values(), *SPECIAL]
    vocabulary = {word: number for number, word in enumerate(words)}
    return Qwen2Tokenizer(vocabulary, [], additional_special_tokens=list(SPECIAL[1:]))


def _lay_out_as_on_the_hub(folder: Path, tokenizer: Qwen2Tokenizer) -> None:
    """Write the tokenizer's words and merges beside each other, instead of all in one file."""
    (folder / "tokenizer.json").unlink()
    words = tokenizer.get_vocab()
    plain = {word: number for word, number in words.items() if word not in SPECIAL}
    (folder / "vocab.json").write_text(json.dumps(plain))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["added_tokens_decoder"] = {
        str(words[word]): {"content": word, "special": True, "normalized": False}
        for word in SPECIAL
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def _processor(tokenizer: Qwen2Tokenizer) -> Qwen2VLProcessor:
    return Qwen2VLProcessor(Qwen2VLImageProcessor(), tokenizer, Qwen2VLVideoProcessor())


def _text_encoder(tokenizer: Qwen2Tokenizer) -> Qwen2_5_VLForConditionalGeneration:
    ids = {word: tokenizer.convert_tokens_to_ids(word) for word in SPECIAL}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [1, 1, 2],
            },
            "tie_word_embeddings": False,
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
        },
        vision_config={
            "depth": 1,
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "fullatt_block_indexes": [0],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    text_encoder = Qwen2_5_VLForConditionalGeneration(config)
    # As on the hub it samples. Random weights rarely end a sentence: half of all tokens do here.
    text_encoder.generation_config = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        repetition_penalty=1.05,
        eos_token_id=[ids["<|endoftext|>"], *range(0, 256, 2)],
        pad_token_id=ids["<|endoftext|>"],
    )
    return text_encoder


def _transformer() -> QwenImageTransformer2DModel:
    return QwenImageTransformer2DModel(
        in_channels=4 * LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=1,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 6, 6),
        use_additional_t_cond=True,
        use_layer3d_rope=True,
    )


def _vae() -> AutoencoderKLQwenImage:
    """Four channels in and out, colour and alpha; 16 pixels a latent, where the real one has 8."""
    vae = AutoencoderKLQwenImage(
        base_dim=4,
        z_dim=LATENT_CHANNELS,
        dim_mult=[1, 1, 1, 1, 1],
        num_res_blocks=0,
        temperal_downsample=[False, True, True, True],
        input_channels=4,
        latents_mean=[0.0] * LATENT_CHANNELS,
        latents_std=[1.0] * LATENT_CHANNELS,
    )
    _paint_in_blocks(vae)
    return vae


@torch.no_grad()
def _paint_in_blocks(vae: AutoencoderKLQwenImage) -> None:
    """Let every latent paint a block of one colour, over the whole range of values and beyond.

    Random weights paint noise, which is an even grey once it is scaled down; layers would neither
    show nor hide.
    """
    for module in vae.decoder.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d) and module.kernel_size[-1] == 3:
            centre = module.weight[..., 1:2, 1:2].clone()
            module.weight.zero_()
            module.weight[..., 1:2, 1:2] = centre
    last = vae.decoder.conv_out
    painted = vae.decode(torch.randn(1, vae.config.z_dim, 1, 16, 16)).sample  # [1, 4, 1, h, w]
    mean, spread = painted.mean(dim=(0, 2, 3, 4)), painted.std(dim=(0, 2, 3, 4))
    last.bias.copy_((last.bias - mean) / spread)
    last.weight.div_(spread[:, None, None, None, None])


def _scheduler() -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True,
        base_shift=0.5,
        max_shift=0.9,
        base_image_seq_len=256,
        max_image_seq_len=8192,
        shift_terminal=0.02,
    )
