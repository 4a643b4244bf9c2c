"""In tiles, a network answers what it answers for the whole picture at once."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend.networks.high_frequency_alignment import AlignmentNetwork
from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape
from layerpeel.backend.networks.tiles import in_tiles
from layerpeel.backend.progress import say_no_fraction

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
SHAPES = [
    UNetShape(7, 3, (8, 12), 1, unshuffle=2),
    UNetShape(7, 3, (6, 8, 10), 1),
]
SIDE = 88

# One pixel, thinner than the overlap, ends of less than a stride, whole tiles, one row of tiles.
SIZES = [(1, 1), (1, 230), (190, 3), (88, 89), (97, 131), (160, 176), (50, 200)]


def difference(network, shape, planes, side=SIDE):
    with torch.inference_mode():
        whole = network(*planes)
        tiled = in_tiles(network, shape, planes, side, CPU, say_no_fraction)
    assert tiled.shape == whole.shape
    assert whole.std() > 0.05 or whole[0, 0].numel() == 1
    return float((tiled - whole).abs().max())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_tiled_equals_untiled(make_random, shape, size):
    network = make_random(LocalUNet(shape))
    assert difference(network, shape, [torch.rand(1, 7, *size)]) <= 1e-4


@settings(max_examples=15)
@given(height=st.integers(1, 150), width=st.integers(1, 150), side=st.integers(60, 120))
def test_tiled_equals_untiled_at_any_size(make_random, height, width, side):
    network = make_random(LocalUNet(SHAPES[0]))
    assert difference(network, SHAPES[0], [torch.rand(1, 7, height, width)], side) <= 1e-4


def test_alignment_in_tiles(make_random):
    network = make_random(AlignmentNetwork(SHAPES[0]))
    planes = torch.rand(2, 3, 97, 131), torch.rand(2, 1, 97, 131), torch.rand(2, 3, 97, 131)
    assert difference(network, network.shape, planes) <= 1e-4


def test_less_overlap_than_the_reach_would_be_seen(make_random):
    """So the tests above can tell."""

    class TooShort(UNetShape):
        @property
        def reach(self):
            return 8

    network = make_random(LocalUNet(SHAPES[0]))
    too_short = TooShort(**vars(SHAPES[0]))
    assert difference(network, too_short, [torch.rand(1, 7, 160, 176)]) > 1e-4


def test_progress_is_told_after_every_tile_and_may_stop(make_random):
    network = make_random(LocalUNet(SHAPES[0]))
    planes = [torch.rand(1, 7, 97, 131)]
    told = []
    with torch.inference_mode():
        in_tiles(network, SHAPES[0], planes, SIDE, CPU, told.append)
    assert len(told) == 3 * 4  # tiles answer for 40 pixels a side
    assert told == sorted(told)
    assert told[-1] == 1

    class EnoughError(Exception):
        pass

    def stop(done):
        raise EnoughError

    seen = []
    with pytest.raises(EnoughError), torch.inference_mode():
        in_tiles(lambda tile: seen.append(tile) or tile[:, :3], SHAPES[0], planes, SIDE, CPU, stop)
    assert len(seen) == 1


def test_tiles_that_are_all_overlap_are_refused():
    shape = SHAPES[0]
    with pytest.raises(ValueError, match="all overlap"):
        in_tiles(
            LocalUNet(shape),
            shape,
            [torch.rand(1, 7, 99, 99)],
            2 * shape.reach,
            CPU,
            say_no_fraction,
        )
