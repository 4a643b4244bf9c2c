"""What is saved can be used again: after reopening the file, and in another Krita."""

import numpy as np
import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.pictures import disc_selection

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("isnet_store")]


def peel_disc(docker, easel, centre):
    easel.select(disc_selection(centre, 25.0))
    docker.lift("selection")
    docker.take_edge_exactly()
    return docker.peel()


def without_ids(layers):
    return [
        (each.name, each.type, each.blending_mode, each.bounds, without_ids(each.children))
        for each in layers
    ]


def pixels_of_all(krita, layers):
    for layer in layers:
        yield krita.pixels(layer.id, projected=layer.type == "grouplayer")
        yield from pixels_of_all(krita, layer.children)


def assert_kept_and_goes_on(krita, docker, easel, path, before, small_painting):
    tree, pixels = before
    krita.open_picture(path)
    assert without_ids(krita.layer_tree()) == without_ids(tree)
    for now, then in zip(pixels_of_all(krita, krita.layer_tree()), pixels, strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    docker.look_again()
    krita.wait_until(
        "widgets.the('layerpeel_source').findText('What “Peeled selection” left') >= 0",
        10,
        "what was left to be offered",
    )
    docker.take_from("What “Peeled selection” left")
    assert docker.button == "Peel again"
    assert peel_disc(docker, easel, (115, 70)) == DONE
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children] == [
        *("Background", "Peeled selection 2", "Foreground"),
    ]
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def peel_and_save(krita, docker, easel, path, small_painting):
    easel.picture(small_painting)
    assert peel_disc(docker, easel, (50, 55)) == DONE
    easel.select(None)
    tree = krita.layer_tree()
    pixels = list(pixels_of_all(krita, tree))
    krita.save(path)
    krita.close_documents()
    return tree, pixels


def test_saved_and_opened_again(krita, docker, backend, easel, small_painting, tmp_path):
    path = tmp_path / "saved.kra"
    before = peel_and_save(krita, docker, easel, path, small_painting)
    docker.forget_choices()
    assert_kept_and_goes_on(krita, docker, easel, path, before, small_painting)


def test_in_a_folder_of_any_letters_and_after_a_new_start(launch_krita, small_painting, tmp_path):
    krita = launch_krita(name="Zuzana Kovářová 絵")
    docker, easel, backend = Docker(krita), Easel(krita), Backend(krita.home)
    backend.register()
    path = tmp_path / "saved.kra"
    before = peel_and_save(krita, docker, easel, path, small_painting)
    easel.picture(small_painting)  # Krita 6 shows no docker without a document.
    docker.open_settings()
    assert f"{krita.home.layerpeel}/backend.log" in krita.evaluate("widgets.open_dialog()")
    krita.choose("layerpeel_engine", "LayeringDiff (paper)")
    docker.close_settings("ok")
    assert krita.quit() == 0
    krita.start()
    easel.picture(small_painting)
    docker.open_settings()
    assert docker.engine == "LayeringDiff (paper)"
    krita.choose("layerpeel_engine", "Compact (processor)")
    docker.close_settings("ok")
    krita.close_documents()
    assert_kept_and_goes_on(krita, docker, easel, path, before, small_painting)
    process = backend.pid
    assert krita.quit() == 0
    backend.wait_for_end_of(process)
