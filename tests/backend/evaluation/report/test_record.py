"""figures.json and figures.csv contain every figure; missing ones are empty."""

import csv
import io
import json
import math

from layerpeel.backend.evaluation.report.lines import closing_lines
from layerpeel.backend.evaluation.report.record import csv_of, record_of


def test_the_summary_has_medians_means_and_ratios(make_evaluation, facts):
    worse = {"compact": [1, 2, 60], "classical": [2, 2, 3], "blur": [4, 4, 6]}
    evaluation, _ = make_evaluation(3, lambda method, number: float(worse[method][number - 1]))
    record = record_of(evaluation, facts)
    row = record["summary"]["compact"]["Bvis_mad"]
    assert (row["median"], row["mean"], row["count"]) == (2, 21, 3)
    assert (row["ratio"], row["worse"]) == (1, [1, 3])
    assert record["summary"]["blur"]["Bvis_mad"]["ratio"] == 2
    assert record["placement"]["truth"]["span"] == {"mean": 50, "deviation": 0}


def test_what_could_not_be_told_is_null_and_an_empty_cell(make_evaluation, facts):
    evaluation, _ = make_evaluation(2)
    evaluation.pictures[0].figures["compact"]["texture"] = math.nan
    del evaluation.pictures[1].figures["blur"]
    evaluation.pictures[1].failures["blur"] = "no edge, here"
    record = json.loads(json.dumps(record_of(evaluation, facts), allow_nan=False))
    assert record["pictures"][0]["figures"]["compact"]["texture"] is None
    assert record["pictures"][1]["failures"] == {"blur": "no edge, here"}
    assert record["summary"]["compact"]["texture"]["count"] == 1
    rows = list(csv.DictReader(io.StringIO(csv_of(evaluation))))
    assert [(row["number"], row["method"]) for row in rows] == [
        (str(number), method) for number in (1, 2) for method in ("compact", "classical", "blur")
    ]
    assert rows[0]["texture"] == ""
    assert float(rows[0]["Bvis_mad"]) == 1
    assert (rows[5]["rim"], rows[5]["failure"]) == ("", "no edge, here")


def test_a_terminal_sees_medians_and_everything_left_out(make_evaluation):
    evaluation, _ = make_evaluation(3)
    evaluation.left_out["vitmatte"] = "not in this version"
    evaluation.lacking["LPIPS"] = "not installed: torch"
    evaluation.plan.art.unusable["fg/a.png"] = "has no transparency"
    evaluation.pictures[1].failures["blur"] = "no edge"
    lines = closing_lines(evaluation)
    assert lines[2].split()[:4] == ["compact", "1.000", "1.000", "2.000"]
    assert lines[5:] == [
        "Left out, vitmatte: not in this version",
        "Not measured, LPIPS: not installed: torch",
        "No figures of blur for picture 2: no edge",
        "Skipped files: 1",
        "  fg/a.png has no transparency",
    ]
