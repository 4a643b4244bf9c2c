"""The benchmark of sizes: its pictures, its lines, and what it refuses."""

import pytest

from layerpeel.backend.benchmarks import sizes
from layerpeel.backend.benchmarks.sizes import Case, line_of, picture_of
from layerpeel.backend.benchmarks.speed import Run
from layerpeel.backend.composites.composite import draw_composites


@pytest.mark.parametrize("thing", [None, (7, 9)])
@pytest.mark.parametrize("size", [(120, 80), (64, 100)])
def test_pictures_have_the_size_and_the_box_lies_inside(art, thing, size):
    composite = next(draw_composites(art, 1, seed=1, size=96))
    picture, box = picture_of(Case(*size, 1, 1, thing), composite)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.min() >= 0
    assert picture.max() <= 1
    if thing is None:
        assert box is None
    else:
        left, top, width, height = (int(number) for number in box.split(","))
        assert (width, height) == thing
        assert left + width <= size[0]
        assert top + height <= size[1]


def test_a_line_says_the_ratios_and_whether_the_aim_is_met():
    case = Case(3000, 2000, 15, 2.2)
    ours, theirs = Run(10, 16, 2 * 10**9), Run(40, 64, 4 * 10**9)
    line = line_of(case, ours, theirs)
    assert line.split()[:7] == ["3000x2000", "10.0", "16.0", "2.00", "0.25", "0.25", "0.50"]
    assert line.endswith("met")
    assert line_of(case, theirs, None).endswith("missed")


def test_an_unknown_size_is_refused_in_one_line(capsys):
    assert sizes.main(["--only", "9x9"]) != 0
    assert capsys.readouterr().err.count("\n") == 1
