"""Folders that hold what they should not: skipped and counted, or refused in one line."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerpeel.backend.composites import art as art_module
from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.captions import read_captions
from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.errors import BadInputError


@pytest.fixture
def folder(tmp_path):
    """Two discs that are cut-outs, two backgrounds."""
    for kind in ("fg", "bg"):
        (tmp_path / kind).mkdir()
    for name in ("a", "b"):
        disc = Image.new("RGBA", (200, 200))
        ImageDraw.Draw(disc).ellipse((0, 0, 199, 199), fill=(200, 40, 60, 255))
        disc.save(tmp_path / "fg" / f"{name}.png")
        Image.new("RGB", (200, 200), (10, 120, 30)).save(tmp_path / "bg" / f"{name}.png")
    return tmp_path


def draw(folder, count=8):
    art = Art(folder)
    return art, list(draw_composites(art, count, seed=0, size=96))


def test_a_good_folder_has_nothing_unusable(folder):
    art, drawn = draw(folder)
    assert art.unusable == {}
    assert {(c.cut_out[:3], c.backdrop[:3]) for c in drawn} == {("fg/", "bg/")}


def spoil_fg_opaque(folder):
    Image.new("RGBA", (200, 200), (1, 2, 3, 255)).save(folder / "fg" / "b.png")


def spoil_fg_without_alpha(folder):
    Image.new("RGB", (200, 200)).save(folder / "fg" / "b.png")


def spoil_fg_cut_short(folder):
    broken = folder / "fg" / "b.png"
    broken.write_bytes(broken.read_bytes()[:100])


def spoil_fg_with_text(folder):
    (folder / "fg" / "b.png").write_text("no picture")


def spoil_bg_clear(folder):
    shutil.copy(folder / "fg" / "a.png", folder / "bg" / "b.png")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_fg_opaque, "is opaque everywhere, so it is no cut-out"),
        (spoil_fg_without_alpha, "has no transparency, so it is no cut-out"),
        (spoil_fg_cut_short, "cannot be read as a picture"),
        (spoil_fg_with_text, "cannot be read as a picture"),
        (spoil_bg_clear, "has clear parts, so it is no background"),
    ],
)
def test_one_bad_file_is_skipped_and_named(folder, spoil, why):
    spoil(folder)
    art, drawn = draw(folder)
    assert len(drawn) == 8
    ((name, said),) = art.unusable.items()
    kind = "bg" if "bg" in spoil.__name__ else "fg"
    assert name == f"{kind}/b.png"
    assert why in said
    assert str(folder) not in said
    assert all(name not in (c.cut_out, c.backdrop) for c in drawn)


def test_skipping_is_the_same_every_time(folder):
    spoil_fg_cut_short(folder)
    (_, one), (_, other) = draw(folder), draw(folder)
    assert [c.name for c in one] == [c.name for c in other]
    np.testing.assert_array_equal(one[-1].picture, other[-1].picture)


def test_a_mixed_up_folder_is_refused_with_a_reason(folder):
    (folder / "fg").rename(folder / "x")
    (folder / "bg").rename(folder / "fg")
    (folder / "x").rename(folder / "bg")
    with pytest.raises(BadInputError, match=r"cannot be used.*cut-outs go into fg") as raised:
        draw(folder)
    assert "\n" not in str(raised.value)


def test_a_picture_of_too_many_pixels_is_skipped(folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 15_000)
    with pytest.raises(BadInputError, match="cannot be read as a picture"):
        draw(folder)


def test_a_name_says_nothing_of_where_it_lies(art, folder):
    assert Art(art).name == "tests/art"
    assert Art(folder).name == folder.name


def test_the_small_set_is_that_of_the_clone(art):
    assert own_art() == art


def test_an_installed_package_takes_the_clone_in_which_it_is_run(art, tmp_path, monkeypatch):
    monkeypatch.setattr(art_module, "__file__", str(tmp_path / "a" / "b" / "c" / "art.py"))
    monkeypatch.chdir(art.parents[1])
    assert own_art() == art
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match="--art FOLDER"):
        own_art()


def test_captions_go_by_file(folder):
    assert read_captions(folder) == {}
    (folder / "captions.csv").write_text("file,caption\nfg/a.png,a red disc\nbg/a.png,\n")
    assert read_captions(folder) == {"fg/a.png": "a red disc"}


@pytest.mark.parametrize("content", [b"name,words\n", b"\xff\xfe", b""])
def test_captions_that_are_none_are_refused(folder, content):
    (folder / "captions.csv").write_bytes(content)
    with pytest.raises(BadInputError, match=r"captions\.csv"):
        read_captions(folder)
