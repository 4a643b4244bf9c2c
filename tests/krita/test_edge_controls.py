"""The edges of a result moved, softened and cleaned before it is inserted."""

import numpy as np
import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("isnet_store")]

AS_IT_CAME = {"shift": 0, "soften": 0, "clean": False}


@pytest.fixture
def looked_at(krita, easel, results, backend, small_painting, peel_and_look):
    """The document's layers, while a result of it is looked at; and how many results there were."""
    easel.picture(small_painting)
    before = krita.layer_tree()
    peel_and_look()
    return before


def _covered(krita):
    """How much the foreground covers, in pixels."""
    return krita.pixels("Foreground")[..., 3].sum() / 255


def _insert(krita, docker, results):
    results.insert_what_is_seen()
    krita.wait_until(lambda: docker.message == DONE, 30, "the layers")


def test_what_is_seen_is_inserted_in_one_undo_step(
    krita, docker, results, small_painting, looked_at
):
    jobs = set(results.jobs)
    places = krita.place_of("layerpeel_shift"), krita.place_of("layerpeel_look_insert")
    results.adjust(shift=3)
    results.wait_for_edge(shift=3)
    results.adjust(soften=2)
    results.wait_for_edge(shift=3, soften=2)
    results.picture_of("look-edge")
    assert (krita.place_of("layerpeel_shift"), krita.place_of("layerpeel_look_insert")) == places
    assert krita.layer_tree() == looked_at
    _insert(krita, docker, results)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    wide = _covered(krita)
    krita.undo()
    assert krita.layer_tree() == looked_at

    # The list has it beside the one as it came, which is as it was; the one between is gone.
    results.open()
    titles = [row[0] for row in results.rows if not isinstance(row, str)]
    assert titles[:2] == ["Selection, edge +3 px, soft 2 px", "Selection"]
    assert len(set(results.jobs) - jobs) == 1
    results.choose(1)
    assert results.insert() == DONE
    assert _covered(krita) < 0.95 * wide
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_one_click_leads_back(krita, docker, results, small_painting, looked_at):
    jobs = set(results.jobs)
    results.adjust(shift=-2, clean=True)
    results.wait_for_edge(shift=-2, clean=True)
    krita.click("layerpeel_unadjusted")
    results.wait_for_edge()
    assert results.edge_chosen == AS_IT_CAME
    assert not krita.evaluate("widgets.the('layerpeel_unadjusted').isEnabled()")
    _insert(krita, docker, results)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    results.open()
    assert set(results.jobs) == jobs


def test_an_adjusted_result_is_looked_at_and_adjusted_later(krita, results, looked_at):
    results.adjust(shift=2)
    results.wait_for_edge(shift=2)
    results.leave()
    results.open()
    results.choose(0)
    results.look()
    results.wait_for_edge(shift=2)
    assert results.edge_chosen == {**AS_IT_CAME, "shift": 2}
    krita.click("layerpeel_unadjusted")
    results.wait_for_edge()
    results.leave()
    results.open()
    assert [row[0] for row in results.rows if not isinstance(row, str)][:2] == [
        "Selection, edge +2 px",
        "Selection",
    ]


def test_what_cannot_be_made_leaves_what_is_seen(krita, results, looked_at):
    results.forget(results.jobs[0])
    results.adjust(shift=1)
    krita.wait_until(lambda: "does not know this job" in results.message, 20, "the line")
    assert results.edge_chosen == AS_IT_CAME
    assert results.is_looking


def test_only_the_last_wish_counts(krita, results, session_backend, looked_at):
    jobs = set(results.jobs)
    with session_backend.held():
        for _ in range(2):
            results.adjust(shift=1)
            krita.wait_until(
                lambda: not krita.evaluate("widgets.the('layerpeel_look_insert').isEnabled()"),
                10,
                "the request",
            )
        results.adjust(shift=1)
    results.wait_for_edge(shift=3)
    results.leave()
    results.open()
    krita.wait_until(lambda: len(set(results.jobs) - jobs) == 1, 20, "the others to go")


def test_the_original_stays_when_it_is_left_on_the_way_back(krita, results, backend, looked_at):
    results.adjust(shift=2)
    results.wait_for_edge(shift=2)
    with backend.unanswering():
        krita.click("layerpeel_unadjusted")
        results.leave()
    results.open()
    results.choose(1)
    results.look()
    results.adjust(shift=1)
    results.wait_for_edge(shift=1)


def test_another_result_that_comes_meanwhile_is_the_one_that_is_seen(
    krita, docker, results, backend, small_painting, looked_at
):
    results.adjust(shift=2)
    results.wait_for_edge(shift=2)
    results.leave()
    results.open()
    other = results.jobs[0]
    results.choose(1)
    results.look()
    results.adjust(shift=-2)
    results.wait_for_edge(shift=-2)
    with backend.unanswering():
        krita.click("layerpeel_unadjusted")
        results.end_peel(other)
    results.wait_for_edge(shift=2)
    assert results.title_seen.startswith("Selection, edge +2 px")
    _insert(krita, docker, results)
    np.testing.assert_array_equal(krita.pixels(), small_painting)


def test_what_is_left_before_it_is_shown_does_not_stay_in_the_list(krita, results, looked_at):
    results.leave()
    results.open()
    jobs = results.jobs
    results.choose()
    results.look()
    results.leave_when_fetched()
    results.adjust(shift=1)
    krita.wait_until("widgets.the('layerpeel_results').isVisible()", 30, "the list")
    results.wait_for_answer()
    krita.wait_until(lambda: results.jobs == jobs, 20, "the adjusted one to go")


def test_without_the_original_no_other_edge_is_offered(krita, results, looked_at):
    results.adjust(shift=3)
    results.wait_for_edge(shift=3)
    results.leave()
    results.open()
    results.choose(1)
    krita.click("layerpeel_discard_result")
    krita.click("layerpeel_discard_for_good")
    krita.wait_until(lambda: results.message == "Discarded.", 20, "its end")
    results.choose(0)
    results.look()
    assert results.title_seen.startswith("Selection, edge +3 px")
    assert results.edge_chosen == {**AS_IT_CAME, "shift": 3}
    for name in ("layerpeel_shift", "layerpeel_clean", "layerpeel_unadjusted"):
        assert not krita.evaluate(f"widgets.the('{name}').isEnabled()")
        assert "no longer in the list" in krita.evaluate(f"widgets.the('{name}').toolTip()")
    results.picture_of("look-edge-fixed")


def test_it_says_that_it_waits_and_that_it_was_cancelled(
    krita, docker, results, session_backend, looked_at
):
    results.leave()
    with session_backend.held():
        docker.start()
        results.open()
        results.choose()
        results.look()
        results.adjust(shift=1)
        krita.wait_until(lambda: "another picture" in results.waits_for, 20, "the line")
        results.picture_of("look-edge-waits")
        results.cancel_adjusting()
        krita.wait_until(lambda: results.message == "Cancelled.", 20, "the line")
        assert results.edge_chosen == AS_IT_CAME
        assert results.waits_for == ""
    docker.wait_for_end()


def test_it_is_adjusted_and_inserted_after_the_backend_crashed(
    krita, docker, results, backend, small_painting, looked_at
):
    backend.kill()
    results.adjust(shift=2)
    results.wait_for_edge(shift=2)
    backend.kill()
    _insert(krita, docker, results)
    np.testing.assert_array_equal(krita.pixels(), small_painting)
    assert krita.layer_tree() != looked_at
