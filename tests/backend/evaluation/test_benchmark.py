"""The benchmark itself, run for real on small pictures."""

import json
import math
import sys

import numpy as np
import pytest

from layerpeel.backend.benchmarks.__main__ import main
from layerpeel.backend.benchmarks.quality import PictureComparison, measure_quality
from layerpeel.backend.benchmarks.report import quality_lines, record_of, speed_lines
from layerpeel.backend.benchmarks.speed import Run, Speed, run_measured, stages_in
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.evaluation.machine import machine_facts

ERRORS = ("F_mad", "F_mse", "pF_mad", "B_mad", "B_mse", "Bvis_mad", "Bocc_mad", "residue")
ROWS = (
    "alpha_mad",
    "undecided",
    *ERRORS,
    "rec_max",
    "rec_mad",
    "rec_pixels",
    "texture",
    "rim",
    "seconds",
)


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def measured(art, heard):
    return measure_quality(art, 2, 0, heard.append, size=192)


def speed_of(ours, chain):
    runs = [[Run(seconds, seconds, 2**30) for seconds in side] for side in (ours, chain)]
    return Speed("one over another", 0.25, 1024, *runs, {"matte": [1.0, 3.0, 2.0]})


def row(lines, name):
    (line,) = (line for line in lines if line.split()[:1] == [name])
    return line


def test_quality_prints_a_row_for_every_figure(measured):
    lines = quality_lines(measured, 192)
    assert lines[0].startswith("Quality, 2 composites at 192²")
    names = [line.split()[0] for line in lines[2:]]
    assert tuple(names[: len(ROWS)]) == ROWS
    assert names[len(ROWS)] == "Worse"
    judged = [name for name in ROWS if row(lines, name).endswith(("met", "missed"))]
    assert judged == ["Bvis_mad", "rec_pixels", "texture"]


def test_the_product_flattens_exactly_and_the_chain_does_not(measured):
    for result in measured:
        assert result.ours["rec_pixels"] == 0
        # Only the rounding of the picture itself is left.
        assert result.ours["rec_max"] <= 1000 * 0.5 / 255 + 1e-3
        assert result.chain["rec_pixels"] > 0


def test_figures_repeat_but_for_the_seconds(art, measured):
    (again,) = measure_quality(art, 1, 0, lambda _: None, size=192)
    for side in ("ours", "chain"):
        before, now = getattr(measured[0], side), getattr(again, side)
        assert {**before, "seconds": 0} == {**now, "seconds": 0}


def test_progress_names_every_picture(measured, heard):
    assert [result.name in heard[number - 2] for number, result in enumerate(measured)] == [
        True
    ] * 2


def figures(**given):
    return {name: given.get(name, 1.0) for name in ROWS}


def test_one_picture_that_is_not_exact_misses_the_aim():
    exact = PictureComparison("a", figures(rec_pixels=0), figures())
    off = PictureComparison("b", figures(rec_pixels=1e-5), figures())
    assert row(quality_lines([exact] * 9, 512), "rec_pixels").endswith("met")
    assert row(quality_lines([exact] * 9 + [off], 512), "rec_pixels").endswith("missed")


@pytest.mark.parametrize(("ours", "verdict"), [(0.9, "met"), (0.91, "missed")])
def test_the_visible_background_is_judged_by_the_median_of_ratios(ours, verdict):
    results = [PictureComparison("a", figures(Bvis_mad=ours), figures()) for _ in range(3)]
    # A single far worse one moves the mean, but not the verdict.
    results.append(PictureComparison("see-through", figures(Bvis_mad=50), figures()))
    lines = quality_lines(results, 512)
    assert row(lines, "Bvis_mad").endswith(f"ratio ≤ 0.9: {verdict}")
    assert lines[-2:] == ["Worse than the chain in Bvis_mad: 1 of 4", "  50.00 × see-through"]


@pytest.mark.parametrize(
    ("texture", "verdict"), [(0.59, "missed"), (0.6, "met"), (1.4, "met"), (1.41, "missed")]
)
def test_texture_has_two_ends(texture, verdict):
    results = [PictureComparison("a", figures(texture=texture), figures())]
    assert row(quality_lines(results, 512), "texture").endswith(f"0.6–1.4: {verdict}")


def test_a_picture_without_a_hole_does_not_count_for_texture():
    nothing = PictureComparison("a", figures(texture=math.nan), figures(texture=math.nan))
    whole = PictureComparison("b", figures(texture=0.8), figures(texture=0.5))
    line = row(quality_lines([nothing, whole], 512), "texture")
    assert line.split()[1:7] == ["0.800", "0.500", "0.800", "0.500", "1.60", "1/1"]
    record = record_of({}, [nothing], speed_of([1], [1]))
    assert json.loads(json.dumps(record))["quality"][0]["ours"]["texture"] is None


@pytest.mark.parametrize(("ours", "verdict"), [([9, 12, 30], "met"), ([9, 12.1, 12.2], "missed")])
def test_speed_is_judged_by_the_median(ours, verdict):
    lines = speed_lines(speed_of(ours, [20, 24, 22]))
    assert row(lines, "seconds").endswith(f"≤ 12: {verdict}")
    assert row(lines, "seconds").split()[2] == "22.0"
    assert row(lines, "peak").split()[2:4] == ["1024.0", "1024.0"]
    assert lines[-1] == "our stages: matte 2.0 s"


def test_a_process_is_measured_apart_from_this_one(tmp_path):
    """On Linux a process inherits its parent's peak memory: that of the tests must not count."""
    held = np.ones(300 * 2**20 // 8)
    small, said = run_measured([sys.executable, "-c", "print('hello')"], tmp_path)
    words = "import time; held = bytearray(200 * 2**20); time.sleep(0.3)"
    large, _ = run_measured([sys.executable, "-c", words], tmp_path)
    assert held.sum() > 0
    assert said.strip() == "hello"
    assert small.peak_bytes < 100 * 2**20
    assert 200 * 2**20 < large.peak_bytes < 300 * 2**20
    assert 0.3 < large.seconds < 10


def test_a_command_that_fails_stops_the_benchmark_with_its_own_words(tmp_path):
    words = "import sys; print('no subject was found', file=sys.stderr); sys.exit(4)"
    with pytest.raises(LayerpeelError, match=r"exit code 4\): no subject was found"):
        run_measured([sys.executable, "-c", words], tmp_path)


@pytest.mark.parametrize("said", ["PERFORMANCE WARNING:\n{}", "{}", ""])
def test_a_record_that_is_none_stops_the_benchmark_in_one_line(said):
    with pytest.raises(LayerpeelError, match="wrote no record but: ") as raised:
        stages_in(said)
    assert "\n" not in str(raised.value)


def test_the_machine_is_named_without_places_on_it():
    facts = machine_facts()
    assert set(facts) >= {"date", "processor", "cores", "Python", "libraries"}
    assert all(facts.values())
    assert "/" not in "".join(facts.values())


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--art", "nowhere"], 3, "No PNG or WebP pictures in"),
        (["--count", "0"], 3, "0 composites measure nothing"),
        (["--seed", "-1"], 3, "The seed -1 cannot be used"),
        (["--json", "no/such/folder/figures.json"], 6, "there is no folder"),
    ],
)
@pytest.mark.usefixtures("isnet_store")
def test_what_cannot_work_is_said_in_one_line(tmp_path, monkeypatch, capsys, words, code, line):
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    complaint = capsys.readouterr().err
    assert complaint.startswith("layerpeel: ")
    assert line in complaint
    assert complaint.count("\n") == 1
