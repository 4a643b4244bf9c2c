"""Reading masks."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.reading import read_mask


def test_grey_of_8_and_16_bits(tmp_path):
    grey = np.array([[0, 51, 255], [102, 153, 204]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "8.png")
    (tmp_path / "16.png").write_bytes(imagecodecs.png_encode(grey.astype(np.uint16) * 257))
    for name in ("8.png", "16.png"):
        mask = read_mask(tmp_path / name, (3, 2))
        assert mask.dtype == np.float32
        np.testing.assert_allclose(mask, grey / 255, atol=1e-7)
        assert mask[0, 2] == 1


def test_colour_counts_by_its_lightness_and_white_is_exactly_1(tmp_path):
    colours = np.array([[[255, 255, 255], [0, 255, 0], [0, 0, 0]]], np.uint8)
    Image.fromarray(colours).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png", (3, 1))
    assert mask[0, 0] == 1
    assert mask[0, 1] == pytest.approx(0.7152)
    assert mask[0, 2] == 0


@pytest.mark.parametrize("painted", [(0, 0, 0), (255, 255, 255), (200, 30, 90)])
def test_one_colour_on_nothing_is_its_alpha(tmp_path, painted):
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, 1:, :3] = painted
    pixels[0, :, 3] = (0, 51, 255)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    np.testing.assert_allclose(read_mask(tmp_path / "mask.png", (3, 1)), [[0, 0.2, 1]], atol=1e-7)


def test_shades_on_nothing_count_times_their_alpha(tmp_path):
    pixels = np.array([[[255, 255], [51, 255], [255, 51], [255, 0]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png", (4, 1))
    np.testing.assert_allclose(mask, [[1, 0.2, 0.2, 0]], atol=1e-7)


def test_an_empty_mask_is_empty(tmp_path):
    Image.new("RGBA", (4, 3)).save(tmp_path / "mask.png")
    assert not read_mask(tmp_path / "mask.png", (4, 3)).any()


def test_floats_are_clipped_and_must_be_numbers(tmp_path):
    path = tmp_path / "mask.tif"
    tifffile.imwrite(path, np.array([[-1, 0.5, 7]], np.float32))
    assert read_mask(path, (3, 1)).tolist() == [[0, 0.5, 1]]
    tifffile.imwrite(path, np.array([[np.nan, 0.5, 7]], np.float32))
    with pytest.raises(BadInputError, match="not numbers"):
        read_mask(path, (3, 1))


def test_another_size_is_refused_with_both(tmp_path):
    Image.new("L", (4, 3)).save(tmp_path / "mask.png")
    with pytest.raises(BadInputError, match="4 × 3 pixels, but the picture is 3 × 4"):
        read_mask(tmp_path / "mask.png", (3, 4))
    with pytest.raises(BadInputError, match="no such file"):
        read_mask(tmp_path / "missing.png", (3, 4))
