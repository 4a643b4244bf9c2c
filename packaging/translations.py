"""The docker's texts in other languages: `make texts` renews their files, the zip carries them.

A language is a gettext catalogue, `plugin/translations/de.po`. Texts are found in the sources where
they are written as `i18n("…")` or `Translatable("…")`.
"""

import argparse
import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = "plugin/translations"
# Of the backend only what its work is doing is marked, and what things are called: all else that
# it says is English.
SOURCES = ("plugin", "shared", "backend")
MARKS = ("i18n", "Translatable")
_LINE = 100  # characters
# Written into what is compiled, where the same sources are to give the same bytes.
_SOME_DAY = datetime(1980, 1, 1, tzinfo=UTC)
_HEAD = """\
# {language} texts of the docker.
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def catalogues(repository: Path = REPOSITORY) -> list[Path]:
    """Return the files of all languages."""
    return sorted((repository / FOLDER).glob("*.po"))


def read_catalogue(path: Path) -> Catalog:
    """Read the file of a language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def compiled(path: Path) -> bytes:
    """Return the file of a language as `gettext` reads it in the plugin."""
    written = io.BytesIO()
    catalogue = read_catalogue(path)
    catalogue.creation_date = _SOME_DAY
    write_mo(written, catalogue)
    return written.getvalue()


def place_of(path: Path) -> str:
    """Return where the compiled file of a language lies, beside its source."""
    return f"{FOLDER}/{path.stem}/LC_MESSAGES/layerpeel.mo"


def texts(repository: Path = REPOSITORY) -> Catalog:
    """Collect all texts of the docker, each with the files that it is in, in these files' order."""
    found = Catalog()
    for path in _marked_sources(repository):
        place = path.relative_to(repository).as_posix()
        for _line, text, *_more in extract_from_file("python", path, dict.fromkeys(MARKS)):
            found.add(text, locations=[(place, 0)])
    return found


def unreadable_texts(repository: Path = REPOSITORY) -> list[str]:
    """Return the places where a text is marked that cannot be found, as it is not written there."""
    return [
        f"{path.relative_to(repository).as_posix()}:{call.lineno}"
        for path in _marked_sources(repository)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in MARKS
        and not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]


def is_language(code: str) -> bool:
    """Whether this is how a language is written here: “fr”, or with a country “pt_BR”."""
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def renew(path: Path, collected: Catalog) -> int:
    """Write the file of a language anew, with the texts as they are; return how many it lacks.

    Translations stay where their texts have not changed; those of other texts go. A file that is
    not there is begun; its name has to be a language (`is_language`).
    """
    if not path.exists():
        language = Locale.parse(path.stem).english_name
        path.write_text(_HEAD.format(language=language, code=path.stem), encoding="utf-8")
    # Babel would date it, and leave gaps for names; it stays as it was written.
    head = path.read_text(encoding="utf-8").split("\n\n", 1)[0].rstrip()
    catalogue = read_catalogue(path)
    catalogue.update(collected, no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(
        written,
        catalogue,
        width=_LINE,
        omit_header=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    path.write_bytes(head.encode() + b"\n\n" + written.getvalue())
    return sum(1 for message in catalogue if message.id and not message.string)


def _marked_sources(repository: Path) -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted((repository / source).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if any(f"{mark}(" in text for mark in MARKS):
                yield path


def main() -> int:
    """Renew all languages, and say what is left to translate."""
    parser = argparse.ArgumentParser(description="Renew the files of translations.")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin another language, such as fr")
    given = parser.parse_args()
    added = [REPOSITORY / FOLDER / f"{given.add}.po"] if given.add else []
    paths = sorted({*catalogues(), *added})
    for path in paths:
        if not is_language(path.stem):
            print(f"{path.stem} is no language: give one as fr or pt_BR is.", file=sys.stderr)
            return 1
    collected = texts()
    for path in paths:
        lacking = renew(path, collected)
        print(f"{path.relative_to(REPOSITORY)}: {lacking} texts to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
