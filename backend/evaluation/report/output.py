"""The folder that an evaluation writes, whole or not at all."""

import json
from pathlib import Path
from typing import Any

from layerpeel.backend.evaluation.evaluate import Evaluation
from layerpeel.backend.evaluation.report.gallery import Gallery
from layerpeel.backend.evaluation.report.record import csv_of
from layerpeel.backend.evaluation.report.report_page import page_of
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.formats.destination import check_folder, new_folder

REPORT = "report.html"
FILES = ("figures.csv", "figures.json", REPORT)


def check_report(target: Path, force: bool) -> None:
    """Raise OutputError when the folder cannot be written, or may not be replaced."""
    check_folder(target, force, _why_not_replaced)


def write_report(
    evaluation: Evaluation,
    record: dict[str, Any],
    gallery: Gallery,
    target: Path,
    force: bool,
) -> None:
    """Write figures.csv, figures.json and report.html.

    record: from `record_of`. gallery: the pictures to show.

    Raises OutputError as `check_report` does, and when writing fails (disk full).
    """
    contents = (
        csv_of(evaluation),
        json.dumps(record, ensure_ascii=False, indent=2) + "\n",
        page_of(evaluation, record, gallery),
    )
    with new_folder(target, force, _why_not_replaced) as folder:
        for name, content in zip(FILES, contents, strict=True):
            write_new_file(folder / name, content.encode())


def _why_not_replaced(folder: Path) -> str | None:
    foreign = sorted({entry.name for entry in folder.iterdir()} - set(FILES))
    return f"it holds {foreign[0]}, which no evaluation wrote" if foreign else None
