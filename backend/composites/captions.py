"""What the pictures of an art folder show, in words: its captions.csv, where it has one."""

import csv
from pathlib import Path

from layerpeel.backend.errors import BadInputError

FILE = "captions.csv"
COLUMNS = ("file", "caption")


def read_captions(art: Path) -> dict[str, str]:
    """Read captions by file (`fg/name.png`); none where there is no captions.csv.

    Raises BadInputError when it cannot be read or has other columns than file and caption.
    """
    path = art / FILE
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            if tuple(table.fieldnames or ()) != COLUMNS:
                raise BadInputError(f"{path} must have the columns {' and '.join(COLUMNS)}.")
            return {row["file"]: row["caption"] for row in table if row["caption"]}
    except (OSError, ValueError, csv.Error) as error:
        raise BadInputError(f"{path} cannot be read: {error}.") from error
