"""The network for leftovers learns how far a background is off, and goes rather too far."""

import numpy as np
import onnxruntime
import pytest

from layerpeel.backend.stages.small_networks.leftovers import FACTS, FACTS_INPUT

pytestmark = pytest.mark.torch


def test_it_learns_a_step_and_a_margin_and_is_exported():
    from layerpeel.backend.training.export import onnx_of_leftovers
    from layerpeel.backend.training.leftovers import EdgePixels, trained

    random = np.random.default_rng(0)
    facts = random.normal(size=(30_000, FACTS)).astype(np.float32)
    noise = random.normal(scale=0.05, size=30_000).astype(np.float32)
    pixels = EdgePixels(facts, np.float32(0.1) * facts[:, 0] + noise, 1.0)
    session = onnxruntime.InferenceSession(onnx_of_leftovers(trained([pixels], care=3.0)))
    (step,) = session.run(None, {FACTS_INPUT: facts[:1000]})
    off = step - 0.1 * facts[:1000, 0]
    # A quarter of the truth lies below it: at -0.67 deviations of the noise.
    assert off.mean() == pytest.approx(-0.034, abs=0.012)
    assert off.std() < 0.03
