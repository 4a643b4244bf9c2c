"""The methods that can be measured: each does what its title says, or says what it lacks."""

import numpy as np
import pytest

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.errors import BadInputError, ModelError, NoEdgeError
from layerpeel.backend.evaluation import classical
from layerpeel.backend.evaluation.baselines.by_trimap import BY_TRIMAP, lift_of_trimap
from layerpeel.backend.evaluation.baselines.by_vitmatte import (
    separate_by_vitmatte,
    separate_by_vitmatte_without_fill,
)
from layerpeel.backend.evaluation.metrics import measure
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS
from layerpeel.backend.evaluation.tracks.track_registry import methods_named
from layerpeel.backend.models.model_store import ModelStore


@pytest.fixture(scope="module")
def composite(art):
    return next(draw_composites(art, 1, seed=0, size=128))


@pytest.fixture(scope="module")
def figures(composite):
    """Figures of every method that runs here."""
    figures = {}
    for method in methods_named(LAYERS, [*ENGINES, *BY_TRIMAP]):
        if method.lacks() is None:
            (made,) = method.separate(composite.picture, lift_of_trimap(composite.trimap), 0)
            figures[method.name] = measure(made, composite)
    return figures


def test_all_but_vitmatte_run_without_a_network(figures):
    assert list(figures) == ["compact", "classical", "colours", "blur"]


def test_a_blur_has_next_to_no_texture_and_the_chain_has(figures):
    assert figures["blur"]["texture"] < 0.3 * figures["classical"]["texture"]
    assert 0.3 < figures["classical"]["texture"] < 2


def test_only_the_engine_flattens_exactly(figures):
    exact = {name for name, row in figures.items() if row["rec_pixels"] == 0}
    assert exact == {"compact"}


def test_relatives_of_the_chain_share_its_edge(figures):
    rows = [figures[name]["alpha_mad"] for name in ("classical", "colours", "blur")]
    assert rows[0] == rows[1] == rows[2] != figures["compact"]["alpha_mad"]


def test_the_blur_takes_nothing_from_the_hole_and_reaches_its_middle():
    background = np.full((256, 256, 3), 0.4, np.float32)
    hole = np.zeros((256, 256), np.bool_)
    hole[20:236, 20:236] = True
    background[hole] = 1
    filled = classical.fill_by_blur(background, hole, 0)
    np.testing.assert_allclose(filled[hole], 0.4, atol=1e-3)


def test_a_chain_without_a_solution_says_so_in_one_line(composite, monkeypatch):
    def fail(*_):
        raise ValueError("Conjugate gradient descent did not converge")

    monkeypatch.setattr(classical, "estimate_alpha_cf", fail)
    with pytest.raises(NoEdgeError, match="did not converge"):
        classical.separate_classically(composite.picture, composite.trimap)


def test_methods_come_once_each_in_the_order_asked_for():
    names = [method.name for method in methods_named(LAYERS, ["blur", "compact", "blur"])]
    assert names == ["blur", "compact"]


def test_an_unknown_method_names_those_there_are():
    with pytest.raises(BadInputError, match=r"“best”.*compact.*classical.*blur"):
        methods_named(LAYERS, ["best"])


def test_an_engine_says_what_it_lacks(monkeypatch):
    class Lacking:
        name = "lacking"

        def __init__(self, _store):
            pass

        def check(self, request):
            raise ModelError(f"no model for {request.engine}")

    monkeypatch.setitem(ENGINES, "lacking", Lacking)
    assert LAYERS.engine("lacking").lacks() == "no model for lacking"


def test_vitmatte_says_what_it_lacks(composite):
    lacks = BY_TRIMAP["vitmatte"].lacks()
    assert lacks.startswith("ViTMatte")
    assert "\n" not in lacks
    with pytest.raises(ModelError, match="ViTMatte"):
        separate_by_vitmatte(composite.picture, composite.trimap, 0)


@pytest.mark.torch
def test_vitmatte_asks_the_network_in_the_band_only(composite, tmp_path, monkeypatch):
    """The network, in a model folder of its own, computes alpha from red."""
    from tiny_checkpoints.matte import save_tiny_vitmatte_of_red

    store = ModelStore(tmp_path / "models")
    store.take_in(store.recognise(save_tiny_vitmatte_of_red(tmp_path / "red")))
    monkeypatch.setenv("LAYERPEEL_MODELS", str(store.folder))
    assert BY_TRIMAP["vitmatte"].lacks() is None
    separation = separate_by_vitmatte(composite.picture, composite.trimap, 0)
    unknown = composite.trimap == 0.5
    expected = 1 / (1 + np.exp(-8 * (2 * composite.picture[..., 0] - 1)))
    np.testing.assert_allclose(separation.alpha[unknown], expected[unknown], atol=1e-3)
    assert np.array_equal(separation.alpha[~unknown], composite.trimap[~unknown])
    # The paper's “Germer et al.”: the same alpha and colours, and nothing filled in.
    assert BY_TRIMAP["vitmatte-colours"].lacks() is None
    bare = separate_by_vitmatte_without_fill(composite.picture, composite.trimap, 0)
    assert np.array_equal(bare.alpha, separation.alpha)
    assert np.array_equal(bare.foreground, separation.foreground)
    hidden = separation.alpha > 0.95
    assert (bare.background[hidden] != separation.background[hidden]).any()
