"""Peels of several documents wait together: seen, put into another order, cancelled."""

import numpy as np
import pytest
from krita_harness.docker import DONE, SECONDS_TO_PEEL, Docker
from krita_harness.easel import Easel
from krita_harness.home import ENGINE
from krita_harness.waiting import SECONDS_TO_FOLLOW, Waiting

pytestmark = pytest.mark.krita

LAYERS = ["Background", "Peeled selection"]  # Krita calls a document's one layer so.
CLOSED = "Two, closed: it comes to Results"


@pytest.fixture
def waiting(krita):
    """The list of jobs that run and wait."""
    return Waiting(krita)


@pytest.fixture
def begin(docker, easel, soft_disc):
    """Begin to peel the disc off a new document; give the docker that does it."""

    def peel(pixels, name, docker=docker, easel=easel):
        easel.picture(pixels, name=name)
        easel.select(soft_disc)
        docker.lift("selection")
        docker.take_edge_exactly()
        docker.start()

    return peel


def peeled(krita):
    return [layer.name for layer in krita.layer_tree()][1:] == ["Peeled selection"]


def test_three_documents_wait_and_each_gets_its_own(
    krita, docker, easel, results, waiting, backend, begin, small_painting
):
    pictures = [np.roll(small_painting, 9 * number, axis=1) for number in range(3)]
    with backend.held():
        begin(pictures[0], "One")
        docker.wait_until_it_runs()
        # The page shows what is known of it already.
        assert not waiting.is_shown
        begin(pictures[1], "Two")
        waiting.wait_for("One", "Two")
        begin(pictures[2], "Three")
        waiting.wait_for("One", "Two", "Three")
        assert waiting.heading == "3 jobs run or wait"
        first, *others = waiting.rows
        assert first[0] == "Selection"
        assert " %, " in first[2]
        assert [row[2] for row in others] == ["waits", "waits"]
        assert docker.message == "Waiting: 2 ahead in the queue …"
        assert waiting.texts[1:] == ["Selection · Two\nwaits", "Selection · Three\nwaits"]
        waiting.choose("Three")
        assert waiting.offered == ["first", "earlier", "cancel"]
        docker.picture_of("three-wait")

        waiting.press("first")
        waiting.wait_for("One", "Three", "Two")
        assert docker.message == "Waiting: 1 ahead in the queue …"
        assert waiting.offered == ["later", "cancel"]
        waiting.choose("One")
        krita.wait_until(
            lambda: waiting.offered == ["cancel"], SECONDS_TO_FOLLOW, "the one that runs"
        )
        easel.bring_to_front("One")
        krita.wait_until(
            lambda: not docker.message.startswith("Waiting"), SECONDS_TO_FOLLOW, "the first's line"
        )
        easel.close("Two")
        waiting.wait_for("One", "Three", CLOSED)
    docker.wait_for_end()
    krita.wait_until(lambda: peeled(krita), SECONDS_TO_PEEL, "the layers")
    waiting.wait_for_end()
    krita.wait_until(lambda: not waiting.is_shown, SECONDS_TO_FOLLOW, "the list to go")
    easel.bring_to_front("Three")
    krita.wait_until(lambda: docker.message == DONE, 60, "the line of the third")
    assert docker.button == "Peel again"
    assert peeled(krita)
    np.testing.assert_array_equal(krita.pixels(), pictures[2])
    results.open()
    assert ["Selection", "from Two"] in [row[:2] for row in results.rows if len(row) == 3]


def test_one_that_waits_is_cancelled_and_the_others_go_on(
    krita, docker, easel, waiting, backend, begin, small_painting
):
    with backend.held():
        begin(small_painting, "One")
        docker.wait_until_it_runs()
        begin(small_painting[::-1], "Two")
        waiting.wait_for("One", "Two")
        assert waiting.offered == []
        waiting.choose("Two")
        # The list's Cancel, and Two's own, do the same.
        waiting.press("cancel")
        docker.wait_for_message("Cancelled.")
        waiting.wait_for("One")
        assert not peeled(krita)
        # It can be peeled again at once, while the other still runs.
        docker.start()
        waiting.wait_for("One", "Two")
        docker.cancel()
        docker.wait_for_message("Cancelled.")
        waiting.wait_for("One")
    docker.wait_for_message(f"One: {DONE}")
    easel.bring_to_front("One")
    krita.wait_until(lambda: peeled(krita), SECONDS_TO_FOLLOW, "the layers")


def test_what_waits_when_the_backend_crashes_is_done_by_the_next(
    krita, docker, easel, waiting, backend, begin, small_painting
):
    lost = "The backend stopped while it was working. Try again: it will be restarted."
    with backend.held():
        begin(small_painting, "One")
        docker.wait_until_it_runs()
        begin(small_painting[::-1], "Two")
        waiting.wait_for("One", "Two")
        killed = backend.pid
        backend.kill()
    docker.wait_for_end()
    assert docker.message == DONE
    assert peeled(krita)
    assert backend.pid not in (None, killed)
    easel.bring_to_front("One")
    krita.wait_until(lambda: docker.message == lost, SECONDS_TO_FOLLOW, "what became of the first")
    assert not peeled(krita)


