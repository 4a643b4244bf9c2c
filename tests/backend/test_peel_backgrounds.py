"""Several backgrounds to choose from: the same foreground, and flattened always the picture."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.answering import answer
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.other_backgrounds import NOTHING_HIDDEN
from layerpeel.shared.protocol import (
    Coverage,
    Layer,
    Mask,
    Outcome,
    PeelRequest,
    Picture,
    RefillRequest,
    Role,
)


@pytest.fixture(scope="module")
def no_networks():
    """The mask stands as drawn, alpha is closed-form alpha; holes are filled in as ever."""
    from layerpeel.backend.engines import compact
    from layerpeel.backend.stages.small_networks import matting
    from layerpeel.backend.stages.small_networks.band_layers import OUTPUTS

    def answer_of(_name, planes, _wanted, _report):
        return np.zeros((OUTPUTS, *planes.shape[1:]), np.float32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matting, "answer_of", answer_of)
        patch.setattr(compact.CompactEngine, "find_in_lasso", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((220, 160), "mountains", ("cactus1", 60, 30, 110))


@pytest.fixture(scope="module")
def lift(scene, coverage_of):
    return Mask(coverage_of(scene.alphas[0] > 127))


@pytest.fixture(scope="module")
def stack(scene, lift, no_networks):
    return peel(scene.picture, lift=lift, fill_variants=4)


def _in_its_place(stack, background):
    return replace(stack, layers=(background, *stack.layers[1:]), other_backgrounds=())


def _opaque(picture):
    full = np.iinfo(picture.dtype).max
    return np.dstack([picture, np.full(picture.shape[:2], full, picture.dtype)])


def _apart(one, other, where):
    """Mean difference of two layers, in steps of 8 bits."""
    planes = [array_of(layer.pixels)[..., :3].astype(float)[where] for layer in (one, other)]
    return np.abs(planes[0] - planes[1]).mean()


def test_each_flattens_to_the_picture_and_is_another(scene, stack):
    backgrounds = stack.layers[0], *stack.other_backgrounds
    assert [layer.name for layer in backgrounds] == [
        "Background",
        *(f"Background {number}" for number in range(2, 6)),
    ]
    assert {layer.role for layer in backgrounds} == {Role.BACKGROUND}
    hole = scene.alphas[0] == 255
    for number, background in enumerate(backgrounds):
        flat = flatten(_in_its_place(stack, background))
        assert np.array_equal(flat, _opaque(scene.picture))
        for other in backgrounds[:number]:
            assert _apart(background, other, hole) > 3


def test_foreground_and_background_are_those_of_a_peel_without_others(scene, lift, stack):
    assert peel(scene.picture, lift=lift).layers == stack.layers


def test_they_differ_only_behind_what_hides_them(scene, stack):
    (x, y), block = stack.layers[1].offset, stack.layers[1].pixels
    hidden = np.zeros(scene.picture.shape[:2], np.bool_)
    hidden[y : y + block.height, x : x + block.width] = array_of(block)[..., 3] == 255
    first = array_of(stack.layers[0].pixels)
    for background in stack.other_backgrounds:
        assert np.array_equal(array_of(background.pixels)[~hidden], first[~hidden])


def test_equal_requests_give_equal_backgrounds_and_fewer_are_the_first_of_more(scene, lift, stack):
    fewer = peel(scene.picture, lift=lift, fill_variants=2)
    assert fewer.other_backgrounds == stack.other_backgrounds[:2]


def test_of_several_layers_the_background_behind_all_is_filled_in_otherwise(make_scene):
    scene = make_scene((240, 120), "mountains", ("cactus1", 10, 20, 90), ("jessica", 130, 10, 100))
    covered = (scene.alphas[0] > 127).astype(np.uint8) * 255
    again = (scene.alphas[1] > 127).astype(np.uint8) * 255
    first = peel(scene.picture, lift=Mask(Coverage(240, 120, covered.tobytes()), exact=True))
    left = array_of(first.layers[0].pixels)
    second = peel(left, lift=Mask(Coverage(240, 120, again.tobytes()), exact=True), fill_variants=1)
    (other,) = second.other_backgrounds
    assert _apart(other, second.layers[0], again > 0) > 3
    whole = replace(second, layers=(other, second.layers[1], first.layers[1]))
    assert np.array_equal(flatten(whole), _opaque(scene.picture))


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_in_every_depth(scene, lift, no_networks, dtype):
    full = 257 if dtype is np.uint16 else 1 / 255
    picture = (scene.picture.astype(np.float64) * full).astype(dtype)
    stack = peel(picture, lift=replace(lift, exact=True), fill_variants=1)
    flat = flatten(_in_its_place(stack, stack.other_backgrounds[0]))[..., :3]
    assert np.array_equal(flat, flatten(stack)[..., :3])
    assert _apart(stack.other_backgrounds[0], stack.layers[0], scene.alphas[0] == 255) > 0


def test_a_patch_has_the_others_bounds(scene, lift, no_networks):
    stack = peel(scene.picture, lift=lift, outcome=Outcome.PATCHES, fill_variants=1)
    (other,) = stack.other_backgrounds
    assert other.offset == stack.layers[0].offset
    assert (other.pixels.width, other.pixels.height) == (
        stack.layers[0].pixels.width,
        stack.layers[0].pixels.height,
    )


def test_behind_what_is_opaque_nowhere_there_is_one_background_and_a_note_says_so(scene):
    faint = np.full((160, 220), 120, np.uint8)
    faint[:, :80] = 0
    lift = Mask(Coverage(220, 160, faint.tobytes()), exact=True)
    stack = peel(scene.picture, lift=lift, fill_variants=2)
    assert stack.other_backgrounds == ()
    assert NOTHING_HIDDEN in stack.notes


@pytest.mark.parametrize("number", [-1, 9])
def test_other_numbers_are_refused(scene, lift, number):
    with pytest.raises(BadInputError, match="0 to 8"):
        peel(scene.picture, lift=lift, fill_variants=number)


def test_a_selection_has_no_backgrounds(scene, lift):
    with pytest.raises(BadInputError, match="selection has no background"):
        peel(scene.picture, lift=lift, outcome=Outcome.SELECTION, fill_variants=1)


def test_progress_rises_to_the_end_and_any_of_it_may_cancel(scene, lift, no_networks):
    class EnoughError(Exception):
        pass

    said = []
    peel(scene.picture, lift=lift, fill_variants=2, report=lambda *step: said.append(step))
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert said[-1] == ("Done", 1.0)
    assert any(words.startswith("Filling in otherwise") for words, _ in said)

    def stop(words, _done):
        if words.startswith("Filling in otherwise"):
            raise EnoughError

    with pytest.raises(EnoughError):
        peel(scene.picture, lift=lift, fill_variants=2, report=stop)


# A background that is sent back, to be filled in otherwise ------------------------------------


def _on_canvas(layer, like):
    """A layer's array on the canvas of another, clear around it."""
    canvas = np.zeros_like(array_of(like.pixels))
    (x, y), block = layer.offset, layer.pixels
    canvas[y : y + block.height, x : x + block.width] = array_of(block)
    return canvas


