"""Networks of random weights that figures ask, where torch.hub and the model hub keep real ones."""

from pathlib import Path
from unittest import mock

import torch
import torchvision
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from layerpeel.backend.evaluation.networks import distributions, perceptual, text_alignment

from .generation import CLIP_WORDS, write_clip_tokenizer

COMMIT = "0" * 40


def save_random_alexnet(torch_home: Path) -> Path:
    """Save AlexNet as torchvision publishes it, of which LPIPS asks the features."""
    torch.manual_seed(0)
    return _save(torchvision.models.alexnet(), ("features",), torch_home / perceptual.WEIGHTS)


def save_random_inception(torch_home: Path) -> Path:
    """Save Inception as torch-fidelity publishes it, of which tests ask the first 64 features."""
    from torch_fidelity import feature_extractor_inceptionv3 as inception

    torch.manual_seed(0)
    with (
        mock.patch.object(inception, "load_state_dict_from_url"),
        mock.patch.object(inception.FeatureExtractorInceptionV3, "load_state_dict"),
    ):
        network = inception.FeatureExtractorInceptionV3("random", ["64"])
    return _save(network, ("Conv2d_1", "Conv2d_2"), torch_home / distributions.WEIGHTS)


def save_tiny_clip(hub_cache: Path) -> Path:
    """Save a CLIP of random weights as the model hub's cache keeps it."""
    torch.manual_seed(0)
    folder = hub_cache / f"models--{text_alignment.MODEL.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    small = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    words = len(CLIP_WORDS)
    said = {"vocab_size": words, "bos_token_id": words - 2, "eos_token_id": words - 1}
    seen = {"image_size": 32, "patch_size": 8}
    config = CLIPConfig(text_config=small | said, vision_config=small | seen, projection_dim=8)
    write_clip_tokenizer(snapshot, padding="<|endoftext|>")
    CLIPModel(config).save_pretrained(snapshot)
    CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(snapshot)
    return snapshot


def _save(network: torch.nn.Module, kept: tuple[str, ...], file: Path) -> Path:
    """Save a network for torch.hub; all parts that are not asked are 0, which takes no room."""
    tensors = {
        name: tensor
        if name.startswith(kept)
        else torch.zeros((), dtype=tensor.dtype).expand_as(tensor)
        for name, tensor in network.state_dict().items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(tensors, file)
    return file
