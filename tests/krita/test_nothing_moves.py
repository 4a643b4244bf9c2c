"""Nothing moves under the pointer, and the docker takes no height from its neighbours."""

import pytest
from krita_harness.docker import DONE

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

CHOICES = ("layerpeel_exact_edge", "layerpeel_source", "layerpeel_layers", "layerpeel_form")
SAYS = "widgets.the('layerpeel_message').setText(line)"


def test_peel_stays_under_the_pointer_when_the_hint_goes(
    krita, docker, easel, small_painting, soft_disc
):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.look_again()
    krita.wait_until(lambda: docker.hint, 5, "the hint")
    before = docker.places()
    docker.picture_of("with-hint")
    easel.select(None)
    docker.look_again()
    krita.wait_until(lambda: not docker.hint, 5, "the hint to go")
    assert docker.places() == before


def test_no_choice_moves_when_the_hint_goes(krita, docker, easel, small_painting, soft_disc):
    easel.picture(small_painting)
    easel.select(None)
    docker.lift("selection")
    krita.wait_until(lambda: docker.hint, 5, "the hint")
    before = [krita.place_of(choice) for choice in CHOICES]
    docker.picture_of("hint-below-the-choices")
    easel.select(soft_disc)
    krita.wait_until(lambda: not docker.hint, 5, "the hint to go")
    assert [krita.place_of(choice) for choice in CHOICES] == before


def test_first_peel_moves_nothing(krita, docker, easel, small_painting, soft_disc, backend):
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    before = docker.places()
    with backend.held():
        docker.start()
        docker.wait_until_it_runs()
        cancel = krita.place_of("layerpeel_cancel")
        docker.picture_of("steady-at-work")
        assert cancel[0:2] == before[0][0:2]
    assert docker.wait_for_end() == DONE
    docker.picture_of("steady-afterwards")
    assert docker.places() == before
    for line in ("", "One line.", "A line that takes several lines in a docker. " * 5):
        krita.run(SAYS, line=line)
        # Qt lays out what is nested a turn later, before it paints.
        krita.wait_until(lambda: docker.places() == before, 5, "all to be where it was")
    docker.picture_of("steady-long-line")
    assert docker.offers_another_background


def test_a_source_with_a_long_name_is_cut_in_its_middle_and_told_by_its_tip(
    krita, docker, easel, small_painting
):
    easel.picture(small_painting)
    combo = "widgets.the('layerpeel_source')"
    long = "What “Peeled selection of the lady on the moor in the morning light” left"
    short = krita.evaluate(f"{combo}.itemText(0)")
    assert krita.evaluate(f"{combo}.shown_text()") == short
    krita.run(f"{combo}.setItemText(0, long)", long=long)
    shown = krita.evaluate(f"{combo}.shown_text()")
    begin, end = shown.split("…")
    assert long.startswith(begin)
    assert long.endswith(end)
    assert min(len(begin), len(end)) > 5
    docker.point_at("layerpeel_source")
    assert long in krita.evaluate("widgets.tip()")
    docker.picture_of("long-source")
    krita.run(f"{combo}.setItemText(0, short)", short=short)
