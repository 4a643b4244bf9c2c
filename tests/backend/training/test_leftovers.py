"""The network for leftovers learns how far a background is off, and goes rather too far."""

import numpy as np
import onnxruntime
import pytest
from scipy.special import expit
from scipy.stats import norm

from layerpeel.backend.stages.small_networks.leftovers import FACTS, FACTS_INPUT

pytestmark = pytest.mark.torch


NOISE = 0.05


@pytest.mark.parametrize("seen", [0.0, 0.15])
def test_it_learns_a_step_and_a_margin_and_is_exported(monkeypatch, seen):
    from layerpeel.backend.training import leftovers
    from layerpeel.backend.training.export import onnx_of_leftovers

    monkeypatch.setattr(leftovers, "SEEN", seen)
    monkeypatch.setattr(leftovers, "EPOCHS", 12)
    random = np.random.default_rng(0)
    facts = random.normal(size=(30_000, FACTS)).astype(np.float32)
    noise = random.normal(scale=NOISE, size=30_000).astype(np.float32)
    pixels = leftovers.EdgePixels(facts, np.float32(0.1) * facts[:, 0] + noise, 1.0)
    scorer = leftovers.trained([pixels], care=3.0)
    session = onnxruntime.InferenceSession(onnx_of_leftovers(scorer))
    (step,) = session.run(None, {FACTS_INPUT: facts[:1000]})
    off = step - 0.1 * facts[:1000, 0]
    assert off.mean() == pytest.approx(_best_margin(seen), abs=0.012)
    assert off.std() < 0.04


def _best_margin(seen):
    """Which constant costs least where nothing but noise is left to tell."""
    from layerpeel.backend.training.leftovers import GIVE_OR_TAKE, SEEN_FROM

    noise = norm.ppf((np.arange(4000) + 0.5) / 4000) * NOISE

    def cost(margin):
        left = margin - noise
        stands_out = expit((left - SEEN_FROM) / GIVE_OR_TAKE)
        return (np.where(left > 0, 3 * left, -left) + seen * stands_out).mean()

    margins = np.linspace(-0.15, 0.05, 401)
    return margins[np.argmin([cost(margin) for margin in margins])]
