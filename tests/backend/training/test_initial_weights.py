import pytest
import torch

from layerpeel.backend.networks.local_unet import LocalUNet, ResidualBlock, UNetShape
from layerpeel.backend.training.initial_weights import keep_signals_even

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("unshuffle", [1, 2])
def test_a_signal_is_as_strong_at_every_level(unshuffle):
    torch.manual_seed(0)
    network = LocalUNet(UNetShape(6, 3, (32, 48, 64), 2, unshuffle))
    keep_signals_even(network)
    strengths = []
    for layer in (network.entry, *network.downs, *network.ups):
        layer.register_forward_hook(lambda _, __, out: strengths.append(out.std().item()))
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            block.first.register_forward_hook(lambda _, __, out: strengths.append(out.std().item()))
    network(torch.randn(2, 6, 96, 96))
    assert len(strengths) == 5 + 10
    assert max(strengths) < 3 * min(strengths)


def test_the_answer_still_begins_at_nothing():
    network = LocalUNet(UNetShape(6, 3, (8, 12), 2))
    keep_signals_even(network)
    assert not network(torch.rand(1, 6, 24, 24)).any()
