"""Every text of the docker is translated. `make texts` finds those that are new, or have gone."""

import gettext
import io
import re
import string
import sys

import pytest
import translations

CATALOGUES = {path.stem: path for path in translations.catalogues()}
HOW = "run `make texts`, then translate in"
# As they tell something: “…” that a dialog follows, “:” that a value does.
ENDINGS = ("…", ":", ".", "?")


@pytest.fixture(scope="module")
def found():
    """All texts in the sources."""
    return {message.id for message in translations.texts() if message.id}


@pytest.fixture(params=CATALOGUES)
def translated(request):
    """The texts of one language, and what it is called."""
    catalogue = translations.read_catalogue(CATALOGUES[request.param])
    return request.param, {each.id: each.string for each in catalogue if each.id}


def gaps(text):
    return sorted(
        field or "" for _, field, _, _ in string.Formatter().parse(text) if field is not None
    )


def test_there_is_german():
    assert "de" in CATALOGUES


def test_every_marked_text_is_written_where_it_is_marked():
    places = translations.unreadable_texts()
    assert not places, f"what is written elsewhere is marked there, see plugin/texts.py: {places}"


def test_every_text_is_translated(found, translated):
    language, texts = translated
    lacking = sorted(text for text in found if not texts.get(text))
    assert not lacking, f"{HOW} plugin/translations/{language}.po: {lacking}"


def test_no_translation_is_left_of_a_text_that_has_gone(found, translated):
    language, texts = translated
    gone = sorted(texts.keys() - found)
    assert not gone, f"run `make texts`: plugin/translations/{language}.po still has {gone}"


def test_translations_have_the_same_gaps_and_the_same_end(translated):
    _language, texts = translated
    other_gaps = {text: said for text, said in texts.items() if gaps(text) != gaps(said)}
    assert not other_gaps
    other_ends = {
        text: said
        for text, said in texts.items()
        if [text.endswith(end) for end in ENDINGS] != [said.endswith(end) for end in ENDINGS]
        or text.count("\n") != said.count("\n")
        or text[:1].isspace() != said[:1].isspace()
        or said[-1:].isspace()
    }
    assert not other_ends


def test_german_has_its_own_quotation_marks():
    catalogue = translations.read_catalogue(CATALOGUES["de"])
    wrong = [each.string for each in catalogue if each.id and re.search("[”\"']", each.string)]
    assert not wrong


@pytest.fixture
def repository(tmp_path):
    """Sources with texts of each kind, and a file of a language that is behind them."""
    for folder in ("plugin/translations", "shared", "backend"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "plugin" / "page.py").write_text(
        'show(i18n("One " "text"))\nTABLE = {"key": Translatable("Two")}\nshow(i18n(f"{three}"))\n',
        encoding="utf-8",
    )
    (tmp_path / "plugin" / "translations" / "de.po").write_text(
        "# Its head\n"
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Two"\nmsgstr "Zwei"\n\nmsgid "Gone"\nmsgstr "Weg"\n',
        encoding="utf-8",
    )
    return tmp_path


def test_renewing_keeps_what_is_translated_and_says_what_is_not(repository):
    (path,) = translations.catalogues(repository)
    collected = translations.texts(repository)
    assert translations.renew(path, collected) == 1
    written = path.read_text(encoding="utf-8")
    assert written.startswith('# Its head\nmsgid ""\n')
    texts = {each.id: each.string for each in translations.read_catalogue(path) if each.id}
    assert texts == {"One text": "", "Two": "Zwei"}
    assert translations.renew(path, collected) == 1
    assert path.read_text(encoding="utf-8") == written


def test_a_language_can_be_begun(repository):
    path = repository / "plugin" / "translations" / "fr.po"
    assert translations.renew(path, translations.texts(repository)) == 2
    assert path.read_text(encoding="utf-8").startswith("# French texts of the docker.\n")


@pytest.mark.parametrize("code", ["fr-FR", "french", "qq"])
def test_what_is_no_language_is_refused_in_a_line(monkeypatch, capsys, code):
    monkeypatch.setattr(sys, "argv", ["translations.py", "--add", code])
    assert translations.main() == 1
    assert capsys.readouterr() == ("", f"{code} is no language: give one as fr or pt_BR is.\n")


def test_a_text_that_cannot_be_found_is_told_of(repository):
    assert translations.unreadable_texts(repository) == ["plugin/page.py:3"]


def test_what_is_compiled_is_read_by_gettext(repository):
    (path,) = translations.catalogues(repository)
    read = gettext.GNUTranslations(io.BytesIO(translations.compiled(path)))
    assert (read.gettext("Two"), read.gettext("One text")) == ("Zwei", "One text")
