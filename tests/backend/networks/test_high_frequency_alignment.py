"""FAN and BAN start as the identity, are as large as they say, and come back from disk."""

import json

import pytest
import torch
from torch import nn

from layerpeel.backend.errors import ModelError, OutputError
from layerpeel.backend.networks.hfa_folder import load_hfa, save_hfa
from layerpeel.backend.networks.high_frequency_alignment import (
    AlignmentNetwork,
    HighFrequencyAlignment,
)
from layerpeel.backend.networks.local_unet import UNetShape

pytestmark = pytest.mark.torch

FOREGROUND = UNetShape(7, 3, (8, 12), 1, unshuffle=2)
BACKGROUND = UNetShape(7, 3, (6, 8, 10), 2)


def planes(height, width):
    return torch.rand(2, 3, height, width), torch.rand(2, 1, height, width)


@pytest.fixture
def hfa():
    torch.manual_seed(0)
    made = HighFrequencyAlignment(FOREGROUND, BACKGROUND)
    for weights in made.parameters():
        nn.init.normal_(weights, std=0.1)
    return made


@pytest.fixture
def folder(hfa, tmp_path):
    save_hfa(hfa, tmp_path / "hfa")
    return tmp_path / "hfa"


def test_untrained_it_gives_the_decoded_layer():
    composite, alpha = planes(24, 40)
    decoded = torch.rand_like(composite)
    assert torch.equal(AlignmentNetwork()(composite, alpha, decoded), decoded)


def test_each_has_about_two_million_weights():
    with torch.device("meta"):
        networks = HighFrequencyAlignment()
    for network in (networks.foreground, networks.background):
        assert sum(weights.numel() for weights in network.parameters()) == pytest.approx(
            2e6, rel=0.1
        )


def test_all_three_inputs_reach_the_answer(hfa):
    composite, alpha = planes(16, 16)
    decoded = torch.rand_like(composite)
    answer = hfa.foreground(composite, alpha, decoded)
    assert not torch.equal(hfa.foreground(1 - composite, alpha, decoded), answer)
    assert not torch.equal(hfa.foreground(composite, 1 - alpha, decoded), answer)
    assert not torch.equal(hfa.foreground(composite, alpha, 1 - decoded), answer)


def test_other_channels_than_the_methods_are_refused():
    with pytest.raises(ValueError, match="7 inputs"):
        AlignmentNetwork(UNetShape(4, 3, (8,), 1))


def test_what_is_saved_comes_back(hfa, folder):
    back = load_hfa(folder)
    assert (back.foreground.shape, back.background.shape) == (FOREGROUND, BACKGROUND)
    for name, weights in hfa.state_dict().items():
        assert torch.equal(back.state_dict()[name], weights)
    composite, alpha = planes(17, 9)
    decoded = torch.rand_like(composite)
    for one, other in ((hfa.foreground, back.foreground), (hfa.background, back.background)):
        assert torch.equal(one(composite, alpha, decoded), other(composite, alpha, decoded))


def test_half_precision_is_saved_and_loaded_as_float32(hfa, tmp_path):
    save_hfa(hfa.to(torch.bfloat16), tmp_path / "hfa")
    assert {weights.dtype for weights in load_hfa(tmp_path / "hfa").parameters()} == {torch.float32}


def test_an_hfa_folder_is_replaced_and_another_is_not(hfa, folder, tmp_path):
    save_hfa(hfa, folder)
    other = tmp_path / "pictures"
    other.mkdir()
    (other / "painting.png").write_bytes(b"")
    with pytest.raises(OutputError, match="not replaced"):
        save_hfa(hfa, other)
    assert (other / "painting.png").exists()


def change_description(folder, change):
    description = json.loads((folder / "hfa.json").read_text())
    change(description)
    (folder / "hfa.json").write_text(json.dumps(description))


DAMAGES = {
    "empty folder": (lambda folder: (folder / "hfa.json").unlink(), "no hfa.json"),
    "no JSON": (lambda folder: (folder / "hfa.json").write_text("{"), "damaged"),
    "no object": (lambda folder: (folder / "hfa.json").write_text("[]"), "no object"),
    "other format": (
        lambda folder: change_description(folder, lambda d: d.update(format="layerpeel-fbdd")),
        "“layerpeel-fbdd”",
    ),
    "other version": (
        lambda folder: change_description(folder, lambda d: d.update(version=2)),
        "version 2",
    ),
    "no shape": (
        lambda folder: change_description(folder, lambda d: d.pop("foreground")),
        "no shape",
    ),
    "impossible shape": (
        lambda folder: change_description(folder, lambda d: d["foreground"].update(widths=[8, -1])),
        "no shape",
    ),
    "other channels": (
        lambda folder: change_description(folder, lambda d: d["background"].update(inputs=4)),
        "no shape",
    ),
    "other widths": (
        lambda folder: change_description(folder, lambda d: d["background"].update(widths=[4, 8])),
        "does not fit",
    ),
    "missing part": (
        lambda folder: (folder / "background.safetensors").unlink(),
        "no background.safetensors",
    ),
    "truncated": (
        lambda folder: (folder / "foreground.safetensors").write_bytes(
            (folder / "foreground.safetensors").read_bytes()[:-100]
        ),
        "not copied to its end",
    ),
    "empty file": (lambda folder: (folder / "foreground.safetensors").write_bytes(b""), "copied"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_in_one_line(folder, damage):
    spoil, words = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(ModelError, match=words) as caught:
        load_hfa(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"no hfa\.json"):
        load_hfa(tmp_path / "nowhere")
