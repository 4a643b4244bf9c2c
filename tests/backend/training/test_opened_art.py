import shutil

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.training.opened_art import OpenedArt, art_to_check_on, art_to_learn_from


def say_nothing(words, done):
    pass


@pytest.fixture
def art(tmp_path, small_art):
    return shutil.copytree(small_art, tmp_path / "art")


def test_no_picture_is_both_learned_from_and_checked_on(small_art):
    learned, checked = art_to_learn_from(small_art), art_to_check_on(small_art)
    for kind, count in (("cut_outs", 5), ("backgrounds", 5)):
        assert len(getattr(learned, kind)) == count
        assert len(getattr(checked, kind)) == 2
        assert not set(getattr(learned, kind)) & set(getattr(checked, kind))


def test_what_cannot_serve_is_left_out_and_named(art):
    learned = art_to_learn_from(art)
    corrupt, opaque = learned.cut_outs[:2]
    corrupt.write_bytes(corrupt.read_bytes()[:200])
    Image.new("RGB", (20, 20)).save(opaque)
    opened = OpenedArt(learned, 10**8, say_nothing)
    assert opened.cut_outs == learned.cut_outs[2:]
    assert set(learned.unusable) == {f"fg/{corrupt.name}", f"fg/{opaque.name}"}
    assert "no cut-out" in learned.unusable[f"fg/{opaque.name}"]


def test_without_room_pictures_are_opened_anew_and_are_the_same(small_art):
    learned = art_to_learn_from(small_art)
    kept, anew = OpenedArt(learned, 10**8, say_nothing), OpenedArt(learned, 0, say_nothing)
    for path in learned.cut_outs:
        assert np.array_equal(kept.cut_out(path), anew.cut_out(path))
        assert np.array_equal(kept.cut_out(path), np.asarray(Image.open(path)))
    path = learned.backgrounds[0]
    assert np.array_equal(anew.background(path), np.asarray(Image.open(path))[..., :3])


def test_mixed_up_folders_are_refused(tmp_path, small_art):
    (tmp_path / "fg").symlink_to(small_art / "bg")
    (tmp_path / "bg").symlink_to(small_art / "fg")
    with pytest.raises(BadInputError, match="None of the 5 pictures in"):
        OpenedArt(art_to_learn_from(tmp_path), 10**8, say_nothing)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="No PNG or WebP pictures"):
        art_to_learn_from(tmp_path)


def test_a_folder_with_too_few_pictures_is_refused(art):
    for path in art_to_check_on(art).cut_outs:
        path.unlink()
    with pytest.raises(BadInputError, match="too few pictures"):
        art_to_check_on(art)
