"""Pictures that are not opaque: washes, soft layers, cut-outs; their backgrounds alone."""

import numpy as np
import pytest

from layerpeel.backend.engines.engine_registry import engine_named
from layerpeel.backend.errors import NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import DTYPE_OF_DEPTH, FULL_SCALE, array_of, block_of
from layerpeel.backend.lift_plan import NOTHING_BEHIND
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.pipeline import peel_picture
from layerpeel.shared.protocol import Depth, Mask, Outcome, PeelRequest, Picture

pytestmark = pytest.mark.usefixtures("plain_stages")

SIZE = (96, 120)
WASH = 180


@pytest.fixture(scope="module")
def disc():
    """H×W, 0–1: a disc with a soft edge."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.clip(30.5 - np.hypot(rows - 48, columns - 60), 0, 1)


@pytest.fixture(scope="module")
def peel_disc(disc, coverage_of):
    def peel(pixels, mask=None, **request):
        lift = Mask(coverage_of((disc if mask is None else mask) > 0.5))
        engine = engine_named("compact", ModelStore())
        return peel_picture(Picture(block_of(pixels)), PeelRequest(lift, **request), engine)

    return peel


def _orange_on_blue(disc, ground, thing, depth=Depth.U8):
    """A disc of alpha `thing` painted over a ground of alpha `ground` (both 0–1), flattened."""
    rows = np.linspace(0.3, 0.7, SIZE[0])[:, None]
    blue = np.dstack([0.4 * rows + 0 * disc, 0.5 * rows + 0 * disc, rows + 0 * disc])
    over = disc * thing
    alpha = over + ground * (1 - over)
    mixed = over[..., None] * (0.8, 0.5, 0.2) + ((1 - over) * ground)[..., None] * blue
    colour = np.divide(
        mixed, alpha[..., None], out=np.zeros_like(mixed), where=alpha[..., None] > 0
    )
    pixels = np.dstack([colour, alpha]) * FULL_SCALE[depth]
    return (pixels if depth.is_float else np.rint(pixels)).astype(DTYPE_OF_DEPTH[depth]), blue


def _placed(stack, layer):
    pixels, (x, y) = array_of(layer.pixels), layer.offset
    canvas = np.zeros((*SIZE, pixels.shape[-1]), pixels.dtype)
    canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


def _check_comes_back(stack, picture):
    flattened, shows = flatten(stack).astype(np.float64), picture[..., 3] > 0
    bound = 1e-6 if picture.dtype == np.float32 else 0
    assert np.abs(flattened - picture)[shows].max() <= bound
    assert np.array_equal(flattened[..., 3], picture[..., 3])


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("depth", list(Depth))
def test_behind_an_opaque_thing_on_a_wash_lies_the_wash(disc, peel_disc, depth, masks):
    picture, blue = _orange_on_blue(disc, WASH / 255, 1.0, depth)
    stack = peel_disc(picture, masks=masks)
    _check_comes_back(stack, picture)
    background = _placed(stack, stack.layers[0]).astype(np.float64) / FULL_SCALE[depth]
    assert np.median(background[..., 3]) == pytest.approx(WASH / 255, abs=1e-3)
    # But for a few pixels of the rim.
    off = np.abs(background[..., 3] - WASH / 255)
    assert (off > 4 / 255).mean() < 0.005
    assert np.abs(background[..., :3] - blue)[disc >= 1].mean() < 0.05
    assert stack.notes == ()


@pytest.mark.parametrize("depth", list(Depth))
def test_a_nearly_opaque_picture_is_filled_nearly_opaquely(disc, peel_disc, depth):
    picture, blue = _orange_on_blue(disc, 1.0, 1.0, depth)
    nearly = picture[..., 3].dtype.type(254 / 255 * FULL_SCALE[depth])
    picture[..., 3] = nearly
    stack = peel_disc(picture)
    _check_comes_back(stack, picture)
    background = _placed(stack, stack.layers[0]).astype(np.float64) / FULL_SCALE[depth]
    foreground = _placed(stack, stack.layers[1]).astype(np.float64) / FULL_SCALE[depth]
    assert background[..., 3].min() > 0.85
    assert foreground[..., 3][disc >= 1].min() > 0.96
    assert np.abs(background[..., :3] - blue)[disc >= 1].mean() < 0.05
    assert stack.notes == ()


def test_behind_a_see_through_thing_it_is_clear_and_a_note_says_so(disc, peel_disc):
    picture, _ = _orange_on_blue(disc, 1.0, 1.0)
    picture[..., 3] = WASH
    stack = peel_disc(picture, masks=True)
    _check_comes_back(stack, picture)
    assert not _placed(stack, stack.layers[0])[..., 3][disc >= 1].any()
    assert stack.notes == (NOTHING_BEHIND,)


def test_a_picture_that_is_cut_out_already_is_told_so(disc, peel_disc):
    picture, _ = _orange_on_blue(disc, 0.0, 1.0)
    with pytest.raises(NothingFoundError, match="cut out already"):
        peel_disc(picture)
    # To select it is no less possible.
    assert any(peel_disc(picture, outcome=Outcome.SELECTION).selection.data)


def test_a_part_of_a_cut_out_leaves_the_rest_filled_in_and_clear_beyond(disc, peel_disc):
    picture, _ = _orange_on_blue(disc, 0.0, 1.0)
    band = np.zeros(SIZE, np.bool_)
    band[40:56, 45:75] = True
    picture[band, :3] = (20, 160, 60)
    stack = peel_disc(picture, mask=band)
    _check_comes_back(stack, picture)
    background = _placed(stack, stack.layers[0])
    assert (background[band][:, 3] == 255).all()
    orange = np.array([0.8, 0.5, 0.2]) * 255
    assert np.abs(background[band][:, :3] - orange).max() < 4
    assert not background[..., 3][disc == 0].any()


def test_hidden_colours_never_show_in_any_layer(disc, peel_disc):
    picture, _ = _orange_on_blue(disc, 1.0, 1.0)
    clear = np.zeros(SIZE, np.bool_)
    clear[:, 84:] = True  # So that the thing reaches to what is clear.
    seen = []
    for hidden in ((0, 255, 0), (255, 255, 255)):
        picture[clear] = (*hidden, 0)
        # Under a mask all of the foreground's colours may be shown, by painting it wider.
        stack = peel_disc(picture, masks=True)
        layers = [_placed(stack, layer) for layer in stack.layers]
        seen.append([np.where(layer[..., 3:] > 0, layer, 0) for layer in layers])
    for one, other in zip(*seen, strict=True):
        assert np.array_equal(one, other)


def test_one_layer_after_the_other_keeps_the_wash(disc, peel_disc):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    other = np.clip(8.5 - np.hypot(rows - 20, columns - 14), 0, 1)
    picture, _ = _orange_on_blue(np.maximum(disc, other), WASH / 255, 1.0)
    first = peel_disc(picture)
    below = _placed(first, first.layers[0])
    second = peel_disc(below, mask=other)
    _check_comes_back(second, below)
    off = np.abs(_placed(second, second.layers[0])[..., 3].astype(int) - WASH)
    assert (off > 4).mean() < 0.005
