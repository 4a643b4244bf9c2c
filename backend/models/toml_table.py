"""TOML read strictly: what is missing, misspelt or of another kind is named."""

import re

from layerpeel.backend.errors import ModelError


class TomlTable:
    """A table whose keys are taken out one by one, so that a misspelt one is noticed.

    where: how errors name it. All methods raise ModelError when a value is not as it must be.
    """

    def __init__(self, where: str, values: dict[str, object]) -> None:
        self.where = where
        self._values = dict(values)

    def has(self, key: str) -> bool:
        """Whether a key is there and has not been taken yet."""
        return key in self._values

    def text(self, key: str, pattern: str = r"[^\n]+", default: str | None = None) -> str:
        """Take a line that fits the pattern as a whole; without a default it must be there."""
        value = self._values.pop(key, default)
        if not isinstance(value, str) or (value != default and not re.fullmatch(pattern, value)):
            raise self._wrong(key, value)
        return value

    def texts(self, key: str, pattern: str = r"[^\n]+") -> tuple[str, ...]:
        """Take a list of lines, each of which fits the pattern."""
        value = self._values.pop(key, None)
        if not isinstance(value, list) or not all(_fits(item, pattern) for item in value):
            raise self._wrong(key, value)
        return tuple(value)

    def texts_by_name(self, key: str, pattern: str) -> dict[str, str]:
        """Take a table of lines, each of which fits the pattern; empty when there is none."""
        value = self._values.pop(key, {})
        if not isinstance(value, dict) or not all(_fits(item, pattern) for item in value.values()):
            raise self._wrong(key, value)
        return dict(value)

    def size(self, key: str) -> int:
        """Take a number of bytes, at least 1."""
        value = self._values.pop(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(key, value)
        return value

    def tables(self, key: str) -> list["TomlTable"]:
        """Take a list of tables; empty when there is none."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, value)
        return [
            TomlTable(f"{self.where}, {key} {item.get('id', number)}", item)
            for number, item in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Raise ModelError for a key that nobody took."""
        for key, value in self._values.items():
            raise self._wrong(key, value)

    def _wrong(self, key: str, value: object) -> ModelError:
        said = "is missing" if value is None else f"may not be {value!r}"
        return ModelError(f"{self.where}: `{key}` {said}.")


def _fits(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None
