"""Nothing moves under the pointer, and the docker takes no height from its neighbours."""

import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

HEIGHTS = """
from PyQt5.QtWidgets import QDockWidget
result = {
    dock.objectName(): dock.height()
    for dock in widgets.window().findChildren(QDockWidget)
    if dock.isVisible()
}
"""
SAYS = "widgets.the('layerpeel_message').setText(line)"


@pytest.fixture
def is_where_it_was(krita):
    """Compare the place of the button that peels, and the dockers' heights, with those before."""

    def look():
        places = krita.place_of("layerpeel_peel"), krita.run(HEIGHTS)
        assert len(places[1]) > 2
        return places

    return look


def test_peel_stays_under_the_pointer_when_the_hint_goes(
    krita, docker, easel, small_painting, soft_disc, is_where_it_was
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.look_again()
    krita.wait_until(lambda: docker.hint, 5, "the hint")
    before = is_where_it_was()
    docker.picture_of("with-hint")
    easel.select(None)
    docker.look_again()
    krita.wait_until(lambda: not docker.hint, 5, "the hint to go")
    assert is_where_it_was() == before


def test_first_peel_moves_nothing(
    krita, docker, easel, small_painting, soft_disc, backend, is_where_it_was
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    before = is_where_it_was()
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        cancel = krita.place_of("layerpeel_cancel")
        docker.picture_of("steady-at-work")
        assert cancel[0:2] == before[0][0:2]
        assert krita.run(HEIGHTS) == before[1]
    assert docker.wait_for_end() == DONE
    docker.picture_of("steady-afterwards")
    assert is_where_it_was() == before
    for line in ("", "One line.", "A line that takes several lines in a docker. " * 5):
        krita.run(SAYS, line=line)
        assert is_where_it_was() == before
    docker.picture_of("steady-long-line")
    assert docker.offers_another_background


def test_other_choices_move_nothing(krita, docker, easel, small_painting, is_where_it_was):
    easel.picture(small_painting)
    before = is_where_it_was()
    for lift in ("selection", "point", "things"):
        docker.lift(lift)
        docker.picture_of(f"steady-{lift}")
        assert is_where_it_was() == before
