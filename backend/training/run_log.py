"""The log of a training run: two CSV tables, and TensorBoard where that is installed."""

import csv
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from layerpeel.backend.errors import OutputError, reason_of
from layerpeel.backend.files.atomic_file import write_atomically

LOSSES, CHECKS, TENSORBOARD = "losses.csv", "checks.csv", "tensorboard"


class RunLog:
    """Tables in a folder: `losses.csv`, a row an iteration, and `checks.csv`, a row a check.

    Seconds are counted from the start of this process's training.

    When a run resumes from an earlier iteration, rows of later ones are dropped first.
    """

    def __init__(self, folder: Path, iteration: int) -> None:
        self._folder = folder
        self._begun = time.monotonic()
        for name in (LOSSES, CHECKS):
            _drop_rows_after(folder / name, iteration)
        self._board = _tensorboard(folder / TENSORBOARD, iteration)

    def write(self, iteration: int, figures: Mapping[str, float]) -> None:
        """Write the losses of an iteration."""
        self._append(LOSSES, iteration, figures)

    def write_check(self, iteration: int, figures: Mapping[str, float]) -> None:
        """Write the figures of a check after an iteration."""
        self._append(CHECKS, iteration, figures)

    def close(self) -> None:
        """Flush and close TensorBoard's writer."""
        if self._board is not None:
            self._board.close()

    def _append(self, table: str, iteration: int, figures: Mapping[str, float]) -> None:
        seconds = round(time.monotonic() - self._begun, 1)
        row = {"iteration": iteration, "seconds": seconds, **figures}
        path = self._folder / table
        try:
            is_new = not path.exists()
            with path.open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(row))
                if is_new:
                    writer.writeheader()
                writer.writerow(row)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {reason_of(error)}.") from error
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(f"{Path(table).stem}/{name}", value, iteration)


def _drop_rows_after(table: Path, iteration: int) -> None:
    if not table.exists():
        return
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if int(row.split(",")[0]) <= iteration]
    write_atomically(table, "".join(f"{row}\n" for row in [header, *kept]).encode())


def _tensorboard(folder: Path, iteration: int) -> Any:  # noqa: ANN401  (an optional package's type)
    """Open TensorBoard's writer where that package is installed."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=iteration)