def _refilled(stack, number=1, hidden=None):
    """What comes for a stack's background, as an array of its size."""
    background = stack.layers[0]
    if hidden is None:
        covers = np.where(_on_canvas(stack.layers[1], background)[..., 3] == 255, 255, 0)
        hidden = Coverage(220, 160, covers.astype(np.uint8).tobytes())
    request = RefillRequest(hidden, number)
    (layer,) = answer(Picture(background.pixels), request, ModelStore()).layers
    assert (layer.name, layer.role) == ("Background", Role.BACKGROUND)
    return _on_canvas(layer, background)


def test_a_background_that_is_sent_back_comes_as_the_peel_would_have_given_it(stack):
    background, foreground = stack.layers
    hides = _on_canvas(foreground, background)[..., 3] == 255
    for number, other in enumerate(stack.other_backgrounds[:2], 1):
        refilled = _refilled(stack, number)
        assert np.array_equal(refilled[hides], array_of(other.pixels)[hides])
        assert not refilled[~hides].any()


def test_it_changes_nothing_that_is_seen_whatever_it_is_filled_in_from(scene, stack):
    background, foreground = stack.layers
    of_another = replace(background, pixels=block_of(_opaque(scene.picture)[::-1].copy()))
    refilled = _refilled(replace(stack, layers=(of_another, foreground)))
    over = Layer("Background 2", Role.BACKGROUND, block_of(refilled))
    flat = flatten(replace(stack, layers=(background, over, foreground)))
    assert np.array_equal(flat, _opaque(scene.picture))


def test_the_next_is_the_same_whichever_is_sent_back(stack):
    first, second = array_of(stack.layers[0].pixels), _refilled(stack, 1)
    seen = np.where(second[..., 3:] == 255, second, first)
    sent = replace(stack.layers[0], pixels=block_of(seen))
    refilled = _refilled(replace(stack, layers=(sent, stack.layers[1])), 2)
    assert np.array_equal(refilled, _refilled(stack, 2))


def test_what_is_clear_stays_clear(stack):
    pixels = array_of(stack.layers[0].pixels).copy()
    pixels[:, 100:, 3] = 0
    sent = replace(stack, layers=(replace(stack.layers[0], pixels=block_of(pixels)),))
    everywhere = Coverage(220, 160, bytes([255]) * (220 * 160))
    filled = _refilled(sent, hidden=everywhere)
    assert not filled[:, 100:].any()
    assert np.array_equal(filled[..., 3], pixels[..., 3])


def test_where_nothing_is_hidden_there_is_no_other(stack):
    with pytest.raises(NothingFoundError, match="no other background"):
        _refilled(stack, hidden=Coverage(220, 160, bytes([254]) * (220 * 160)))


@pytest.mark.parametrize(
    ("hidden", "number", "seed", "words"),
    [
        (Coverage(2, 1, b"\xff\xff"), 1, 0, "2×1 pixels"),
        (None, 0, 0, "begin with 1"),
        (None, 1, -1, "seed -1"),
        (None, 1, 2**63, "seed"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(stack, hidden, number, seed, words):
    everywhere = Coverage(220, 160, bytes([255]) * (220 * 160))
    request = RefillRequest(hidden or everywhere, number, seed)
    with pytest.raises(BadInputError, match=words):
        answer(Picture(stack.layers[0].pixels), request, ModelStore())


def test_the_request_travels(stack):
    from layerpeel.shared.jobs import SubmitJob
    from layerpeel.shared.wire import pack, unpack

    pixels = stack.layers[0].pixels
    hidden = Coverage(220, 160, bytes([255]) * (220 * 160))
    for request in (RefillRequest(hidden, 3, 7), PeelRequest(fill_variants=2)):
        job = SubmitJob("Another background", request, Picture(pixels))
        assert unpack(SubmitJob, pack(job)) == job
