"""Figures over time: a table for each track in docs/quality.md, one row per release and method."""

import math
from pathlib import Path

from layerpeel.backend.composites.art import own_art
from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.report.lines import value_in
from layerpeel.backend.evaluation.track import Column, Statistic, Track
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.shared.version import VERSION

END = "<!-- to here -->"


def start_of(track: Track) -> str:
    """Return the line that a track's table begins with."""
    return f"<!-- written by `layerpeel eval --track {track.name} --record` -->"


def check_history(track: Track) -> None:
    """Raise OutputError when docs/quality.md cannot be written. Call it before measuring."""
    _parts(history_file(), start_of(track))


def record_release(evaluation: Evaluation, facts: dict[str, str]) -> Path:
    """Add this version's figures on top; older ones of the same version are replaced.

    Raises OutputError when docs/quality.md has no place for them, or cannot be written.
    """
    file = history_file()
    track = evaluation.plan.track
    start = start_of(track)
    before, rows, after = _parts(file, start)
    kept = [row for row in rows if _release_of(row) != VERSION]
    drawn = "scenes" if track.scenes else "composites"
    head = ["release", "date", drawn, "method", *(column.title for column in track.columns)]
    table = [_row(head), _row(["---"] * len(head)), *_own_rows(evaluation, facts), *kept]
    text = "\n".join([before + start, "", *table, "", END + after])
    with new_file(file, force=True) as opened:
        opened.write(text.encode())
    return file


def history_file() -> Path:
    """Return where docs/quality.md of this clone is."""
    return own_art().parents[1] / "docs" / "quality.md"


def _parts(file: Path, start: str) -> tuple[str, list[str], str]:
    """Split the file into the text before a table, its rows, and the text after it."""
    check_file(file, force=True)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file} cannot be read: {reason_of(error)}.") from error
    before, found, rest = text.partition(start)
    table, end, after = rest.partition(END)
    if not found or not end:
        raise OutputError(
            f"{file} has no place for figures: put the lines {start} and {END} where they belong."
        )
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return before, lines[2:], after


def _own_rows(evaluation: Evaluation, facts: dict[str, str]) -> list[str]:
    plan = evaluation.plan
    objects = f", {plan.objects} objects" if plan.objects is not None else ""
    drawn = f"{plan.count} of {plan.art.name}, {plan.size}²{objects}, seed {plan.seed}"
    rows = []
    for method in evaluation.methods:
        cells = [
            _said(value_in(evaluation, method, column), column) for column in plan.track.columns
        ]
        rows.append(_row([VERSION, facts["date"], drawn, method, *cells]))
    return rows


def _said(value: float, column: Column) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if column.statistic is Statistic.RATIO else f"{value:.3f}"


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _release_of(row: str) -> str:
    return row.split("|")[1].strip()
