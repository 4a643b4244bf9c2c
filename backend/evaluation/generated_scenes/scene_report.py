"""What is told of generated scenes: two tables beside the paper's, and every figure as a file."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.evaluation.generated_scenes.prompt_set import PromptTriplet
from layerpeel.backend.evaluation.generated_scenes.scene_figures import LAYERS, SceneFigures
from layerpeel.backend.evaluation.paper_figures import TABLE_1, TABLE_2
from layerpeel.backend.files.atomic_file import write_atomically

FIGURES_JSON, FIGURES_CSV, SHEET = "figures.json", "figures.csv", "scenes.png"

_PAPERS = "the paper's"
_HEADS = {"fid": "FID", "kid": "KID", "clip": "CLIP score", "miou": "FG-MIoU"}


def record_of_scenes(
    figures: SceneFigures, facts: Mapping[str, Any], unusable: Mapping[str, str]
) -> dict[str, Any]:
    """Return everything that was measured, ready for JSON; null where there is no figure.

    facts: about the run. unusable: pictures to compare with that could not be read, and why.
    """
    table_2 = figures.table_2().items()
    return {
        "run": dict(facts),
        "scenes": len(figures.scenes),
        "with_foreground": figures.found,
        "table_1": {
            layer: {name: _known(value) for name, value in row.items()}
            for layer, row in figures.table_1().items()
        },
        "table_2": {
            name: {"mean": _known(mean), "deviation": _known(deviation)}
            for name, (mean, deviation) in table_2
        },
        "doubts": figures.doubts,
        "not_measured": figures.lacking,
        "found_by": figures.found_by,
        "unusable_files": dict(unusable),
        "the_papers_own": {
            "table_1": TABLE_1,
            "table_2": {name: {"mean": m, "deviation": d} for name, (m, d) in TABLE_2.items()},
        },
    }


def csv_of_scenes(figures: SceneFigures, prompts: Sequence[PromptTriplet]) -> str:
    """Return CSV with a row for each scene: its prompts and all its figures."""
    names = list(dict.fromkeys(name for scene in figures.scenes for name in scene))
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["number", *LAYERS[:2], "scene", *names])
    for number, (words, own) in enumerate(zip(prompts, figures.scenes, strict=True), 1):
        cells = [own.get(name, math.nan) for name in names]
        said = ["" if math.isnan(cell) else repr(cell) for cell in cells]
        table.writerow([number, words.foreground, words.background, words.scene, *said])
    return text.getvalue()


def write_scene_figures(folder: Path, record: Mapping[str, Any], table: str, sheet: bytes) -> None:
    """Write figures.json, figures.csv and scenes.png, replacing those of an earlier run.

    Raises OutputError.
    """
    contents = {
        FIGURES_JSON: (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode(),
        FIGURES_CSV: table.encode(),
        SHEET: sheet,
    }
    for name, content in contents.items():
        try:
            write_atomically(folder / name, content)
        except OSError as error:
            raise OutputError(f"{folder / name} cannot be written: {reason_of(error)}.") from error


def lines_of_scenes(figures: SceneFigures, unusable: Mapping[str, str]) -> list[str]:
    """Return the two tables for a terminal, then what was left out, and what is to be doubted."""
    count = len(figures.scenes)
    lines = [f"{count} scenes, {figures.found} with a foreground", "", "Table 1"]
    lines.append(f"{'':<24}" + "".join(f"{head:>12}" for head in _HEADS.values()))
    for layer, row in figures.table_1().items():
        lines.append(f"{layer:<24}" + "".join(_cell(row[name], name) for name in _HEADS))
        papers = TABLE_1[layer]
        cells = "".join(_cell(papers.get(name, math.nan), name) for name in _HEADS)
        lines.append(f"  {_PAPERS:<22}{cells}")
    lines += ["", "Table 2, mean and deviation, 0–100"]
    for name, (mean, deviation) in figures.table_2().items():
        own = _two(mean, deviation)
        lines.append(f"{name:<12}{own:>20}   {_PAPERS} {_two(*TABLE_2[name])}")
    lines += [
        "",
        "The paper's figures are its authors', of other prompts, networks and pictures.",
    ]
    if figures.found_by:
        lines.append(f"Foregrounds were looked for in the layers. {figures.found_by}")
    lines += [f"To be doubted, {name}: {why}." for name, why in figures.doubts.items()]
    lines += [f"Not measured, {name}: {why}" for name, why in figures.lacking.items()]
    if unusable:
        lines.append(f"Skipped files: {len(unusable)}")
        lines += [f"  {why}" for why in unusable.values()]
    return lines


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cell(value: float, name: str) -> str:
    digits = 3 if name == "kid" else 2
    return f"{'–' if not math.isfinite(value) else f'{value:.{digits}f}':>12}"


def _two(mean: float, deviation: float) -> str:
    return "–" if not math.isfinite(mean) else f"{mean:.2f} ± {deviation:.2f}"
