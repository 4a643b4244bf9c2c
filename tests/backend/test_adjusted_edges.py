"""The edges of a result adjusted: alpha as asked for, and flattened always the picture."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend import adjust, peel
from layerpeel.backend.answering import answer
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.moved_edge import shifted, softened
from layerpeel.shared.jobs import SubmitJob
from layerpeel.shared.protocol import (
    AdjustRequest,
    ChannelOrder,
    Coverage,
    Layer,
    LayerStack,
    MadeWith,
    Mask,
    Outcome,
    PeelRequest,
    Picture,
    Role,
)
from layerpeel.shared.wire import pack, unpack

WIDTH, HEIGHT = 96, 72
HIDES = np.uint8(255)


def _disc(radius=20.0, softness=2.0):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    off = np.hypot(y - 36, x - 44)
    return np.clip((radius - off) / softness + 0.5, 0, 1).astype(np.float32)


def _levels(alpha):
    return np.floor(alpha * 255 + 0.5).astype(np.uint8)


def _mask(alpha):
    return Mask(Coverage(WIDTH, HEIGHT, _levels(alpha).tobytes()), exact=True)


def _ground(seed=1):
    """A ground of soft stripes in blue and green."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    wave = (40 * np.sin(x / 9 + y / 15) + 120).astype(np.uint8)
    return np.dstack([wave // 3, wave, 255 - wave])


def _scene(alpha, residue=0):
    """A red disc over the ground; a dark ring of so many pixels round it, which alpha lacks."""
    seen = shifted(alpha, residue) if residue else alpha
    colour = np.where(alpha[..., None] > 0.5, [210, 40, 30], [20, 10, 10])
    mixed = seen[..., None] * colour + (1 - seen[..., None]) * _ground()
    return np.floor(mixed + 0.5).astype(np.uint8)


@pytest.fixture(scope="module")
def stack():
    alpha = _disc()
    return peel(_scene(alpha), lift=_mask(alpha))


def _on_canvas(layer, size):
    pixels = array_of(layer.pixels)
    canvas = np.zeros((size[1], size[0], pixels.shape[-1]), pixels.dtype)
    (x, y), block = layer.offset, layer.pixels
    canvas[y : y + block.height, x : x + block.width] = pixels
    return canvas


def _alpha_of(stack, number=-1):
    return _on_canvas(stack.layers[number], stack.size)[..., -1]


@pytest.mark.parametrize(("shift", "soften"), [(3, 0), (-2, 0), (0, 3), (2.5, 1), (-8, 8)])
def test_alpha_comes_out_as_asked_for_and_the_picture_stays(stack, shift, soften):
    adjusted = adjust(stack, shift=shift, soften=soften)
    before = _alpha_of(stack).astype(np.float32) / np.float32(255)
    wished = _levels(softened(shifted(before, shift), soften))
    np.testing.assert_array_equal(_alpha_of(adjusted), wished)
    np.testing.assert_array_equal(flatten(adjusted), flatten(stack))
    assert [layer.name for layer in adjusted.layers] == ["Background", "Foreground"]
    assert adjusted.made_with.stages["adjusted edge"]


def test_where_alpha_stays_nothing_changes(stack):
    adjusted = adjust(stack, shift=2)
    stays = _alpha_of(adjusted) == _alpha_of(stack)
    assert stays.sum() > 1000
    for before, after in zip(stack.layers, adjusted.layers, strict=True):
        planes = [_on_canvas(layer, stack.size)[stays] for layer in (before, after)]
        shows = planes[0][:, -1] > 0
        np.testing.assert_array_equal(planes[1][shows], planes[0][shows])


def test_adjusted_by_nothing_it_is_the_same(stack):
    assert adjust(stack).layers == stack.layers


def test_a_ring_that_was_left_goes_with_the_edge_that_moves_over_it():
    alpha = _disc()
    stack = peel(_scene(alpha, residue=3), lift=_mask(alpha))
    adjusted = adjust(stack, shift=5)
    np.testing.assert_array_equal(flatten(adjusted), flatten(stack))
    ring = (shifted(alpha, 3) > 0.05) & (alpha < 0.05)
    left, gone = (
        np.abs(_on_canvas(each.layers[0], each.size)[..., :3][ring].astype(int) - _ground()[ring])
        for each in (stack, adjusted)
    )
    assert left.mean() > 20
    assert gone.mean() < 8
    # As much as the ground itself varies from pixel to pixel, no more.
    assert np.percentile(gone, 99) < 30


def test_inwards_the_background_keeps_what_the_object_gives_up(stack):
    adjusted = adjust(stack, shift=-3)
    given_up = (_alpha_of(adjusted) == 0) & (_alpha_of(stack) == HIDES)
    assert given_up.any()
    background = _on_canvas(adjusted.layers[0], stack.size)
    np.testing.assert_array_equal(background[given_up], flatten(stack)[given_up])


def test_clean_colours_take_the_ground_out_of_an_edge_that_holds_too_much_of_it():
    true = _disc(softness=8)
    picture = _scene(true)
    true_picture = true[..., None] * [210, 40, 30] + (1 - true[..., None]) * _ground()
    picture = np.floor(true_picture + 0.5).astype(np.uint8)
    stack = peel(picture, lift=_mask(np.sqrt(true)))
    cleaned = adjust(stack, clean=True)
    np.testing.assert_array_equal(flatten(cleaned), flatten(stack))
    wrong = [
        np.abs(_alpha_of(each).astype(float) / 255 - true)[(true > 0.1) & (true < 0.9)].mean()
        for each in (stack, cleaned)
    ]
    assert wrong[1] < 0.5 * wrong[0]
    seen = (_alpha_of(cleaned) > 60) & (true < 0.9)
    off = [
        np.abs(_on_canvas(each.layers[1], each.size)[seen][:, :3].astype(float) - [210, 40, 30])
        for each in (stack, cleaned)
    ]
    assert off[1].mean() < 0.5 * off[0].mean()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shift=st.floats(-8, 8),
    soften=st.floats(0, 8),
    clean=st.booleans(),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    layers=st.integers(1, 2),
)
def test_any_opaque_stack_flattens_to_what_it_did(seed, shift, soften, clean, dtype, layers):
    random = np.random.default_rng(seed)
    full = np.iinfo(dtype).max
    canvas = random.integers(0, full, (24, 32, 4), dtype, endpoint=True)
    canvas[..., 3] = full
    parts = [Layer("Background", Role.BACKGROUND, block_of(canvas, ChannelOrder.BGRA))]
    for number in range(layers):
        over = random.integers(0, full, (16, 20, 4), dtype, endpoint=True)
        over[..., 3] = np.where(random.random((16, 20)) < 0.7, over[..., 3] // 2 * 2, full)
        over[5:12, 4:15, 3] = full
        parts.append(Layer(f"F{number}", Role.FOREGROUND, block_of(over), (number * 6, 4)))
    stack = LayerStack((32, 24), tuple(parts), MadeWith("any", 0))
    adjusted = adjust(stack, shift=shift, soften=soften, clean=clean)
    np.testing.assert_array_equal(flatten(adjusted), flatten(stack))
    assert adjusted.layers[0].pixels.order is ChannelOrder.BGRA


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-8, 8), soften=st.floats(0, 8))
def test_a_picture_that_is_see_through_keeps_its_alpha_and_looks_the_same(seed, shift, soften):
    random = np.random.default_rng(seed)
    picture = np.dstack([_scene(_disc()), random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)])
    picture[:, :30, 3] = 0
    picture[:, 50:, 3] = 255
    stack = peel(picture, lift=_mask(_disc()))
    before, after = flatten(stack), flatten(adjust(stack, shift=shift, soften=soften))
    np.testing.assert_array_equal(after[..., 3], before[..., 3])
    # Each splitting promises one step.
    shows = before[..., 3] > 0
    assert np.abs(after[shows].astype(int) - before[shows]).max() <= 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_floats_too(dtype):
    alpha = _disc()
    stack = peel((_scene(alpha) / 255 * 1.7 - 0.2).astype(dtype), lift=_mask(alpha))
    adjusted = adjust(stack, shift=2, soften=2, clean=True)
    before, after = flatten(stack).astype(np.float64), flatten(adjusted).astype(np.float64)
    step = 1e-3 if dtype is np.float16 else 2e-6
    assert np.abs(after - before).max() <= step * 2


