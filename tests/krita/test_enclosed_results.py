"""Results that travel in a .kra: listed, shown, inserted and discarded in another home."""

import zipfile

import numpy as np
import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.results import ResultsPage

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("isnet_store")]

SECONDS_TO_PACK = 30
ENCLOSED = "layerpeel/result/"
ENCLOSING = "widgets.the('layerpeel_results').parent()._enclosing"
CARRIED = (
    "[kind[len(start):] for kind in krita.activeDocument().annotationTypes()"
    " if kind.startswith(start)]"
)


def carried(krita):
    """The ids of the results that the open document carries."""
    return krita.evaluate(CARRIED, start=ENCLOSED)


def keep_in_document(krita, results, number):
    """Turn the switch on, and wait until so many results are in the document."""
    results.open()
    krita.click("layerpeel_keep_in_document")
    wait_for_carried(krita, number)


def wait_for_carried(krita, number):
    krita.wait_until(lambda: len(carried(krita)) == number, SECONDS_TO_PACK, "it to be kept")


def forget_all(results):
    """Have the backend forget what earlier tests made, of pictures of the same name."""
    results.open()
    for job in results.jobs:
        results.forget(job)
    results.close()


@pytest.fixture
def elsewhere(launch_krita):
    """Another Krita, with a backend and results of its own."""
    krita = launch_krita()
    backend = Backend(krita.home)
    backend.register()
    yield krita
    backend.end()


@pytest.fixture
def saved(krita, docker, easel, results, backend, small_painting, peel_exactly, tmp_path):
    """A .kra that carries the result of a peel that was undone, and the id of that."""
    path = tmp_path / "moor.kra"
    forget_all(results)
    easel.picture(small_painting)
    krita.save(path)
    assert peel_exactly() == DONE
    keep_in_document(krita, results, 1)
    krita.undo()
    (job,) = carried(krita)
    krita.save(path)
    krita.close_documents()
    return path, job


def test_in_another_home_it_is_as_any_other(saved, elsewhere, small_painting, tmp_path):
    path, job = saved
    krita, results = elsewhere, ResultsPage(elsewhere)
    # Whatever the file is called by now.
    renamed = path.rename(tmp_path / "renamed.kra")
    krita.open_picture(renamed)
    with krita.watched_gui() as watched:
        results.open()
        krita.wait_until(lambda: results.jobs == [job], SECONDS_TO_PACK, "the result")
    assert results.rows[0] == "Of renamed.kra"
    assert results.rows[1][:2] == ["Selection", "from moor.kra"]
    krita.wait_until(lambda: results.known == [job], 20, "its thumbnails")
    results.choose()
    results.picture_of("enclosed-elsewhere")
    results.look()
    results.leave()
    tree = krita.layer_tree()
    assert results.take() == DONE
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children] == ["Background", "Foreground"]
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    krita.undo()
    assert krita.layer_tree() == tree
    assert watched.longest_gap < 1.0
    # Discarded, it goes out of the picture too.
    results.open()
    results.choose()
    krita.click("layerpeel_discard_result")
    krita.click("layerpeel_discard_for_good")
    krita.wait_until(lambda: carried(krita) == [], 10, "it to go")
    results.open()
    assert results.jobs == []
    assert krita.evaluate("krita.activeDocument().modified()")
    krita.close_documents()
    # As it was saved it still has it; and it is listed again.
    krita.open_picture(renamed)
    krita.wait_until(lambda: results.jobs == [job], SECONDS_TO_PACK, "the result, again")


