"""A scene of two plain squares, the smaller over a corner of the larger."""

import numpy as np
import pytest

from layerpeel.backend.composites.object_scenes import ObjectScene, SceneObject

SIZE = 64


def square(top, left, side):
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[top : top + side, left : left + side] = 1
    return alpha


def plain(value):
    return np.full((SIZE, SIZE, 3), value, np.float32)


@pytest.fixture
def scene():
    behind, front = square(4, 4, 32), square(24, 24, 24)
    seen = behind * (1 - front)
    picture = plain(0)
    picture[seen > 0] = 0.4
    picture[front > 0] = 0.8
    objects = (
        SceneObject(behind, seen, plain(0.4), "fg/behind.png"),
        SceneObject(front, front, plain(0.8), "fg/front.png"),
    )
    return ObjectScene("front, behind over night", picture, objects, plain(0), "bg/night.png")