def test_the_picture_has_no_edge_where_it_ends():
    """Half of the disc lies beside nothing: from there no edge moves inwards."""
    picture = np.dstack([_scene(_disc()), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    picture[:, :44, 3] = 0
    stack = peel(picture, lift=_mask(_disc()))
    adjusted = adjust(stack, shift=-3)
    assert _alpha_of(adjusted)[36, 44:60].min() == HIDES


@pytest.fixture(scope="module")
def with_mask():
    """The disc as colour with a mask, in a picture that reaches further than its margin."""
    picture, levels = _padded(60)
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    mask = Mask(Coverage(picture.shape[1], picture.shape[0], levels.tobytes()), exact=True)

    def peeled(outcome):
        request = PeelRequest(mask, masks=True, outcome=outcome)
        return answer(Picture(block_of(opaque)), request, ModelStore())

    return picture, peeled


def _padded(by):
    """The scene and its mask with so many pixels more on each side."""
    picture = np.pad(_scene(_disc()), ((by, by), (by, by), (0, 0)), mode="edge")
    return picture, np.pad(_levels(_disc()), by)


@pytest.mark.parametrize("change", [{"shift": 8}, {"shift": -3}, {"shift": 2, "soften": 8}])
def test_masks_stay_masks_and_can_be_painted_wider(with_mask, change):
    picture, peeled = with_mask
    stack = peeled(Outcome.LAYERS)
    adjusted = adjust(stack, **change)
    layer = adjusted.layers[1]
    assert layer.mask is not None
    assert (array_of(layer.pixels)[..., 3] == HIDES).all()
    np.testing.assert_array_equal(flatten(adjusted), flatten(stack))
    block = layer.pixels
    mask = np.frombuffer(layer.mask.data, np.uint8).reshape(block.height, block.width)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    ends = (rows[0], block.height - 1 - rows[-1], columns[0], block.width - 1 - columns[-1])
    assert ends == (32, 32, 32, 32)
    before, after = (_on_canvas(each.layers[1], stack.size) for each in (stack, adjusted))
    newly_there = (after[..., 3] == HIDES) & (before[..., 3] == 0)
    np.testing.assert_array_equal(after[newly_there][:, :3], picture[newly_there])


def test_with_patches_a_margin_ends_where_no_colour_is_known(with_mask):
    picture, peeled = with_mask
    stack = peeled(Outcome.PATCHES)
    layer, before = adjust(stack, shift=8).layers[1], stack.layers[1]
    assert layer.offset == before.offset
    assert (layer.pixels.width, layer.pixels.height) == (before.pixels.width, before.pixels.height)
    (x, y), block = layer.offset, layer.pixels
    corner = array_of(block)[:20, :20, :3]
    np.testing.assert_array_equal(corner, picture[y : y + 20, x : x + 20])


def test_patches_have_room_for_an_edge_that_moves_outwards():
    picture, levels = _padded(40)
    mask = Mask(Coverage(WIDTH + 80, HEIGHT + 80, levels.tobytes()), exact=True)
    stack = peel(picture, lift=mask, outcome=Outcome.PATCHES)
    whole = peel(picture, lift=mask)
    patch, block = adjust(stack, shift=8, soften=8), stack.layers[0].pixels
    assert (block.width, block.height) == (2 * 16 + 41, 2 * 16 + 41)
    assert patch.layers[0].offset == stack.layers[0].offset
    np.testing.assert_array_equal(_alpha_of(patch), _alpha_of(adjust(whole, shift=8, soften=8)))


def test_of_several_things_each_edge_moves_and_all_flatten_to_the_picture():
    near, far = _disc(), np.roll(_disc(12), 30, axis=1)
    first = peel(_scene(near), lift=_mask(near))
    second = peel(array_of(first.layers[0].pixels), lift=_mask(far))
    both = replace(second, layers=(*second.layers, first.layers[1]))
    adjusted = adjust(both, shift=2)
    np.testing.assert_array_equal(flatten(adjusted), flatten(both))
    for number, alpha in ((1, far), (2, near)):
        before = _levels(alpha).astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(_alpha_of(adjusted, number), _levels(shifted(before, 2)))


def test_other_backgrounds_go_on_fitting():
    alpha = _disc()
    stack = peel(_scene(alpha), lift=_mask(alpha), fill_variants=1)
    adjusted = adjust(stack, shift=-4)
    (other,) = adjusted.other_backgrounds
    np.testing.assert_array_equal(
        flatten(replace(adjusted, layers=(other, adjusted.layers[1]))), flatten(stack)
    )
    assert other.pixels != adjusted.layers[0].pixels


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shift": 8.5}, "moved by 8.5 pixels"),
        ({"shift": float("nan")}, "moved by nan"),
        ({"soften": -1.0}, "softened over -1"),
        ({"soften": 9.0}, "give 0 to 8"),
    ],
)
def test_numbers_out_of_range_are_refused(stack, change, words):
    with pytest.raises(BadInputError, match=words):
        adjust(stack, **change)


