"""Smaller: a trimap is sure only where all is sure. Larger: alpha is as hard as the picture."""

import numpy as np

from layerpeel.backend.stages.guided_upsampling import smaller_trimap, upsample_along


def test_alpha_goes_up_along_the_edges_of_the_large_picture():
    y, x = np.mgrid[:128, :128]
    truth = (np.hypot(y - 60, x - 70) < 40).astype(np.float32)
    picture = np.stack([truth, 1 - truth, 0.3 + 0.2 * truth], axis=-1)
    small = picture.reshape(32, 4, 32, 4, 3).mean(axis=(1, 3))
    alpha = upsample_along(small, small[..., 0].copy(), picture)
    # Pixels of the small picture are 4 wide: without the large one every edge would be as soft.
    assert np.abs(alpha - truth).max() < 0.1


def test_a_smaller_trimap_is_sure_only_where_all_it_stands_for_is():
    trimap = np.zeros((8, 12), np.float32)
    trimap[:, 6:] = 1
    trimap[0, 8] = 0.5
    small = smaller_trimap(trimap, (2, 3))
    assert small.tolist() == [[0, 0.5, 0.5], [0, 0.5, 1]]
