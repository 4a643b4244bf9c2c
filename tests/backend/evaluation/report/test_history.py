"""The table of releases in docs/quality.md: one version's rows are replaced, the others stay."""

import pytest

from layerpeel.backend.errors import OutputError
from layerpeel.backend.evaluation.report import history
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS
from layerpeel.backend.evaluation.tracks.track_registry import TRACKS

START = history.start_of(LAYERS)


@pytest.fixture
def file(tmp_path, monkeypatch):
    place = tmp_path / "quality.md"
    place.write_text(f"# Before\n\n{START}\n\n{history.END}\n\nAfter.\n")
    monkeypatch.setattr(history, "history_file", lambda: place)
    return place


def rows(file):
    cells = [line.split("|")[1:-1] for line in file.read_text().splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in row] for row in cells]


def record(make_evaluation, facts, monkeypatch, version, value):
    monkeypatch.setattr(history, "VERSION", version)
    evaluation, _ = make_evaluation(
        2, lambda method, _number: value if method == "compact" else 1.0
    )
    history.record_release(evaluation, facts)


def test_rows_have_medians_under_their_names(file, make_evaluation, facts, monkeypatch):
    record(make_evaluation, facts, monkeypatch, "1.0", 0.5)
    head, line, compact, classical, blur = rows(file)
    assert set(line) == {"---"}
    entry = dict(zip(head, compact, strict=True))
    assert (entry["release"], entry["date"], entry["method"]) == ("1.0", "2026-01-02", "compact")
    assert entry["composites"] == "2 of tests/art, 32², seed 0"
    assert (entry["Bvis_mad"], entry["Bvis_mad ratio"], entry["texture"]) == (
        "0.500",
        "0.50",
        "1.000",
    )
    assert [row[3] for row in (classical, blur)] == ["classical", "blur"]


def test_a_version_is_replaced_and_newer_ones_go_on_top(file, make_evaluation, facts, monkeypatch):
    for version, value in (("1.0", 0.5), ("1.1", 0.4), ("1.1", 0.3)):
        record(make_evaluation, facts, monkeypatch, version, value)
    releases = [(row[0], row[6]) for row in rows(file)[2:] if row[3] == "compact"]
    assert releases == [("1.1", "0.300"), ("1.0", "0.500")]
    text = file.read_text()
    assert text.startswith("# Before\n\n")
    assert text.endswith("\n\nAfter.\n")


@pytest.mark.parametrize("text", ["no marks", f"{START} and no end"])
def test_a_file_without_its_marks_is_left_alone(file, text):
    file.write_text(text)
    with pytest.raises(OutputError, match="no place for figures"):
        history.check_history(LAYERS)
    assert file.read_text() == text


def test_no_file_is_said_before_the_work(file):
    file.unlink()
    with pytest.raises(OutputError, match="cannot be read"):
        history.check_history(LAYERS)


@pytest.mark.parametrize("track", TRACKS.values(), ids=TRACKS)
def test_the_real_page_has_a_place_for_figures_of_every_track(track):
    history.check_history(track)


def test_a_track_s_table_leaves_the_others_alone(file, make_evaluation, facts, monkeypatch):
    other = history.start_of(TRACKS["box"])
    row = "| 0.9 | 2026-01-01 | 3 of tests/art | compact | 0.9 |"
    file.write_text(f"{file.read_text()}\n{other}\n{row}\n{history.END}\n")
    record(make_evaluation, facts, monkeypatch, "1.0", 0.5)
    assert file.read_text().endswith(f"\n{other}\n{row}\n{history.END}\n")
    assert "| 1.0 |" in file.read_text()
