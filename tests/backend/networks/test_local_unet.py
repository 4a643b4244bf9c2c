import pytest
import torch
from torch import Tensor, nn

from layerpeel.backend.networks.local_unet import LocalUNet, ResidualBlock, UNetShape, he_initialise

pytestmark = pytest.mark.torch

SHAPES = [
    UNetShape(7, 3, (8, 12, 16), 2),
    UNetShape(7, 3, (8, 12, 16), 1, unshuffle=2),
    UNetShape(5, 1, (6, 8), 3, unshuffle=2),
]


def random_network(shape: UNetShape) -> LocalUNet:
    """One whose layers all take part: as it is made, it answers 0."""
    torch.manual_seed(0)
    network = LocalUNet(shape)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=0.1)
    return network.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_beyond_the_reach_is_seen(shape: UNetShape) -> None:
    network = random_network(shape)
    side, middle = 2 * shape.reach + 40, shape.reach + 20
    planes = torch.rand(1, shape.inputs, side, side, requires_grad=True)
    network(planes)[..., middle, middle].sum().backward()
    assert planes.grad is not None
    seen = planes.grad.abs().sum((0, 1)).nonzero() - middle
    furthest = int(seen.abs().max())
    assert shape.reach - 2 * shape.stride < furthest <= shape.reach


@pytest.mark.parametrize("size", [(1, 1), (3, 17), (40, 9), (64, 64)])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_size_goes_in_and_comes_out(shape: UNetShape, size: tuple[int, int]) -> None:
    answer: Tensor = random_network(shape)(torch.rand(2, shape.inputs, *size))
    assert answer.shape == (2, shape.outputs, *size)
    assert torch.isfinite(answer).all()


def test_an_untrained_network_answers_nothing() -> None:
    assert not LocalUNet(SHAPES[0])(torch.rand(1, 7, 24, 24)).any()


@pytest.mark.torch
@pytest.mark.parametrize("unshuffle", [1, 2])
def test_a_signal_is_as_strong_at_every_level(unshuffle):
    torch.manual_seed(0)
    network = LocalUNet(UNetShape(6, 3, (32, 48, 64), 2, unshuffle))
    he_initialise(network)
    strengths = []
    for layer in (network.entry, *network.downs, *network.ups):
        layer.register_forward_hook(lambda _, __, out: strengths.append(out.std().item()))
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            block.first.register_forward_hook(lambda _, __, out: strengths.append(out.std().item()))
    network(torch.randn(2, 6, 96, 96))
    assert len(strengths) == 5 + 10
    assert max(strengths) < 3 * min(strengths)


@pytest.mark.torch
def test_the_answer_still_begins_at_nothing():
    network = LocalUNet(UNetShape(6, 3, (8, 12), 2))
    he_initialise(network)
    assert not network(torch.rand(1, 6, 24, 24)).any()
