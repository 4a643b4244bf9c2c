"""The page of results: what was made of which picture, found, inserted again, discarded."""

import numpy as np
import pytest
from krita_harness.backend import Backend
from krita_harness.docker import DONE, Docker
from krita_harness.easel import Easel
from krita_harness.kept_results import keep_results, keepsake_of
from krita_harness.results import ResultsPage

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("isnet_store")]

OTHERS = "Of other pictures"


def titles(rows):
    return [row if isinstance(row, str) else row[:2] for row in rows]


def test_it_says_what_was_lifted_off_what_and_when(
    krita, docker, easel, results, backend, small_painting, peel_exactly, tmp_path
):
    easel.picture(small_painting)
    easel.add_layer("Ink")
    easel.paint(small_painting, "Ink")
    easel.activate("Ink")
    path = tmp_path / "castle.kra"
    krita.save(path)
    assert peel_exactly("Active layer") == DONE
    assert peel_exactly("What “Peeled selection” left") == DONE
    assert docker.fill_in_otherwise().startswith("Done")
    results.open()
    heading, *rows = results.rows
    assert heading == "Of castle.kra"
    assert titles(rows[:3]) == [
        ["Another background", "from “Peeled selection 2” of castle.kra"],
        ["Selection", "from “Peeled selection” of castle.kra"],
        ["Selection", "from “Ink” of castle.kra"],
    ]
    assert rows[0][2] in ("just now", "1 minute ago")
    krita.wait_until(lambda: set(results.jobs[:3]) <= set(results.known), 60, "the thumbnails")
    results.choose(1)
    results.picture_of("results")
    # Of another picture they come after that one's own.
    easel.picture(small_painting, name="Moor")
    krita.wait_until(lambda: OTHERS in results.rows, 5, "the other picture's results")
    assert rows[0][:2] in titles(results.rows[results.rows.index(OTHERS) :])


def test_all_of_it_or_one_part_comes_again_in_one_undo_step(
    krita, easel, results, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    krita.undo()
    before = krita.layer_tree()
    results.open()
    results.choose()
    assert results.offers_parts
    assert results.insert() == DONE
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children] == ["Background", "Foreground"]
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    foreground = krita.pixels("Foreground")
    background = krita.pixels(group.children[0].id, area=(0, 0, 160, 120))
    krita.undo()
    assert krita.layer_tree() == before

    assert results.insert("foreground") == "Done: 1 layer."
    added = krita.layer_tree()[1]
    assert (added.name, added.type) == ("Foreground", "paintlayer")
    np.testing.assert_array_equal(krita.pixels(added.id), foreground)
    krita.undo()
    assert krita.layer_tree() == before

    assert results.insert("background") == "Done: 1 layer."
    added = krita.layer_tree()[1]
    assert (added.name, added.type) == ("Background", "paintlayer")
    np.testing.assert_array_equal(krita.pixels(added.id, area=(0, 0, 160, 120)), background)
    krita.undo()
    assert krita.layer_tree() == before


def test_a_part_with_a_mask_comes_as_a_group_that_is_not_peeled_again(
    krita, docker, easel, results, small_painting, peel_exactly
):
    easel.picture(small_painting)
    docker.give_back_as("Layers with masks")
    assert peel_exactly() == DONE
    alpha = krita.pixels("Foreground", area=(0, 0, 160, 120), projected=True)[..., 3]
    krita.undo()
    assert results.take(part="foreground") == "Done: 1 layer."
    group = krita.layer_tree()[1]
    assert [layer.name for layer in group.children] == ["Foreground"]
    masked = krita.pixels("Foreground", area=(0, 0, 160, 120), projected=True)[..., 3]
    np.testing.assert_array_equal(masked, alpha)
    results.close()
    docker.look_again()
    assert docker.source == "Whole picture"