def test_what_has_no_edge_is_refused(stack):
    background, foreground = stack.layers
    for layers in ((background,), (foreground,), (foreground, background), ()):
        with pytest.raises(BadInputError, match=r"lifted off"):
            adjust(replace(stack, layers=layers))
    selected = peel(_scene(_disc()), lift=_mask(_disc()), outcome=Outcome.SELECTION)
    with pytest.raises(BadInputError, match="A selection has no layers"):
        adjust(selected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"offset": (90, 0)}, "does not lie within"),
        ({"blend_mode": "multiply"}, "blended in another way"),
        ({"opacity": 0.5}, "blended in another way"),
        ({"pixels": block_of(np.zeros((2, 2, 4), np.uint16))}, "other colours"),
    ],
)
def test_layers_that_do_not_fit_are_refused(stack, change, words):
    odd = replace(stack.layers[1], **change)
    with pytest.raises(BadInputError, match=words):
        adjust(replace(stack, layers=(stack.layers[0], odd)))
    other = replace(odd, role=Role.BACKGROUND)
    with pytest.raises(BadInputError, match=words):
        adjust(replace(stack, other_backgrounds=(other,)))


MOST_OF_ALL = 0.5
"""No wait between two reports is a larger share of the whole time."""


class _EnoughError(Exception):
    pass


