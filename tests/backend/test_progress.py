"""How a course of stages tells where it is."""

import pytest

from layerpeel.backend.progress import Course, Stage

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