def test_of_a_selection_no_part_is_offered(
    krita, docker, easel, results, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.give_back_as("Selection only")
    assert docker.peel() == "Done: selected."
    selected = easel.selection
    easel.select(None)
    results.open()
    results.choose()
    assert not results.offers_parts
    assert results.insert() == "Done: selected."
    np.testing.assert_array_equal(easel.selection, selected)


def test_it_is_discarded_only_after_a_question(
    krita, easel, results, backend, small_painting, peel_exactly
):
    easel.picture(small_painting)
    assert peel_exactly() == DONE
    tree = krita.layer_tree()
    results.open()
    job = results.choose()
    file = backend.folder / "jobs" / f"{job}.result"
    krita.click("layerpeel_discard_result")
    assert "Discard “Selection”?" in results.question
    results.picture_of("results-discard")
    # That the list is asked for again is no answer.
    krita.run("widgets.the('layerpeel_results').ask()")
    results.wait_for_answer()
    assert "Discard “Selection”?" in results.question
    krita.click("layerpeel_keep_result")
    assert results.jobs[0] == job
    krita.click("layerpeel_discard_result")
    # Another choice is another question.
    results.choose(0)
    krita.click("layerpeel_discard_for_good")
    krita.wait_until(lambda: results.message == "Discarded.", 10, "it to go")
    assert job not in results.jobs
    assert not file.exists()
    assert krita.layer_tree() == tree
    results.close()
    results.open()
    assert job not in results.jobs


@pytest.fixture
def own_krita(launch_krita):
    """Another Krita whose backend has not been started yet."""
    krita = launch_krita()
    backend = Backend(krita.home)
    backend.register()
    return krita, backend


def test_they_outlive_krita_and_the_backend(own_krita, small_painting, soft_disc):
    krita, backend = own_krita
    docker, results, easel = Docker(krita), ResultsPage(krita), Easel(krita)
    easel.picture(small_painting, name="Castle")
    easel.select(soft_disc)
    docker.lift("selection")
    assert docker.peel() == DONE
    process = backend.pid
    krita.kill()
    backend.wait_for_end_of(process)
    krita.start()
    easel.picture(small_painting, name="Castle")
    results.open()
    assert titles(results.rows) == ["Of Castle", ["Selection", "from Castle"]]
    krita.wait_until(lambda: results.known, 60, "the thumbnails")
    results.choose()
    assert results.insert() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_of_many_only_those_that_are_seen_have_their_thumbnails_fetched(own_krita, small_painting):
    krita, backend = own_krita
    results = ResultsPage(krita)
    kept = [
        keepsake_of((160, 120), lifted=f"thing {number}", taken_from="", document="moor.kra")
        for number in range(200)
    ]
    ids = keep_results(backend.folder, kept, small_painting)
    Easel(krita).picture(small_painting)
    results.open()
    assert len(results.jobs) == 200
    krita.wait_until(lambda: results.rows_without_thumbnails == 0, 60, "the thumbnails")
    seen = set(results.known)
    assert 2 < len(seen) < 30
    assert ids[-1] in seen
    results.picture_of("results-many")
    results.scroll_to(ids[0])
    krita.wait_until(lambda: ids[0] in results.known, 60, "the oldest one's thumbnails")
    assert len(results.known) < 60
    results.search("THING 17")
    assert [row[0] for row in results.rows if not isinstance(row, str)] == [
        *(f"Thing {number}" for number in range(179, 169, -1)),
        "Thing 117",
        "Thing 17",
    ]
    results.picture_of("results-search")
    results.search("")
    assert len(results.jobs) == 200


def test_what_is_new_is_in_view_while_an_older_one_is_chosen(own_krita, small_painting, soft_disc):
    krita, backend = own_krita
    docker, results, easel = Docker(krita), ResultsPage(krita), Easel(krita)
    kept = [
        keepsake_of((160, 120), lifted=f"thing {number}", taken_from="", document="moor.kra")
        for number in range(20)
    ]
    keep_results(backend.folder, kept, small_painting)
    easel.picture(small_painting, name="Castle")
    easel.select(soft_disc)
    results.open()
    oldest = results.choose(-1)
    assert results.is_in_view(oldest)
    results.close()
    docker.lift("selection")
    assert docker.peel() == DONE
    results.open()
    assert results.is_in_view(results.jobs[0])
    # What comes while the artist looks further down moves nothing there.
    results.scroll_to(oldest)
    before = len(results.jobs)
    krita.trigger("layerpeel_peel")
    krita.wait_until(lambda: len(results.jobs) > before, 120, "the next result")
    assert results.is_in_view(oldest)


def test_those_of_an_older_version_are_listed_and_inserted(own_krita, small_painting):
    krita, backend = own_krita
    results = ResultsPage(krita)
    keep_results(backend.folder, [keepsake_of((160, 120)), "a script's own"], small_painting, False)
    Easel(krita).picture(small_painting)
    results.open()
    assert titles(results.rows) == [OTHERS, *2 * [["Peeled subject", "160×120 pixels"]]]
    krita.wait_until(lambda: results.rows_without_thumbnails == 0, 60, "the answer")
    results.picture_of("results-of-an-older-version")
    results.choose(0)
    assert not results.offers_parts
    assert "not made from Krita" in results.insert()
    results.choose(1)
    assert results.insert() == DONE
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_one_that_lies_about_its_pixels_or_has_markup_does_no_harm(own_krita, small_painting):
    krita, backend = own_krita
    results, easel = ResultsPage(krita), Easel(krita)
    keepsake = keepsake_of((160, 120), lifted="<b>it</b>", taken_from="", document="moor.kra")
    keep_results(backend.folder, [keepsake.replace('"U8"', '"U16"')], small_painting)
    easel.picture(small_painting)
    tree = krita.layer_tree()
    assert "its pixels are not as it says" in results.take()
    assert krita.layer_tree() == tree
    krita.click("layerpeel_discard_result")
    assert "<b>it</b>" in results.question
    seen = "(w := widgets.the('layerpeel_discard_question'))"
    assert krita.evaluate(f"w.textFormat() == type(w.textFormat())(0) if {seen} else None")
    tip = krita.evaluate(
        "__import__('layerpeel.plugin.texts').plugin.texts.tip_text(name)", name="<i>&\n"
    )
    assert tip == "<qt>&lt;i&gt;&amp;<br></qt>"
