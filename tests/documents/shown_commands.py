"""The command lines that the documents show, and the options that they speak of."""

import re
import shlex
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import typer
import typer.main

from layerpeel.backend.cli import commands

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = (
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
)

OURS = "layerpeel"
PROGRAMS = (f"{OURS} ", "make ", "pip ", "python -m ", "python3 -m ")

_CONTINUED = re.compile(r" *\\\n *")
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}.*\n)+", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
# What is said about a line stands some blanks behind it.
_REMARK = re.compile(r" {2,}.*$")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@dataclass(frozen=True)
class Shown:
    """A command line of a document.

    whole: it stands on a line of its own, to be typed. Otherwise a sentence speaks of it: it may
    leave out what must be given, and may name several subcommands at once (`list|pull`).
    """

    document: str
    words: str
    whole: bool

    @property
    def meant(self) -> list[list[str]]:
        """Each command that it names, as a shell splits it."""
        return [list(each) for each in product(*(w.split("|") for w in shlex.split(self.words)))]


def shown_in(document: Path) -> list[Shown]:
    """Return all command lines of a document, those to be typed first."""
    text = _CONTINUED.sub(" ", document.read_text(encoding="utf-8"))
    prose = _FENCED.sub("", text)
    blocks = [*_FENCED.findall(text), *_INDENTED.findall(prose)]
    typed = [line.strip() for block in blocks for line in block.splitlines()]
    spoken = [" ".join(span.split()) for span in _CODE.findall(_INDENTED.sub("", prose))]
    return [
        Shown(document.name, words, whole)
        for whole, lines in ((True, typed), (False, spoken))
        for line in lines
        if (words := _REMARK.sub("", line)).startswith(PROGRAMS)
    ]


SHOWN = [shown for document in DOCUMENTS for shown in shown_in(document)]


def options_named() -> dict[str, set[str]]:
    """Return every option (`--name`) that a document speaks of, and where."""
    named: dict[str, set[str]] = {}
    for document in DOCUMENTS:
        for option in _OPTION.findall(document.read_text(encoding="utf-8")):
            named.setdefault(option, set()).add(document.name)
    return named


def command_line():
    """Return the whole command line, as `layerpeel` has it."""
    for add in dict.fromkeys(commands._ADDED_BY.values()):
        add()
    return typer.main.get_command(commands.app)


def is_complete(group, words: list[str]) -> bool:
    """Let the command line read words; False where something that must be given is left out.

    Raises the command line's own errors for what it does not understand.
    """
    context, words = None, words[1:]
    while hasattr(group, "commands") and words and not words[0].startswith("-"):
        if words[0] not in group.commands:
            raise typer.BadParameter(f"There is no command “{words[0]}”.")
        context, group, words = (
            type(group).context_class(group, parent=context, info_name=group.name),
            group.commands[words[0]],
            words[1:],
        )
    if "--help" in words:
        return True  # Which would be printed here and now.
    if hasattr(group, "commands") and not words:
        return False  # A group alone shows its help.
    try:
        group.make_context(group.name, words, parent=context)
    except typer.BadParameter as error:
        if type(error).__name__ != "MissingParameter":
            raise
        return False
    return True