def test_what_comes_later_is_kept_too_and_undo_knows_nothing_of_it(
    krita, docker, easel, results, backend, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    keep_in_document(krita, results, 1)
    results.close()
    tree = krita.layer_tree()
    docker.take_from("Whole picture")
    assert peel_exactly() == DONE
    wait_for_carried(krita, 2)
    assert krita.evaluate("krita.activeDocument().modified()")
    krita.undo()
    assert krita.layer_tree() == tree
    assert len(carried(krita)) == 2
    results.open()
    text = krita.evaluate("widgets.the('layerpeel_keep_in_document').text()")
    assert text.startswith("Keep results in the .kra (0.")
    results.picture_of("enclosed-switch")
    # Of another picture nothing is kept.
    results.close()
    easel.picture(small_painting, name="Moor")
    docker.look_again()
    assert not krita.evaluate("widgets.the('layerpeel_keep_in_document').isChecked()")


def test_switched_off_none_stays_and_all_are_still_listed(krita, results, saved, tmp_path):
    path, job = saved
    krita.open_picture(path)
    results.open()
    assert krita.evaluate("widgets.the('layerpeel_keep_in_document').isChecked()")
    krita.click("layerpeel_keep_in_document")
    assert results.message == "The .kra keeps no results any more; this list still does."
    assert carried(krita) == []
    assert job in results.jobs
    without = tmp_path / "without.kra"
    krita.save(without)
    names = zipfile.ZipFile(without).namelist()
    assert not [name for name in names if "keeps-results" in name or "layerpeel/result" in name]


def test_a_strangers_picture_of_the_same_name_pulls_nothing_into_itself(
    krita, docker, easel, results, backend, small_painting, peel_exactly, tmp_path
):
    folders = [tmp_path / "own", tmp_path / "strangers"]
    own, strangers = (folder / "moor.kra" for folder in folders)
    for folder in folders:
        folder.mkdir()
    forget_all(results)
    easel.picture(small_painting)
    krita.save(own)
    assert peel_exactly() == DONE
    krita.close_documents()
    easel.picture(small_painting)
    krita.run(
        "from layerpeel.plugin.canvas.enclosed_results import start_keeping\n"
        "start_keeping(krita.activeDocument())"
    )
    krita.save(strangers)
    krita.close_documents()
    krita.open_picture(strangers)
    results.open()
    assert len(results.jobs) == 1
    assert krita.evaluate("widgets.the('layerpeel_keep_in_document').isChecked()")
    assert krita.evaluate(f"{ENCLOSING}._is_busy") is False
    assert carried(krita) == []
    # Opened again, the artist's own has it by a click.
    krita.close_documents()
    krita.open_picture(own)
    keep_in_document(krita, results, 1)


def test_switched_off_what_is_nowhere_else_stays(krita, results, saved):
    path, job = saved
    krita.open_picture(path)
    krita.run(
        "from layerpeel.plugin.qt import QByteArray\n"
        "krita.activeDocument().setAnnotation(kind, '', QByteArray(b'x' * 500))",
        kind=ENCLOSED + "f" * 32,
    )
    results.close()
    results.open()
    was_refused = f"{'f' * 32!r} in {ENCLOSING}._brought and not {ENCLOSING}._is_busy"
    krita.wait_until(was_refused, SECONDS_TO_PACK, "the refusal")
    krita.click("layerpeel_keep_in_document")
    assert results.message == "1 result stays in the .kra: it is not in this list."
    assert carried(krita) == ["f" * 32]
    assert job in results.jobs


def test_discarded_on_its_way_into_the_document_it_does_not_come(
    krita, docker, easel, results, backend, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    results.open()
    krita.run(
        "page = widgets.the('layerpeel_results'); client = page.client; ask = client.enclosed\n"
        "def discard_meanwhile(job, done, failed):\n"
        "    client.enclosed = ask\n"
        "    ask(job, done, failed)\n"
        "    page.remove(job)\n"
        "client.enclosed = discard_meanwhile"
    )
    krita.click("layerpeel_keep_in_document")
    krita.wait_until(
        f"{ENCLOSING}._discarded and not {ENCLOSING}._is_busy", SECONDS_TO_PACK, "its end"
    )
    assert carried(krita) == []


def test_one_that_is_damaged_is_told_and_harms_nothing(saved, elsewhere, small_painting, soft_disc):
    path, job = saved
    krita, results = elsewhere, ResultsPage(elsewhere)
    krita.open_picture(path)
    krita.run(
        "from layerpeel.plugin.qt import QByteArray\n"
        "document = krita.activeDocument()\n"
        "whole = bytes(document.annotation(kind))\n"
        "document.setAnnotation(kind, '', QByteArray(whole[:-99]))\n"
        "document.setAnnotation('layerpeel/result/../../x', '', QByteArray(b'\\0' * 50_000))\n",
        kind=ENCLOSED + job,
    )
    results.open()
    krita.wait_until(lambda: "cannot be listed" in results.message, 30, "the complaint")
    assert "A result in moor.kra cannot be listed. It is damaged" in results.message
    results.picture_of("enclosed-damaged")
    assert results.jobs == []
    docker = Docker(krita)
    results.close()
    Easel(krita).select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    assert docker.peel() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    wait_for_carried(krita, 3)  # What was damaged stays: it may be whole elsewhere.


def test_what_is_too_large_is_said_and_does_not_go_in(
    krita, docker, easel, results, backend, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    docker.take_from("Whole picture")
    assert peel_exactly() == DONE
    limit = "from layerpeel.plugin.canvas import enclosed_results\nenclosed_results.MOST_BYTES ="
    krita.run(f"{limit} 1000")
    try:
        results.open()
        krita.click("layerpeel_keep_in_document")
        krita.wait_until(lambda: "is not kept in the .kra" in results.message, 30, "the line")
        # The others are not even asked for.
        assert results.message.endswith("Discard others first. 1 more is not kept either.")
        assert carried(krita) == []
        results.picture_of("enclosed-too-large")
    finally:
        krita.run(f"{limit} 128 << 20")
