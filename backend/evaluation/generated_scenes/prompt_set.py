"""Prompts in threes: a foreground, a background, and the scene of both.

The paper has 572 such triplets, which it does not publish; `prompts.csv` holds our own.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from layerpeel.backend.errors import BadInputError, reason_of

COLUMNS = ("foreground", "background", "scene")
_OWN = "prompts.csv"
_REMARK = "#"


@dataclass(frozen=True)
class PromptTriplet:
    """What a scene shows, in words: a foreground, what lies behind it, and both together."""

    foreground: str
    background: str
    scene: str

    @property
    def prompt(self) -> str:
        """The scene with its foreground in brackets, as `layerpeel scene` takes it."""
        before, _, after = self.scene.partition(self.foreground)
        return f"{_escaped(before)}[{_escaped(self.foreground)}]{_escaped(after)}"


def own_prompts() -> tuple[PromptTriplet, ...]:
    """Return the prompts that ship."""
    return _read(resources.files(__package__) / _OWN)


def read_prompts(file: Path) -> tuple[PromptTriplet, ...]:
    """Read a CSV with the columns foreground, background and scene; lines with # are remarks.

    Raises BadInputError, which names the line, when it cannot be read, is empty, or a scene has not
    its foreground in it, word for word.
    """
    return _read(file)


def _read(file: Traversable) -> tuple[PromptTriplet, ...]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        table = csv.reader(_told(lines), strict=True)
        rows = (row for row in table if row)
        header = tuple(next(rows, ()))
        if header != COLUMNS:
            raise BadInputError(
                f"{file} must have the columns {', '.join(COLUMNS)}, in this order."
            )
        prompts = tuple(_triplet(file, table.line_num, row) for row in rows)
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {reason_of(error)}.") from error
    except (ValueError, csv.Error) as error:
        raise BadInputError(f"{file} cannot be read: {error}.") from error
    if not prompts:
        raise BadInputError(f"{file} has no prompts: give one or more.")
    return prompts


def _told(lines: list[str]) -> Iterator[str]:
    """Blank the remarks, so that lines keep their numbers."""
    return ("" if line.startswith(_REMARK) else line for line in lines)


def _triplet(file: Traversable, number: int, row: list[str]) -> PromptTriplet:
    words = [" ".join(cell.split()) for cell in row]
    if len(words) != len(COLUMNS) or not all(words):
        raise BadInputError(f"{file}, line {number}: give three prompts ({', '.join(COLUMNS)}).")
    triplet = PromptTriplet(*words)
    if triplet.foreground not in triplet.scene:
        raise BadInputError(
            f"{file}, line {number}: “{triplet.foreground}” must be in “{triplet.scene}”, word for "
            "word, so that it can be looked for."
        )
    return triplet


def _escaped(words: str) -> str:
    for mark in "\\[]":
        words = words.replace(mark, f"\\{mark}")
    return words
