"""How answers differ in kind from what lies round them."""

import numpy as np

from layerpeel.backend.stages.things.kinds_apart import KINDS, KindsApart

SHAPE = (192, 256)


def block(top, bottom, left, right):
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


THING, PART = block(60, 140, 80, 160), block(60, 100, 80, 160)


def facts(*masks):
    """In a picture of two kinds, one of which is the thing, each a little different all over."""
    random = np.random.default_rng(3)
    ground, thing = random.normal(size=(2, 256, 1, 1))
    where = THING[::4, ::4]
    kinds = np.zeros((256, 64, 64))
    kinds[:, : where.shape[0], : where.shape[1]] = np.where(where, thing, ground)
    kinds += random.normal(scale=0.2, size=kinds.shape)
    return KindsApart(kinds[None].astype(np.float32), SHAPE).facts(np.stack(masks))


def test_round_a_part_there_is_more_of_the_same():
    thing, part = facts(THING, PART)
    for more_round_a_part in (0, 5, 11):  # kind and ring; ring's nearest; sides of the edge
        assert part[more_round_a_part] > thing[more_round_a_part] + 0.2


def test_two_kinds_in_one_are_less_alike_than_one():
    both, thing = facts(block(60, 140, 80, 240), THING)
    assert thing[1] > both[1]
    assert thing[3] > both[3]


def test_of_all_or_nothing_something_can_be_said():
    everything, nothing = facts(np.ones(SHAPE, bool), np.zeros(SHAPE, bool))
    assert everything.shape == (KINDS,)
    assert np.isfinite(everything).all()
    assert not nothing.any()
