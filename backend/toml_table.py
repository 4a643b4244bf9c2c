"""TOML read strictly: what is missing, misspelt or of another kind is named by file and key."""

import math
import re
import sys
import tomllib
from collections.abc import Callable, Collection
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from layerpeel.backend.errors import LayerpeelError, reason_of
from layerpeel.backend.files.regular_file import read_regular

Value = TypeVar("Value")

LINE = r"[^\n]+"
"""A pattern: one line, not empty."""

LINES = r"(?s).*\S.*"
"""A pattern: any text that is not blank."""

ANYTHING = r"(?s).*"
"""A pattern: any text."""


def read_toml(file: Traversable, what: str, error: type[LayerpeelError]) -> "TomlTable":
    """Open a file.

    what: names its kind at the beginning of errors, as "The recipe".
    error: class of all errors, also of the table's; raised when the file cannot be read or is not
        TOML.
    """
    where = f"{what} {file}"
    try:
        content = _content_of(file)
    except OSError as cause:
        raise error(f"{where} cannot be read: {reason_of(cause)}.") from cause
    return table_of(content, where, error, file.parent if isinstance(file, Path) else Path())


def table_of(
    content: bytes, where: str, error: type[LayerpeelError], folder: Path | None = None
) -> "TomlTable":
    """Open what a file holds. where: names it in errors, whose class is `error`.

    folder: what paths in it start from.
    """
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as cause:
        raise error(f"{where} is not TOML: {cause}.") from cause
    return TomlTable(where, values, error, folder or Path())


def _content_of(file: Traversable) -> bytes:
    return read_regular(file) if isinstance(file, Path) else file.read_bytes()


class TomlTable:
    """A table whose keys are taken one by one; `finish` then finds those that nobody asked for.

    where: how errors name it. error: their class, raised by all methods when a key is missing or
    its value is not as it must be. folder: what paths start from.
    """

    def __init__(
        self, where: str, values: dict[str, Any], error: type[LayerpeelError], folder: Path
    ) -> None:
        self.where = where
        self._values = dict(values)
        self._error = error
        self._folder = folder
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        """Whether a key is there and has not been taken yet."""
        self._known.append(key)
        return key in self._values

    def optional(self, key: str, take: Callable[[str], Value]) -> Value | None:
        """Take a value by one of the methods below; None where the key is not there."""
        return take(key) if self.has(key) else None

    def text(self, key: str, pattern: str = LINE, default: str | None = None) -> str:
        """Take a text that fits the pattern as a whole; without a default it must be there."""
        value = self._take(key, default)
        if value != default and not _fits(value, pattern):
            raise self._not_possible(key, value)
        return str(value)

    def texts(self, key: str, pattern: str = LINE) -> tuple[str, ...]:
        """Take a list of texts, each of which fits the pattern."""
        value = self._take(key)
        if not isinstance(value, list) or not all(_fits(item, pattern) for item in value):
            raise self._not_possible(key, value)
        return tuple(value)

    def texts_by_name(self, key: str, pattern: str) -> dict[str, str]:
        """Take a table of texts, each of which fits the pattern; empty when there is none."""
        value = self._take(key, {})
        if not isinstance(value, dict) or not all(_fits(item, pattern) for item in value.values()):
            raise self._not_possible(key, value)
        return dict(value)

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Take one of some words."""
        value = self._take(key)
        if not isinstance(value, str) or value not in choices:
            raise self._not_possible(key, value)
        return value

    def count(
        self, key: str, least: int = 1, most: float = math.inf, default: int | None = None
    ) -> int:
        """Take a whole number from `least` to `most`; without a default it must be there."""
        value = self._take(key, default)
        if not _is_count(value, least) or value > most:
            raise self._not_possible(key, value)
        return int(value)

    def counts(self, key: str) -> tuple[int, ...]:
        """Take a list of whole numbers, at least one, each at least 1."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(map(_is_count, value)):
            raise self._not_possible(key, value)
        return tuple(value)

    def counts_by_name(self, key: str, names: Collection[str]) -> dict[str, int]:
        """Take a table of some of these names, at least one, with whole numbers of at least 1."""
        value = self._take(key)
        if not isinstance(value, dict) or not value or not all(map(_is_count, value.values())):
            raise self._not_possible(key, value)
        if not value.keys() <= set(names):
            raise self._not_possible(key, value)
        return dict(value)

    def number(
        self,
        key: str,
        least: float = 0.0,
        most: float = math.inf,
        default: float | None = None,
    ) -> float:
        """Take a finite number from `least` to `most`; without a default it must be there."""
        value = self._take(key, default)
        if not _is_number(value) or not least <= value <= most:
            raise self._not_possible(key, value)
        return float(value)

    def positive(self, key: str) -> float:
        """Take a finite number above 0."""
        value = self._take(key)
        if not _is_number(value) or value <= 0:
            raise self._not_possible(key, value)
        return float(value)

    def flag(self, key: str) -> bool:
        """Take true or false; false when there is none."""
        value = self._take(key, default=False)
        if not isinstance(value, bool):
            raise self._not_possible(key, value)
        return value

    def path(self, key: str) -> Path:
        """Take a path, which starts from the file's folder; `~` is the user's own."""
        return self.path_of(key, self.text(key))

    def path_of(self, key: str, text: str) -> Path:
        """Read the text of a key as `path` does."""
        try:
            return self._folder / Path(text).expanduser()
        except RuntimeError as cause:
            raise self.wrong(
                f"`{key}` is in the home of a user who is not there: {text}"
            ) from cause

    def values(self, key: str) -> dict[str, Any]:
        """Take a table whose keys and values may be anything; empty when there is none."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self._not_possible(key, value)
        return value

    def table(self, key: str) -> "TomlTable":
        """Take a table, to be read and finished in its turn."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self._not_possible(key, value)
        return self._inner(f"[{key}]", value)

    def tables(self, key: str) -> list["TomlTable"]:
        """Take a list of tables, likewise; empty when there is none. Errors name them by `id`."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._not_possible(key, value)
        return [
            self._inner(f"{key} {item.get('id', number)}", item)
            for number, item in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Raise for a key that nobody asked for."""
        for key in self._values:
            raise self.wrong(
                f"nothing is called `{key}`: there are {', '.join(dict.fromkeys(self._known))}"
            )

    def wrong(self, said: str) -> LayerpeelError:
        """Make an error of this table. said: what is wrong, without a full stop."""
        return self._error(f"{self.where}: {said}.")

    def _inner(self, name: str, values: dict[str, Any]) -> "TomlTable":
        return TomlTable(f"{self.where}, {name}", values, self._error, self._folder)

    def _take(self, key: str, default: object = None) -> Any:  # noqa: ANN401  (whatever is there)
        self._known.append(key)
        value = self._values.pop(key, default)
        if value is None:
            raise self.wrong(f"`{key}` is missing")
        return value

    def _not_possible(self, key: str, value: object) -> LayerpeelError:
        return self.wrong(f"`{key}` may not be {value!r}")


def _fits(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_count(value: object, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value: object) -> bool:
    """Whether it is a finite number; an integer may be larger than any float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max
