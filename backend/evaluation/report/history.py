"""Figures over time: the table in docs/quality.md, one row per release and method."""

from pathlib import Path

from layerpeel.backend.composites.art import own_art
from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.report.lines import SHOWN, ratio_to_reference
from layerpeel.backend.evaluation.summary import spread_of
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.shared.version import VERSION

START = "<!-- written by `layerpeel eval --record` -->"
END = "<!-- to here -->"
COLUMNS = ("release", "date", "composites", "method", *SHOWN, "Bvis_mad ratio")


def check_history() -> None:
    """Raise OutputError when docs/quality.md cannot be written. Call it before measuring."""
    _parts(history_file())


def record_release(evaluation: Evaluation, facts: dict[str, str]) -> Path:
    """Add this version's figures on top; older ones of the same version are replaced.

    Raises OutputError when docs/quality.md has no place for them, or cannot be written.
    """
    file = history_file()
    before, rows, after = _parts(file)
    kept = [row for row in rows if _release_of(row) != VERSION]
    table = [_row(COLUMNS), _row(["---"] * len(COLUMNS)), *_own_rows(evaluation, facts), *kept]
    text = "\n".join([before + START, "", *table, "", END + after])
    with new_file(file, force=True) as opened:
        opened.write(text.encode())
    return file


def history_file() -> Path:
    """Return where docs/quality.md of this clone is."""
    return own_art().parents[1] / "docs" / "quality.md"


def _parts(file: Path) -> tuple[str, list[str], str]:
    """Split the file into the text before the table, its rows, and the text after it."""
    check_file(file, force=True)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file} cannot be read: {reason_of(error)}.") from error
    before, start, rest = text.partition(START)
    table, end, after = rest.partition(END)
    if not start or not end:
        raise OutputError(
            f"{file} has no place for figures: put the lines {START} and {END} where they belong."
        )
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return before, lines[2:], after


def _own_rows(evaluation: Evaluation, facts: dict[str, str]) -> list[str]:
    plan = evaluation.plan
    drawn = f"{plan.count} of {plan.art.name}, {plan.size}², seed {plan.seed}"
    rows = []
    for method in evaluation.methods:
        spreads = [spread_of(evaluation.values(method, name)) for name in SHOWN]
        medians = ["–" if spread is None else f"{spread.median:.3f}" for spread in spreads]
        ratio = f"{ratio_to_reference(evaluation, method, 'Bvis_mad'):.2f}"
        rows.append(_row([VERSION, facts["date"], drawn, method, *medians, ratio]))
    return rows


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _release_of(row: str) -> str:
    return row.split("|")[1].strip()
