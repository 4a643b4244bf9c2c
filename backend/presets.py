"""Presets in a folder, a TOML file each: read strictly, written, taken in from elsewhere."""

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerpeel.backend.engines.best_choice import ANSWERING
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.engines.stage_wishes import AUTO, read_wishes, with_stages
from layerpeel.backend.errors import BadInputError, OutputError, one_line, reason_of
from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.backend.files.disk import force_entries_to_disk, write_new_file
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.toml_table import ANYTHING, TomlTable, table_of
from layerpeel.shared.presets import (
    MOST_BYTES,
    MOST_LAYERS,
    KeptPreset,
    Preset,
    PresetLift,
    PresetResult,
    Presets,
)

_LONGEST_NAME = 60
_ENDING = ".toml"

# What Windows takes for a device, with any ending.
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}


def read_preset(content: bytes, where: str) -> Preset:
    """Read a preset. where: names it in errors.

    Raises BadInputError, in one line, for whatever is missing, misspelt or cannot be.
    """
    if len(content) > MOST_BYTES:
        raise _too_long(where)
    table = table_of(content, where, BadInputError)
    preset = Preset(
        table.text("title"),
        PresetLift(table.choice("lift", [each.value for each in PresetLift])),
        table.text("words", ANYTHING, "").strip(),
        table.flag("exact_edge"),
        table.count("layers", 1, MOST_LAYERS, 1),
        PresetResult(
            table.choice("result", [each.value for each in PresetResult])
            if table.has("result")
            else PresetResult.LAYERS
        ),
        table.flag("patches"),
        table.choice("engine", [*ENGINES, AUTO]) if table.has("engine") else AUTO,
        table.texts_by_name("stages", r"[a-z0-9-]+"),
    )
    table.finish()
    _check(preset, table)
    return preset


def _check(preset: Preset, table: TomlTable) -> None:
    try:
        wishes = [f"{stage}={name}" for stage, name in preset.stages.items()]
        read_wishes(wishes, ANSWERING)
        with_stages(preset.engine, wishes)
    except BadInputError as error:
        raise table.wrong(str(error).rstrip(".")) from error
    if preset.lift is PresetLift.WORDS and not preset.words:
        raise table.wrong("`words` is missing, which `lift` asks for")


def written(preset: Preset) -> str:
    """Write a preset as TOML."""
    lines = [
        "# A preset of Layerpeel: how to peel.",
        f"title = {_text(preset.title)}",
        f"lift = {_text(preset.lift.value)}",
        *([f"words = {_text(preset.words)}"] if preset.words else []),
        f"exact_edge = {_flag(preset.exact_edge)}",
        f"layers = {preset.layers}",
        f"result = {_text(preset.result.value)}",
        f"patches = {_flag(preset.patches)}",
        f"engine = {_text(preset.engine)}",
    ]
    if preset.stages:
        stages = [f"{name} = {_text(value)}" for name, value in preset.stages.items()]
        lines += ["", "[stages]", *stages]
    return "\n".join(lines) + "\n"


class PresetFolder:
    """The presets of a folder, which is made when the first one is saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listed(self) -> Presets:
        """Read all presets; a file that cannot be read is told of, and left as it is.

        Raises OutputError when the folder itself cannot be read.
        """
        kept, faults = [], []
        for path in self._files():
            try:
                kept.append(KeptPreset(_name_of(path), self._read(path)))
            except BadInputError as error:
                faults.append(str(error))
        kept.sort(key=lambda each: (each.preset.title.casefold(), each.name))
        return Presets(tuple(kept), tuple(faults))

    def save(self, preset: Preset) -> str:
        """Write a preset, in place of one with the same title; return its name.

        Raises BadInputError for one that could not be read again, OutputError for a full disk.
        """
        content = _encoded(written(preset))
        read_preset(content, "The preset")
        same = [each.name for each in self.listed().kept if each.preset.title == preset.title]
        if not same:
            return self._write_new(preset.title, content)
        with self._errors_for_people():
            write_atomically(self._folder / f"{same[0]}{_ENDING}", content)
        return same[0]

    def take_in(self, name: str, text: str) -> str:
        """Keep a file from elsewhere as it is; return its name here, if that is taken another.

        name: of its file, for errors. Raises BadInputError when it is no preset, OutputError.
        """
        content = _encoded(text)
        preset = read_preset(content, _spoken(f"{name}{_ENDING}"))
        for path in self._files():
            try:
                is_here = self._content(path) == content
                kept = _name_of(path)
            except BadInputError:
                continue  # It is told of where all are listed.
            if is_here:
                return kept
        return self._write_new(preset.title, content)

    def text_of(self, name: str) -> str | None:
        """Return a preset's file, to the byte; None when there is none of that name.

        Raises BadInputError when it is no text, or cannot be read.
        """
        path = self._path_of(name)
        if path is None:
            return None
        content = self._content(path)
        if len(content) > MOST_BYTES:
            raise _too_long(_spoken(path.name))
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise BadInputError(f"{_spoken(path.name)} cannot be read: it is no text.") from error

    def remove(self, name: str) -> bool:
        """Remove a preset; return whether it was there. Raises OutputError when it stays."""
        path = self._path_of(name)
        if path is None:
            return False
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"{_spoken(path.name)} cannot be removed from {self._folder}: {reason_of(error)}."
            ) from error
        return True

    def _read(self, path: Path) -> Preset:
        return read_preset(self._content(path), _spoken(path.name))

    def _content(self, path: Path) -> bytes:
        try:
            return read_regular(path, MOST_BYTES + 1)
        except OSError as error:
            where = _spoken(path.name)
            raise BadInputError(f"{where} cannot be read: {reason_of(error)}.") from error

    def _entries(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OutputError(
                f"The presets in {self._folder} cannot be read: {reason_of(error)}."
            ) from error

    def _files(self) -> list[Path]:
        return [path for path in self._entries() if path.suffix == _ENDING]

    def _path_of(self, name: str) -> Path | None:
        # Only what lies there has a name: none leads elsewhere.
        return next((path for path in self._files() if path.stem == name), None)

    def _write_new(self, title: str, content: bytes) -> str:
        """Write a file under a name that is free, also on disks that know no capital letters."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST_NAME] or "preset"
        if stem in _DEVICES:
            stem = f"preset-{stem}"
        taken = {path.name.casefold() for path in self._entries()}
        number, name = 1, stem
        while f"{name}{_ENDING}" in taken:
            number += 1
            name = f"{stem}-{number}"
        with self._errors_for_people():
            self._folder.mkdir(parents=True, exist_ok=True)
            # Never over a file that came meanwhile.
            write_new_file(self._folder / f"{name}{_ENDING}", content)
            force_entries_to_disk(self._folder)
        return name

    @contextmanager
    def _errors_for_people(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"The preset cannot be kept in {self._folder}: {reason_of(error)}. Make room there."
            ) from error


def _too_long(where: str) -> BadInputError:
    return BadInputError(f"{where} is no preset: it has more than {MOST_BYTES:,} bytes.")


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadInputError("The preset has letters that no file can hold.") from error


def _name_of(path: Path) -> str:
    """Return what a preset is called. Raises BadInputError when that is no text."""
    try:
        path.stem.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(
            f"{_spoken(path.name)} cannot be listed: its name is no text (UTF-8). Rename it."
        ) from error
    return path.stem


def _spoken(file: str) -> str:
    # What is no text in a name is spelt out.
    return f"The preset {one_line(file.encode(errors='backslashreplace').decode())}"


def _text(value: str) -> str:
    # What JSON escapes, TOML does alike.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _flag(value: bool) -> str:
    return "true" if value else "false"
