"""A fill has the level of what lies round it, and keeps its own texture."""

import numpy as np

from layerpeel.backend.stages.rim import meet_surroundings

SIZE = 120


def _scene(step):
    """A smooth sky with a little grain, filled a `step` too dark; hole and the ring inside it."""
    y, x = np.mgrid[:SIZE, :SIZE]
    grain = np.random.default_rng(0).normal(0, 0.01, (SIZE, SIZE))
    sky = (0.4 + 0.3 * y / SIZE + grain)[..., None].repeat(3, axis=2).astype(np.float32)
    distance = np.hypot(y - SIZE / 2, x - SIZE / 2)
    hole, ring = distance < 30, (distance < 30) & (distance >= 27)
    filled = sky.copy()
    filled[hole] -= np.float32(step)
    return sky, filled, ring, hole


def test_a_step_at_the_rim_goes():
    sky, filled, ring, hole = _scene(0.04)
    levelled = meet_surroundings(filled, sky, ring, hole)
    assert np.abs(levelled - sky)[ring].mean() < 0.01
    assert np.abs(levelled - sky)[hole].mean() < 0.02


def test_what_lies_outside_the_hole_stays():
    sky, filled, ring, hole = _scene(0.04)
    np.testing.assert_array_equal(meet_surroundings(filled, sky, ring, hole)[~hole], sky[~hole])


def test_texture_of_the_fill_stays():
    sky, filled, ring, hole = _scene(0.0)
    filled[hole] += np.random.default_rng(1).normal(0, 0.03, (hole.sum(), 3)).astype(np.float32)
    levelled = meet_surroundings(filled, sky, ring, hole)
    deep = np.hypot(*(np.mgrid[:SIZE, :SIZE] - SIZE / 2)) < 20
    detail = (levelled - sky)[deep].std() / (filled - sky)[deep].std()
    assert 0.9 < detail < 1.1


def test_without_a_ring_the_fill_stays_as_it_is():
    sky, filled, ring, hole = _scene(0.04)
    np.testing.assert_array_equal(meet_surroundings(filled, sky, np.zeros_like(ring), hole), filled)


def test_what_the_object_left_on_the_ring_is_not_spread():
    sky, filled, ring, hole = _scene(0.0)
    picture = sky.copy()
    picture[ring] -= np.float32(0.3)
    levelled = meet_surroundings(filled, picture, ring, hole)
    assert np.abs(levelled - filled)[hole].max() < 1e-6
