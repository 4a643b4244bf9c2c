"""Previews: panels, sizes and formats."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.contact_sheet import Panel, contact_sheet
from layerpeel.backend.formats.preview import (
    check_preview,
    difference_of,
    panels_of,
    write_preview,
)
from layerpeel.backend.image import block_of
from layerpeel.shared.protocol import ColourModel, Depth, Picture


def picture_of(stack):
    return Picture(block_of(flatten(stack)), stack.icc_profile)


@pytest.mark.parametrize("model", list(ColourModel))
@pytest.mark.parametrize("depth", list(Depth))
def test_a_true_stack_is_said_to_be_identical(make_stack, depth, model):
    stack = make_stack(depth, model)
    panels = panels_of(picture_of(stack), stack)
    titles = [panel.title for panel in panels]
    layers = ["Layer 1: Background", "Layer 2: Subject"]
    assert titles == ["Original", *layers, "Flattened", "Difference"]
    assert panels[-1].detail.startswith("identical: 0 of 713 pixels differ")
    assert all(panel.pixels.shape == (23, 31, 4) for panel in panels)
    assert (panels[2].pixels[:11, :, 3] == 0).all()


def test_backgrounds_to_choose_from_are_shown_after_the_layers(make_choice):
    stack = make_choice()
    panels = panels_of(Picture(block_of(flatten(stack))), stack)
    assert [panel.title for panel in panels] == [
        "Original",
        "Layer 1: Background",
        "Layer 2: Subject",
        "Instead: Background 2",
        "Instead: Background 3",
        "Flattened",
        "Difference",
    ]
    assert panels[-1].detail.startswith("identical")


def test_a_difference_is_counted_and_seen(make_stack):
    stack = make_stack()
    pixels = flatten(stack).copy()
    pixels[3, 4, 1] ^= 2
    panel = panels_of(Picture(block_of(pixels)), stack)[-1]
    assert panel.detail.startswith("1 of 713 pixels differ, by 2 of 255 at most")
    assert panel.pixels[3, 4].tolist() == [255] * 4
    assert np.count_nonzero(panel.pixels[..., 0]) == 1


def test_one_pixel_of_a_large_picture_is_still_seen(make_stack):
    stack = make_stack()
    large = np.full((1500, 1100, 4), 255, np.uint8)
    other = large.copy()
    other[1234, 777, 0] = 254
    layer = replace(stack.layers[0], pixels=block_of(large))
    stack = replace(stack, size=(1100, 1500), layers=(layer,))
    panel = panels_of(Picture(block_of(other)), stack)[-1]
    assert panel.pixels.shape[0] == 1024
    assert panel.pixels[..., 0].max() == 255


def test_colour_under_nothing_and_rounding_of_floats_are_no_difference():
    nothing, same = np.zeros((1, 1, 4), np.uint8), np.array([[[9, 9, 9, 0]]], np.uint8)
    assert not difference_of(nothing, same).any()
    value = np.full((1, 1, 4), 8, np.float32)
    assert not difference_of(value, value + np.float32(7e-6)).any()
    assert difference_of(value, value + np.float32(2e-5)).all()


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG"), ("webp", "WEBP")],
)
def test_the_ending_says_the_kind(tmp_path, make_stack, srgb_profile, ending, kind):
    stack = make_stack(Depth.U16, profile=srgb_profile)
    path = tmp_path / f"look.{ending}"
    write_preview(picture_of(stack), stack, path, False)
    with Image.open(path) as sheet:
        assert sheet.format == kind
        assert sheet.width > 3 * 256
    with pytest.raises(OutputError, match="--force"):
        write_preview(picture_of(stack), stack, path, False)
    write_preview(picture_of(stack), stack, path, True)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_other_endings_and_places_are_refused(tmp_path):
    with pytest.raises(OutputError, match="PNG, JPEG or WebP"):
        check_preview(tmp_path / "look.gif", False)
    with pytest.raises(OutputError, match="no folder"):
        check_preview(tmp_path / "missing" / "look.png", False)


@pytest.mark.parametrize("size", [(4, 300), (300, 4), (1024, 700), (1, 1)])
@pytest.mark.parametrize("count", [1, 3, 11])
def test_captions_stay_inside_their_cells(size, count):
    pixels = np.zeros((size[1], size[0], 4), np.uint8)
    long = "A name of many words, and one_word_that_never_ends" + "_" * 90
    sheet = np.asarray(contact_sheet([Panel(pixels, long, long)] * count))
    border = np.concatenate(
        [
            sheet[:8].reshape(-1, 3),
            sheet[-4:].reshape(-1, 3),
            sheet[:, :8].reshape(-1, 3),
            sheet[:, -8:].reshape(-1, 3),
        ]
    )
    assert (border == border[0]).all()


def test_letters_that_the_font_lacks_are_not_drawn_as_boxes():
    pixels = np.zeros((300, 300, 4), np.uint8)
    accented, plain = (
        contact_sheet([Panel(pixels, title, "")]).tobytes() for title in ("Bär 猫", "Bar ?")
    )
    assert accented == plain
