"""Peels by the engine “qwen”: exact, in its own order, and refusing what it cannot follow."""

import numpy as np
import psutil
import pytest

from layerpeel.backend import peel
from layerpeel.backend.engines import kept_pool, qwen
from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork
from layerpeel.shared.protocol import (
    Box,
    Coverage,
    Mask,
    Outcome,
    PeelRequest,
    Point,
    Points,
    Role,
    Subject,
    Trimap,
    Words,
)

pytestmark = pytest.mark.torch

SOME = Coverage(70, 45, bytes(70 * 45 - 100) + b"\xff" * 100)


@pytest.fixture(scope="module", autouse=True)
def on_the_processor():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERPEEL_DEVICE", "cpu")
        yield


@pytest.fixture(scope="module")
def peel_by_qwen(qwen_store):
    def run(picture, **request):
        return peel(picture, engine="qwen", store=qwen_store, **request)

    return run


@pytest.fixture(scope="module")
def stack(peel_by_qwen, picture):
    """Two layers lifted off, and what was said meanwhile."""
    said, shown = [], []
    result = peel_by_qwen(
        picture, layers=2, report=lambda *words: said.append(words), show=shown.append
    )
    return result, said, shown


def test_two_layers_come_off_and_flattened_they_are_the_picture(stack, picture, qwen_store):
    result, _, shown = stack
    assert [layer.role for layer in result.layers] == [
        Role.BACKGROUND,
        Role.FOREGROUND,
        Role.FOREGROUND,
    ]
    np.testing.assert_array_equal(flatten(result), picture)
    for layer in result.layers[1:]:
        assert array_of(layer.pixels)[..., 3].std() > 10
    assert result.made_with.engine == "qwen"
    assert result.made_with.models == {
        "qwen-image-layered": qwen_store.digest_of("qwen-image-layered")
    }
    assert [each.shape for each in shown] == [(45, 70, 4)] * 2


def test_the_same_request_gives_the_same_bytes(stack, peel_by_qwen, picture):
    assert peel_by_qwen(picture, layers=2).layers == stack[0].layers


def test_a_transparent_picture_stays_so(peel_by_qwen, veiled):
    result = peel_by_qwen(veiled, layers=1)
    flat = flatten(result)
    np.testing.assert_array_equal(flat[..., 3], veiled[..., 3])
    visible = veiled[..., 3] > 0
    difference = np.abs(flat.astype(int) - veiled.astype(int))[visible]
    assert difference.max() <= 1


def test_the_selection_is_the_front_most_layers_alpha(stack, peel_by_qwen, picture):
    result = peel_by_qwen(picture, outcome=Outcome.SELECTION)
    assert result.layers == ()
    levels = np.frombuffer(result.selection.data, np.uint8).reshape(45, 70)
    assert levels.std() > 10


def test_progress_goes_forward_through_one_decomposition(stack):
    said = stack[1]
    words = list(dict.fromkeys(stage for stage, _ in said))
    assert words == ["Taking it apart", "Filling in behind it", "Making it exact", "Done"]
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert set(stack[0].made_with.seconds) == {"decompose", "separate", "exact"}


def test_cancelling_between_two_steps(peel_by_qwen, picture):
    def stop(_stage, done):
        if done > 0.5:
            raise StopWork

    with pytest.raises(StopWork):
        peel_by_qwen(picture, report=stop)


@pytest.mark.parametrize(
    "lift",
    [
        Mask(SOME),
        Mask(SOME, exact=True),
        Trimap(SOME),
        Box(2, 3, 20, 20),
        Words("a bird"),
        Points((Point(3, 4),)),
        Subject(within=SOME),
    ],
)
def test_whatever_shows_what_to_lift_is_refused(peel_by_qwen, picture, lift):
    with pytest.raises(ModelError, match=r"decides by itself .* “auto”"):
        peel_by_qwen(picture, lift=lift)


def test_a_band_is_refused(peel_by_qwen, picture):
    with pytest.raises(ModelError, match="leave the band out"):
        peel_by_qwen(picture, band=3.0)


def test_a_model_that_is_not_there_says_how_to_get_it(picture, tmp_path):
    with pytest.raises(ModelError, match="layerpeel models pull qwen-image-layered"):
        peel(picture, engine="qwen", store=ModelStore(tmp_path))


def test_a_device_that_is_too_small_is_said_before_any_work(peel_by_qwen, picture, monkeypatch):
    little = psutil.virtual_memory()._replace(total=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    kept_pool.pool_for.cache_clear()
    said = []
    with pytest.raises(DeviceError, match=r"\d+ kB can be used"):
        peel_by_qwen(picture, report=lambda *words: said.append(words))
    assert said == []
    kept_pool.pool_for.cache_clear()


def test_the_engine_says_what_it_needs(qwen_store):
    engine = qwen.QwenEngine(qwen_store)
    assert engine.models_needed(PeelRequest(Subject())) == ("qwen-image-layered",)
