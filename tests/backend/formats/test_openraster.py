"""A stack as OpenRaster, read back by the specification alone."""

import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.openraster import write_openraster
from layerpeel.backend.formats.png import decode_png
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.image import array_of, block_of
from layerpeel.shared.protocol import ColourModel, Depth


def read_layers(path):
    """Name, x, y, pixels and profile of each layer, bottom first."""
    with zipfile.ZipFile(path) as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))  # noqa: S314 our own
        layers = [
            (entry, decode_png(archive.read(entry.get("src")))) for entry in image.iter("layer")
        ]
    return image, layers[::-1]


@pytest.mark.parametrize("with_profile", [False, True])
@pytest.mark.parametrize("model", list(ColourModel))
@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_layers_come_back_byte_for_byte(
    tmp_path, make_stack, srgb_profile, grey_profile, depth, model, with_profile
):
    fitting = srgb_profile if model is ColourModel.RGBA else grey_profile
    profile = fitting if with_profile else b""
    stack = make_stack(depth, model, profile, name='Tom & "Jerry" <3')
    assert write_openraster(stack, tmp_path / "s.ora", force=False) == [tmp_path / "s.ora"]
    image, layers = read_layers(tmp_path / "s.ora")
    assert image.attrib == {"version": "0.0.5", "w": "31", "h": "23"}
    for layer, (entry, decoded) in zip(stack.layers, layers, strict=True):
        assert entry.get("name") == layer.name
        assert (int(entry.get("x")), int(entry.get("y"))) == layer.offset
        assert entry.get("composite-op") == "svg:src-over"
        assert decoded.array.tobytes() == layer.pixels.data
        assert decoded.icc_profile == profile
    merged = read_picture(tmp_path / "s.ora").picture
    assert np.array_equal(array_of(merged.pixels), flatten(stack))
    assert merged.icc_profile == profile


def test_backgrounds_to_choose_from_are_hidden_above_the_first(tmp_path, make_choice):
    stack = make_choice()
    write_openraster(stack, tmp_path / "s.ora", force=False)
    _, layers = read_layers(tmp_path / "s.ora")
    assert [(entry.get("name"), entry.get("visibility")) for entry, _ in layers] == [
        ("Background", "visible"),
        ("Background 2", "hidden"),
        ("Background 3", "hidden"),
        ("Subject", "visible"),
    ]
    written = [decoded.array.tobytes() for _, decoded in layers]
    wished = [stack.layers[0], *stack.other_backgrounds, stack.layers[1]]
    assert written == [layer.pixels.data for layer in wished]
    merged = read_picture(tmp_path / "s.ora").picture
    assert np.array_equal(array_of(merged.pixels), flatten(stack))


def test_the_file_is_known_by_how_it_begins(tmp_path, make_stack):
    write_openraster(make_stack(), tmp_path / "s.ora", force=False)
    assert (tmp_path / "s.ora").read_bytes()[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(tmp_path / "s.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.testzip() is None


def test_the_thumbnail_is_small_and_srgb(tmp_path, make_stack, random_pixels):
    stack = make_stack(Depth.U16, ColourModel.GRAYA)
    wide = random_pixels(Depth.U16, ColourModel.GRAYA, 700, 20)
    wide[..., 1] = 65535
    stack = replace(
        stack, size=(700, 20), layers=(replace(stack.layers[0], pixels=block_of(wide)),)
    )
    write_openraster(stack, tmp_path / "s.ora", force=False)
    with zipfile.ZipFile(tmp_path / "s.ora") as archive:
        thumbnail = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
    assert (thumbnail.size, thumbnail.mode) == ((256, 7), "RGBA")
    assert abs(np.asarray(thumbnail)[..., :3].mean() - wide[..., 0].mean() / 257) < 2


def test_equal_stacks_make_equal_bytes(tmp_path, make_stack, srgb_profile):
    stack = make_stack(profile=srgb_profile)
    write_openraster(stack, tmp_path / "a.ora", force=False)
    write_openraster(stack, tmp_path / "b.ora", force=False)
    assert (tmp_path / "a.ora").read_bytes() == (tmp_path / "b.ora").read_bytes()


@pytest.mark.parametrize("depth", [Depth.F16, Depth.F32])
def test_floats_are_sent_to_a_folder(tmp_path, make_stack, depth):
    with pytest.raises(OutputError, match="Write a folder instead"):
        write_openraster(make_stack(depth), tmp_path / "s.ora", force=False)
    assert not list(tmp_path.iterdir())
