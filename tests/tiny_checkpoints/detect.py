"""A tiny GroundingDINO of random weights, as transformers keeps it."""

from pathlib import Path

import torch
from torch import nn
from transformers import (
    BertConfig,
    BertTokenizerFast,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    GroundingDinoImageProcessor,
    GroundingDinoProcessor,
    SwinConfig,
)

WORDS = (
    "a the and red cat dog bird cup thing ##s glass lens crystal diamond bubble bulb web grid , -"
)
MOST_TOKENS = 64

# Where BERT's own vocabulary has them: the network knows what parts phrases by these numbers.
PLACES = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}


def tiny_tokenizer() -> BertTokenizerFast:
    """Tokenizer that knows `WORDS`."""
    words = {place: f"[unused{place}]" for place in range(1030)}
    words |= {place: word for word, place in PLACES.items()}
    words |= dict(enumerate(WORDS.split(), start=200))
    return BertTokenizerFast(vocab={word: place for place, word in sorted(words.items())})


def tiny_grounding_dino(seed: int = 0) -> GroundingDinoForObjectDetection:
    """A network with 12 queries, each of which answers to some word or other."""
    torch.manual_seed(seed)
    network = GroundingDinoForObjectDetection(
        GroundingDinoConfig(
            backbone_config=SwinConfig(
                image_size=32,
                patch_size=4,
                embed_dim=8,
                depths=[1, 1, 1, 1],
                num_heads=[1, 1, 2, 2],
                window_size=4,
                out_indices=[2, 3, 4],
            ),
            text_config=BertConfig(
                vocab_size=1030,
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=16,
                max_position_embeddings=MOST_TOKENS,
            ),
            num_queries=12,
            encoder_layers=1,
            encoder_ffn_dim=16,
            encoder_attention_heads=2,
            decoder_layers=2,  # with one the two-stage heads would share what they must not
            decoder_ffn_dim=16,
            decoder_attention_heads=2,
            d_model=64,
            max_text_len=MOST_TOKENS,
        )
    ).eval()
    # As it is made, its answers are all 0 or 1.
    nn.init.constant_(network.model.decoder.layer_norm.weight, 0.2)
    return network


def tiny_processor(short_side: int = 64, long_side: int = 96) -> GroundingDinoProcessor:
    """Processor that makes pictures as small as the network is."""
    size = {"shortest_edge": short_side, "longest_edge": long_side}
    return GroundingDinoProcessor(GroundingDinoImageProcessor(size=size), tiny_tokenizer())


def save_tiny_grounding_dino(folder: Path, seed: int = 0, shard_size: str = "1GB") -> Path:
    """Save network and processor into `folder`, and give it back.

    shard_size: the largest file of weights; small ones make shards and an index of them.
    """
    tiny_grounding_dino(seed).save_pretrained(folder, max_shard_size=shard_size)
    tiny_processor().save_pretrained(folder)
    return folder