# Pressed in the same turn in which the backend dies, or as the next one is being started.
CANCELS = {
    "as it dies": "import os\nos.kill(killed, 9)\nwidgets.the('layerpeel_cancel').click()",
    "as the next starts": (
        "import os\n"
        "from layerpeel.plugin.backend.connection import ConnectionState\n"
        "from layerpeel.plugin.docker import CONNECTION\n"
        "def press():\n"
        "    if CONNECTION.state is ConnectionState.STARTING:\n"
        "        CONNECTION.changed.disconnect(press)\n"
        "        widgets.the('layerpeel_cancel').click()\n"
        "CONNECTION.changed.connect(press)\n"
        "os.kill(killed, 9)"
    ),
}


@pytest.mark.parametrize("when", CANCELS)
def test_what_is_cancelled_while_the_backend_restarts_is_not_done_by_the_next(
    krita, docker, results, waiting, backend, begin, small_painting, when
):
    with backend.held():
        begin(small_painting, "One")
        docker.wait_until_it_runs()
        begin(small_painting[::-1], f"Two, {when}")
        waiting.wait_for("One", f"Two, {when}")
        killed = backend.pid
        krita.run(CANCELS[when], killed=killed)
        backend.wait_for_end_of(killed)
    docker.wait_for_message("Cancelled.")
    krita.wait_until(lambda: backend.pid not in (None, killed), 60, "the next backend")
    # The docker's own list is empty, too, until it hears of what the next one has taken over.
    backend.wait_until_idle()
    assert not peeled(krita)
    results.open()
    assert f"from Two, {when}" not in [row[1] for row in results.rows if len(row) == 3]


@pytest.fixture
def patient(krita):
    """However long the backend is paused, the docker waits for it."""
    krita.run("import layerpeel.plugin.backend.http_calls as c\nc.SILENCE = 600_000")
    yield
    krita.run("import layerpeel.plugin.backend.http_calls as c\nc.SILENCE = 30_000")


@pytest.mark.usefixtures("patient")
def test_cancel_is_each_document_s_own(
    krita, docker, easel, waiting, backend, begin, small_painting
):
    is_offered = "widgets.the('layerpeel_cancel').isEnabled()"
    with backend.held():
        begin(small_painting, "One")
        docker.wait_until_it_runs()
        begin(small_painting[::-1], "Two")
        waiting.wait_for("One", "Two")
        easel.bring_to_front("One")
        krita.wait_until(lambda: not docker.message.startswith("Waiting"), 60, "the first's line")
        with backend.unanswering():
            docker.cancel()
            krita.wait_until(lambda: docker.message == "Cancelling …", 60, "the cancel to begin")
            assert not krita.evaluate(is_offered)
            easel.bring_to_front("Two")
            krita.wait_until(lambda: docker.message.startswith("Waiting"), 60, "the second's line")
            assert krita.evaluate(is_offered)
            easel.bring_to_front("One")
            krita.wait_until(lambda: docker.message == "Cancelling …", 60, "the first's line")
            assert not krita.evaluate(is_offered)
    waiting.wait_for_end()


def test_two_kritas_see_one_line(
    krita, docker, waiting, backend, begin, launch_krita, small_painting
):
    other = launch_krita({"LAYERPEEL_HOME": str(krita.home.layerpeel)})
    theirs, their_list = Docker(other), Waiting(other)
    with backend.held():
        begin(small_painting, "Here")
        docker.wait_until_it_runs()
        begin(small_painting[::-1], "There", theirs, Easel(other))
        waiting.wait_for("Here", "There, not of this Krita")
        their_list.wait_for("Here, not of this Krita", "There")
        docker.picture_of("of-another-krita")
        begin(small_painting[:, ::-1], "Also here")
        their_list.wait_for("Here, not of this Krita", "There", "Also here, not of this Krita")
        their_list.choose("Also here, not of this Krita")
        their_list.press("first")
        waiting.wait_for("Here", "Also here", "There, not of this Krita")
        their_list.wait_for("Here, not of this Krita", "Also here, not of this Krita", "There")
    docker.wait_for_end()
    theirs.wait_for_end()
    krita.wait_until(lambda: peeled(krita), SECONDS_TO_PEEL, "the layers")
    # Of its two, either may come last.
    assert docker.message in (DONE, f"Here: {DONE}")
    assert theirs.message == DONE
    assert peeled(other)
    np.testing.assert_array_equal(other.pixels(), small_painting[::-1])


def test_nobody_is_taken_from_another_document_to_look_at_a_result(
    krita, docker, easel, results, backend, begin, small_painting
):
    docker.change_settings(engine=ENGINE, inserts_at_once=False)
    try:
        with backend.held():
            begin(small_painting, "One")
            docker.wait_until_it_runs()
            easel.picture(small_painting[::-1], name="Two")
            krita.wait_until(
                lambda: docker.button == "Peel", SECONDS_TO_FOLLOW, "the button for the second"
            )
        docker.wait_for_message("One: Done: the result waits under Results.")
        assert not results.is_looking
        easel.bring_to_front("One")
        assert not peeled(krita)
        krita.wait_until(
            lambda: docker.message.startswith("Done: the result waits"),
            SECONDS_TO_FOLLOW,
            "the line",
        )
        results.open()
        assert ["Selection", "from One"] in [row[:2] for row in results.rows if len(row) == 3]
    finally:
        docker.forget_settings()