def test_progress_rises_and_any_of_it_may_cancel(stack):
    said = []
    change = {"shift": 1, "soften": 2, "clean": True}
    adjust(stack, report=lambda *step: said.append(step), **change)
    assert [done for _, done in said] == sorted(done for _, done in said)
    assert said[-1] == ("Done", 1.0)
    for stop_at in sorted({done for _, done in said}):

        def stop(_words, done, at=stop_at):
            if done >= at:
                raise _EnoughError

        with pytest.raises(_EnoughError):
            adjust(stack, report=stop, **change)


@pytest.mark.parametrize("change", [{"shift": 2}, {"shift": -8, "soften": 8, "clean": True}])
def test_it_says_often_how_far_it_is(change):
    """Who is asked to stop does so at the next report; one that takes too long is killed."""
    y, x = np.mgrid[:1000, :1500]
    background = np.full((1000, 1500, 4), [90, 150, 200, 255], np.uint8)
    foreground = np.full_like(background, [210, 40, 30, 0])
    foreground[..., 3] = _levels(np.clip((400 - np.hypot(y - 500, x - 750)) / 2 + 0.5, 0, 1))
    parts = (
        Layer("Background", Role.BACKGROUND, block_of(background)),
        Layer("Foreground", Role.FOREGROUND, block_of(foreground)),
    )
    stack = LayerStack((1500, 1000), parts, MadeWith("any", 0))
    began = time.process_time()
    said = []
    adjust(stack, report=lambda *_step: said.append(time.process_time() - began), **change)
    longest = max(np.diff([0, *said]))
    assert longest < MOST_OF_ALL * said[-1]


def test_the_request_travels(stack):
    job = SubmitJob("Edge", AdjustRequest(stack, 1.5, 2.0, True), None)
    assert unpack(SubmitJob, pack(job)) == job
    assert job.size == (WIDTH, HEIGHT)
