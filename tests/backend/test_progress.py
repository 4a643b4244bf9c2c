"""How a course of stages tells where it is."""

import pytest

from layerpeel.backend.peel_stages import FINDING, LIFTING, THINGS, opening_of, weighed
from layerpeel.backend.progress import Course, Stage, in_steps
from layerpeel.shared.protocol import Coverage, Mask, Points, Subject, Things

FIRST, SECOND = Stage("first", "First", 0.25), Stage("second", "Second", 0.75)


def test_a_stage_tells_how_much_of_itself_is_done():
    said = []
    course = Course(lambda words, done: said.append((words, done)), (FIRST, SECOND), rounds=2)
    for _ in range(2):
        with course.stage(FIRST):
            pass
        with course.stage(SECOND) as report:
            report(0.5)
    assert [done for _, done in said] == [
        0.0,
        0.125,
        pytest.approx((0.25 + 0.375) / 2),
        0.5,
        0.625,
        pytest.approx(0.5 + (0.25 + 0.375) / 2),
    ]
    assert said[2] == ("Second (layer 1 of 2)", said[2][1])


def test_a_round_may_end_early():
    said = []
    course = Course(lambda words, done: said.append((words, done)), (FIRST, SECOND), rounds=2)
    with course.stage(FIRST):
        pass
    course.skip_round()
    course.skip_round()
    with course.stage(FIRST):
        pass
    assert said == [("First (layer 1 of 2)", 0.0), ("First (layer 2 of 2)", 0.5)]


def test_a_stage_may_be_stopped_in_the_middle():
    def stop(_words, done):
        if done > 0.5:
            raise KeyboardInterrupt

    course = Course(stop, (FIRST, SECOND), rounds=1)
    with course.stage(FIRST):
        pass
    with pytest.raises(KeyboardInterrupt), course.stage(SECOND) as report:
        report(0.9)
    assert "second" in course.seconds


def test_steps_follow_each_other_by_their_shares():
    said = []
    first, second, third = in_steps(said.append, 1, 2, 1)
    for step in (first, second, third):
        step(0.0)
        step(0.5)
        step(1.0)
    assert said == [0, 0.125, 0.25, 0.25, 0.5, 0.75, 0.75, 0.875, 1]


def test_what_comes_once_has_its_share_of_the_whole():
    said = []
    opening = opening_of(Stage("opening", "Opening", 1.0), (FIRST, SECOND), rounds=3)
    assert opening.share == 0.25
    course = Course(lambda _words, done: said.append(done), (FIRST, SECOND), 3, opening)
    # Its own words and share count, whichever stage of that name is given.
    with course.stage(Stage("opening", "Opening", 1.0)) as report:
        report(1.0)
    with course.stage(FIRST):
        pass
    assert said == [0, 0.25, 0.25]


def _shares(lift, pixels=1_000_000):
    stages = weighed(FINDING + LIFTING, lift, pixels)
    total = sum(stage.share for stage in stages)
    return {stage.name: stage.share / total for stage in stages}


def test_stages_have_the_shares_that_they_take():
    small, large = _shares(Subject()), _shares(Subject(), 24_000_000)
    assert small["determine"] > 0.5
    assert large["matte"] > 0.5
    assert large["determine"] < 0.25
    shown = _shares(Points(()))
    assert shown["determine"] < 0.6 * small["determine"]
    exact = _shares(Mask(Coverage(1, 1, b"a"), exact=True))
    assert exact["separate"] > 0.85
    assert _shares(Things())["determine"] < 0.02


def test_they_can_be_weighed_again():
    once = weighed(FINDING, Subject(), 4_000_000)
    assert weighed(once, Subject(), 4_000_000) == once
    assert opening_of(THINGS, once, 2).share < 1
