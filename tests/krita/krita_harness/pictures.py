"""Pictures that tests draw, and a comparison of two of them."""

import numpy as np

SIZE = (160, 120)


def opaque(rgb):
    """Add full alpha to H×W×3 of 8 bits."""
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def disc_selection(centre=(60, 55), radius=34.0, soft=4.0):
    """Draw H×W of 0–255: a disc whose edge falls off over `soft` pixels."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    distance = np.hypot(columns - centre[0], rows - centre[1])
    return np.rint(np.clip((radius - distance) / soft + 0.5, 0, 1) * 255).astype(np.uint8)


def small_picture():
    """Draw H×W×4, opaque: an orange disc over a blue gradient, both with some noise."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    backdrop = np.dstack([40 + columns / 4, 90 + rows / 2, 200 - columns / 4])
    disc = np.dstack([220 - rows / 3, 120 + columns / 8, np.full(rows.shape, 30)])
    alpha = disc_selection()[..., None] / 255
    noise = np.random.default_rng(7).normal(0, 4, backdrop.shape)
    mixed = disc * alpha + backdrop * (1 - alpha) + noise
    return opaque(np.clip(np.rint(mixed), 0, 255).astype(np.uint8))


def assert_same_picture(one, other, steps=0):
    """Compare H×W×channels, alpha last; colours do not count where alpha is 0.

    steps: how much a colour may differ; alpha may not.
    """
    np.testing.assert_array_equal(one[..., -1], other[..., -1])
    seen = one[..., -1] > 0
    one, other = one[seen][:, :-1], other[seen][:, :-1]
    if steps == 0:
        np.testing.assert_array_equal(one, other)
    else:
        np.testing.assert_allclose(one.astype(float), other.astype(float), rtol=0, atol=steps)
