"""What cannot be done is said before any work, in one line that says what to do."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.errors import (
    BadInputError,
    LayerpeelError,
    ModelError,
    NothingFoundError,
)
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import Box, Mask, Outcome, Subject, Trimap, Words

HEIGHT, WIDTH = 24, 32
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture
def middle(coverage_of):
    levels = np.zeros((HEIGHT, WIDTH), np.uint8)
    levels[6:18, 8:24] = 255
    return coverage_of(levels)


@pytest.fixture
def no_models(tmp_path):
    return ModelStore(tmp_path / "no-models")


def _refused(error, picture=PICTURE, **request):
    """Raise `error` before a single stage begins; give its message."""
    stages = []
    with pytest.raises(error) as caught:
        peel(picture, report=lambda stage, _done: stages.append(stage), **request)
    assert stages in ([], ["Finding what to lift off"])
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.endswith(".") or message.endswith(").")
    return message


@pytest.mark.parametrize("layers", [0, -1, 33])
def test_layers_are_1_to_32(middle, layers):
    message = _refused(BadInputError, lift=Mask(middle), layers=layers)
    assert message == f"{layers} layers cannot be peeled: ask for 1 to 32."


@pytest.mark.parametrize("band", [0, -1, 33, 1e9, float("nan"), float("inf")])
def test_a_band_is_above_0_and_within_the_picture(middle, band):
    assert "band of" in _refused(BadInputError, lift=Mask(middle), band=band)


@pytest.mark.parametrize("kind", [Mask, Trimap, Subject])
@pytest.mark.parametrize("shape", [(WIDTH, HEIGHT), (HEIGHT, WIDTH + 1), (1, 1)])
def test_a_mask_of_another_size_is_refused_with_both_sizes(coverage_of, kind, shape):
    message = _refused(BadInputError, lift=kind(coverage_of(np.zeros(shape, np.uint8))))
    assert f"{shape[1]}×{shape[0]} pixels" in message
    assert f"{WIDTH}×{HEIGHT}" in message


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 0, 5),
        Box(0, 0, 5, 0),
        Box(-1, 0, 5, 5),
        Box(0, -1, 5, 5),
        Box(28, 0, 5, 5),
        Box(0, 20, 5, 5),
        Box(5, 5, -3, -3),
        Box(100, 100, 5, 5),
    ],
)
def test_a_box_lies_within_the_picture(box):
    message = _refused(BadInputError, lift=box)
    assert f"{box.left},{box.top},{box.width},{box.height}" in message
    assert f"{WIDTH}×{HEIGHT}" in message


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_words_say_something(text):
    assert "words are empty" in _refused(BadInputError, lift=Words(text))


def test_words_need_models_that_are_named(no_models):
    message = _refused(ModelError, lift=Words("the red bird"), store=no_models)
    for part in ("the red bird", "“auto”", "layerpeel models pull grounding-dino"):
        assert part in message


@pytest.mark.parametrize(
    "request_", [{}, {"lift": Subject()}, {"lift": Box(2, 2, 9, 9)}, {"layers": 2}]
)
def test_a_model_that_is_missing_is_named_with_what_to_do(middle, no_models, request_):
    if "layers" in request_:
        request_ = {**request_, "lift": Mask(middle)}
    message = _refused(ModelError, store=no_models, **request_)
    assert "isnet" in message
    assert "layerpeel models pull" in message


@pytest.mark.parametrize("kind", [Mask, Trimap])
def test_one_layer_by_a_mask_or_trimap_needs_no_model(middle, no_models, kind):
    levels = np.frombuffer(middle.data, np.uint8).reshape(HEIGHT, WIDTH)
    assert levels.any()
    stack = peel(PICTURE, lift=kind(middle), store=no_models)
    assert len(stack.layers) == 2


@pytest.mark.parametrize("level", [0, 1, 127])
def test_an_empty_selection_holds_no_subject(coverage_of, isnet_store, level):
    coverage = coverage_of(np.full((HEIGHT, WIDTH), level, np.uint8))
    message = _refused(NothingFoundError, lift=Subject(coverage), store=isnet_store)
    assert "selection is empty" in message


@pytest.mark.parametrize("level", [0, 1, 127])
def test_an_empty_mask_lifts_nothing(coverage_of, level):
    coverage = coverage_of(np.full((HEIGHT, WIDTH), level, np.uint8))
    assert "mask is empty" in _refused(NothingFoundError, lift=Mask(coverage))


@pytest.mark.parametrize("kind", [Mask, Trimap])
def test_a_full_mask_leaves_nothing(coverage_of, kind):
    coverage = coverage_of(np.full((HEIGHT, WIDTH), 255, np.uint8))
    assert "covers the whole picture" in _refused(NothingFoundError, lift=kind(coverage))


@pytest.mark.parametrize(("level", "words"), [(0, "mask is empty"), (255, "whole picture")])
def test_an_exact_mask_lifts_something_and_leaves_something(coverage_of, level, words):
    coverage = coverage_of(np.full((HEIGHT, WIDTH), level, np.uint8))
    assert words in _refused(NothingFoundError, lift=Mask(coverage, exact=True))


@pytest.mark.parametrize("layers", [2, 3])
def test_a_selection_is_of_one_layer(middle, layers):
    message = _refused(BadInputError, lift=Mask(middle), layers=layers, outcome=Outcome.SELECTION)
    assert f"one layer, and {layers} were asked for" in message


@pytest.mark.parametrize("alpha", [0, 254])
def test_patches_are_laid_over_opaque_pictures_only(middle, alpha):
    picture = np.dstack([PICTURE, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    picture[-1, -1, 3] = alpha
    message = _refused(BadInputError, picture, lift=Mask(middle), outcome=Outcome.PATCHES)
    assert "ask for layers" in message


@pytest.mark.parametrize("level", [0, 25, 26, 229])
def test_a_trimap_without_sure_foreground_lifts_nothing(coverage_of, level):
    coverage = coverage_of(np.full((HEIGHT, WIDTH), level, np.uint8))
    assert "surely foreground" in _refused(NothingFoundError, lift=Trimap(coverage))


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do():
    message = _refused(BadInputError, engine="steam")
    assert "steam" in message
    assert "compact" in message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_numbers_are_refused_with_their_place(middle, value):
    picture = PICTURE.astype(np.float32) / 255
    picture[3, 7, 1] = value
    assert "x 7, y 3" in _refused(BadInputError, picture, lift=Mask(middle))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float64),
        np.zeros((4, 4, 3), np.int16),
        np.zeros((4, 4, 3), np.bool_),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4, 4, 0), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros(12, np.uint8),
        np.zeros((), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_an_array_that_is_no_picture_is_refused_with_what_is_one(array):
    message = _refused(BadInputError, array)
    assert str(array.shape) in message
    assert "uint8, uint16, float16 or float32" in message


def test_all_of_them_are_one_kind_of_error_with_codes_of_their_own():
    kinds = [BadInputError, NothingFoundError, ModelError]
    assert [kind.exit_code for kind in kinds] == [3, 4, 5]
    assert all(issubclass(kind, LayerpeelError) for kind in kinds)
