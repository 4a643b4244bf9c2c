"""Presets in a folder, a TOML file each: read strictly, written, taken in from elsewhere."""

import json
import re
import unicodedata
from pathlib import Path

from layerpeel.backend.engines.best_choice import ANSWERING
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.engines.stage_wishes import AUTO, read_wishes, with_stages
from layerpeel.backend.errors import BadInputError, OutputError, reason_of
from layerpeel.backend.files.atomic_file import write_atomically
from layerpeel.backend.toml_table import ANYTHING, TomlTable, table_of
from layerpeel.shared.presets import (
    MOST_LAYERS,
    KeptPreset,
    Preset,
    PresetLift,
    PresetResult,
    Presets,
)

MOST_BYTES = 64 << 10
"""Of one file; one that is longer is none of ours."""

_LONGEST_NAME = 60


def read_preset(content: bytes, where: str) -> Preset:
    """Read a preset. where: names it in errors.

    Raises BadInputError, in one line, for whatever is missing, misspelt or cannot be.
    """
    if len(content) > MOST_BYTES:
        raise BadInputError(f"{where} is no preset: it has more than {MOST_BYTES:,} bytes.")
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
        """Read all presets; a file that cannot be read is told of, and left as it is."""
        kept, faults = [], []
        for path in self._files():
            try:
                kept.append(KeptPreset(path.stem, self._read(path)))
            except BadInputError as error:
                faults.append(str(error))
        kept.sort(key=lambda each: (each.preset.title.casefold(), each.name))
        return Presets(tuple(kept), tuple(faults))

    def save(self, preset: Preset) -> str:
        """Write a preset, in place of one with the same title; return its name.

        Raises BadInputError for one that could not be read again, OutputError for a full disk.
        """
        text = written(preset)
        try:
            content = text.encode()
        except UnicodeEncodeError as error:
            raise BadInputError("The preset has letters that no file can hold.") from error
        read_preset(content, "The preset")
        same = [each.name for each in self.listed().kept if each.preset.title == preset.title]
        name = same[0] if same else self._free_name(preset.title)
        self._write(name, text)
        return name

    def take_in(self, name: str, text: str) -> str:
        """Keep a file from elsewhere as it is; return its name here, if that is taken another.

        name: of its file, for errors. Raises BadInputError when it is no preset, OutputError.
        """
        preset = read_preset(text.encode(), f"The preset {name}.toml")
        for each in self._files():
            if each.read_bytes() == text.encode():
                return each.stem  # It is here already.
        free = self._free_name(preset.title)
        self._write(free, text)
        return free

    def text_of(self, name: str) -> str | None:
        """Return a preset's file as it is; None when there is none of that name."""
        path = self._path_of(name)
        return None if path is None else path.read_text(encoding="utf-8")

    def remove(self, name: str) -> bool:
        """Remove a preset; return whether it was there."""
        path = self._path_of(name)
        if path is not None:
            path.unlink(missing_ok=True)
        return path is not None

    def _read(self, path: Path) -> Preset:
        where = f"The preset {path.name}"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadInputError(f"{where} cannot be read: {reason_of(error)}.") from error
        return read_preset(content, where)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.toml") if path.is_file())

    def _path_of(self, name: str) -> Path | None:
        # Only what lies there has a name: none leads elsewhere.
        return next((path for path in self._files() if path.stem == name), None)

    def _free_name(self, title: str) -> str:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST_NAME] or "preset"
        taken = {path.stem for path in self._files()}
        number, name = 1, stem
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        return name

    def _write(self, name: str, text: str) -> None:
        path = self._folder / f"{name}.toml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())
        except OSError as error:
            raise OutputError(
                f"The preset cannot be kept in {self._folder}: {reason_of(error)}. Make room there."
            ) from error


def _text(value: str) -> str:
    # What JSON escapes, TOML does alike.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _flag(value: bool) -> str:
    return "true" if value else "false"
