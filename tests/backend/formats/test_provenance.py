"""Provenance in files, and files without it."""

import json
import zipfile

import pytest
from PIL import Image

from layerpeel.backend.errors import OutputError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder
from layerpeel.backend.formats.openraster import PROVENANCE
from layerpeel.backend.formats.provenance import without_provenance
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.formats.writing import check_layer_png, write_layer_png, write_stack
from layerpeel.backend.image import array_of
from layerpeel.shared.protocol import Depth

SAID = {
    "engine": "classical",
    "models": {"u2net": "ab" * 32},
    "licences": {"u2net": "Apache-2.0"},
    "seed": 7,
    "painted": {"prompt": "[Bär] & 猫"},
    "stages": {"edge": "closed-form matting"},
}


def test_an_openraster_file_says_what_made_it_beside_what_others_read(tmp_path, make_stack):
    write_stack(make_stack(), tmp_path / "s.ora", force=False)
    with zipfile.ZipFile(tmp_path / "s.ora") as archive:
        assert json.loads(archive.read(PROVENANCE)) == SAID
        assert PROVENANCE not in archive.read("stack.xml").decode()
        # MyPaint and Krita read by name; the specification leaves META-INF to whoever needs it.
        assert archive.namelist()[0] == "mimetype"


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
def test_a_layer_as_png_lies_where_it_lay_and_says_what_made_it(
    tmp_path, make_stack, srgb_profile, depth
):
    stack = make_stack(depth, profile=srgb_profile)
    file = tmp_path / "layer.png"
    write_layer_png(stack, file, force=False)
    read = read_picture(file).picture
    assert array_of(read.pixels).tolist() == flatten(stack).tolist()
    assert read.icc_profile == srgb_profile
    with Image.open(file) as picture:
        assert json.loads(picture.text["layerpeel"]) == SAID
        picture.load()


def test_without_provenance_nothing_of_it_is_in_any_file(tmp_path, make_stack):
    silent = without_provenance(make_stack())
    write_stack(silent, tmp_path / "s.ora", force=False)
    write_stack(silent, f"{tmp_path / 's'}/", force=False)
    write_layer_png(silent, tmp_path / "s.png", force=False)
    assert read_folder(tmp_path / "s") == silent
    with zipfile.ZipFile(tmp_path / "s.ora") as archive:
        assert PROVENANCE not in archive.namelist()
    listing = (tmp_path / "s" / "layers.json").read_bytes()
    for content in (listing, (tmp_path / "s.png").read_bytes()):
        for word in ("classical", "u2net", "prompt", "Apache"):
            assert word.encode() not in content


def test_a_png_of_floats_is_refused_before_the_work(tmp_path):
    with pytest.raises(OutputError, match="float"):
        check_layer_png(tmp_path / "a.png", force=False, depth=Depth.F32)
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(OutputError, match="--force"):
        check_layer_png(tmp_path / "a.png", force=False, depth=Depth.U8)
