"""A stack as a folder of pictures."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.folder import read_folder, write_folder
from layerpeel.shared.protocol import ColourModel, Depth


@pytest.mark.parametrize("with_profile", [False, True])
@pytest.mark.parametrize("model", list(ColourModel))
@pytest.mark.parametrize("depth", list(Depth))
def test_the_stack_that_was_written_is_read(
    tmp_path, make_stack, srgb_profile, grey_profile, depth, model, with_profile
):
    fitting = srgb_profile if model is ColourModel.RGBA else grey_profile
    stack = make_stack(depth, model, fitting if with_profile else b"")
    written = write_folder(stack, tmp_path / "stack", force=False)
    assert read_folder(tmp_path / "stack") == stack
    assert sorted(written) == sorted((tmp_path / "stack").iterdir())


def test_the_listing_says_how_layers_lie(tmp_path, make_stack):
    write_folder(make_stack(name="Der Bär & <du>"), tmp_path / "stack", force=False)
    listing = json.loads((tmp_path / "stack" / "layers.json").read_text("utf-8"))
    assert listing == {
        "size": [31, 23],
        "layers": [
            {
                "name": "Background",
                "role": "background",
                "file": "01-background.png",
                "blend_mode": "normal",
                "opacity": 1.0,
                "offset": [0, 0],
                "phrase": "",
            },
            {
                "name": "Der Bär & <du>",
                "role": "foreground",
                "file": "02-der-bär-du.png",
                "blend_mode": "normal",
                "opacity": 1.0,
                "offset": [5, 11],
                "phrase": "ein Bär",
            },
        ],
        "other_backgrounds": [],
        "made_with": {
            "engine": "classical",
            "models": {"u2net": "ab" * 32},
            "seed": 7,
            "seconds": {"matting": 0.25, "fill": 1.5},
            "licences": {"u2net": "Apache-2.0"},
            "painted": {"prompt": "[Bär] & 猫"},
            "stages": {"edge": "closed-form matting"},
        },
        "notes": ["Only one subject was found."],
    }


@pytest.mark.parametrize("depth", [Depth.U8, Depth.F32])
def test_backgrounds_to_choose_from_lie_beside_the_first(tmp_path, make_choice, depth):
    stack, folder = make_choice(depth), tmp_path / "stack"
    written = write_folder(stack, folder, force=False)
    assert read_folder(folder) == stack
    assert sorted(written) == sorted(folder.iterdir())
    listing = json.loads((folder / "layers.json").read_text("utf-8"))
    ending = "tiff" if depth.is_float else "png"
    assert [(entry["name"], entry["file"]) for entry in listing["other_backgrounds"]] == [
        ("Background 2", f"01-background-2.{ending}"),
        ("Background 3", f"01-background-3.{ending}"),
    ]
    assert [entry["name"] for entry in listing["layers"]] == ["Background", "Subject"]
    # The folder is ours, and may be replaced.
    write_folder(replace(stack, other_backgrounds=()), folder, force=True)
    assert len(list(folder.iterdir())) == 3


def test_a_folder_from_before_there_were_other_backgrounds_is_read(tmp_path, make_stack):
    write_folder(make_stack(), tmp_path / "stack", force=False)
    file = tmp_path / "stack" / "layers.json"
    listing = json.loads(file.read_text("utf-8"))
    del listing["other_backgrounds"]
    file.write_text(json.dumps(listing), "utf-8")
    assert read_folder(tmp_path / "stack") == make_stack()
    listing["other_backgrounds"] = [3]
    file.write_text(json.dumps(listing), "utf-8")
    with pytest.raises(BadInputError, match="not a stack"):
        read_folder(tmp_path / "stack")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("", "02-foreground.png"),
        ("../../etc/passwd", "02-etc-passwd.png"),
        ("CON: * ? \\ |", "02-con.png"),
        ("猫と犬", "02-猫と犬.png"),
        ("x" * 300, f"02-{'x' * 40}.png"),
        ("line\nbreak\0", "02-line-break.png"),
    ],
)
def test_any_name_makes_a_safe_file_name(tmp_path, make_stack, name, file):
    stack = make_stack(name=name)
    write_folder(stack, tmp_path / "stack", force=False)
    assert (tmp_path / "stack" / file).is_file()
    assert read_folder(tmp_path / "stack") == stack


def test_other_programs_see_the_same_pixels(tmp_path, make_stack, srgb_profile):
    stack = make_stack(profile=srgb_profile)
    write_folder(stack, tmp_path / "8", force=False)
    with Image.open(tmp_path / "8" / "02-subject.png") as picture:
        assert picture.tobytes() == stack.layers[1].pixels.data
        assert picture.info["icc_profile"] == srgb_profile
    stack = make_stack(Depth.F16)
    write_folder(stack, tmp_path / "16", force=False)
    with tifffile.TiffFile(tmp_path / "16" / "02-subject.tiff") as file:
        page = file.pages.first
        assert page.asarray().tobytes() == stack.layers[1].pixels.data
        assert page.extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.dtype == np.float16


def test_equal_stacks_make_equal_bytes(tmp_path, make_stack, srgb_profile):
    for depth in (Depth.U16, Depth.F32):
        stack = make_stack(depth, profile=srgb_profile)
        first, second = (
            [path.read_bytes() for path in write_folder(stack, tmp_path / name, force=True)]
            for name in ("first", "second")
        )
        assert first == second


def test_what_is_no_stack_is_refused(tmp_path, make_stack):
    with pytest.raises(BadInputError, match=r"layers\.json"):
        read_folder(tmp_path / "missing")
    stack = tmp_path / "stack"
    write_folder(make_stack(), stack, force=False)
    (stack / "01-background.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    with pytest.raises(BadInputError, match=r"01-background\.png cannot be used"):
        read_folder(stack)
    (stack / "01-background.png").unlink()
    with pytest.raises(BadInputError, match=r"01-background\.png cannot be read"):
        read_folder(stack)
    listing = json.loads((stack / "layers.json").read_text("utf-8"))
    for file in ("../secret.png", 7, None):
        listing["layers"][0]["file"] = file
        (stack / "layers.json").write_text(json.dumps(listing), "utf-8")
        with pytest.raises(BadInputError, match="not as it was written"):
            read_folder(stack)
