"""TOML is read strictly, and what is wrong is named by file and key."""

from functools import partial
from pathlib import Path

import pytest

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.toml_table import ANYTHING, LINES, read_toml


@pytest.fixture
def table_of(tmp_path):
    def write_and_read(text, error=BadInputError):
        file = tmp_path / "some.toml"
        file.write_text(text, encoding="utf-8")
        return read_toml(file, "The list", error)

    return write_and_read


def test_values_are_taken_by_their_kinds(table_of, tmp_path):
    table = table_of(
        """
        line = "a"
        lines = "a\\nb"
        names = ["a", "b"]
        choice = "right"
        count = 3
        counts = [1, 2]
        number = 2
        path = "a/b"
        home = "~/a"
        anything = { a = 1, b = [true] }
        by_name = { a = "x" }
        shares = { a = 1 }
        [[part]]
        id = "first"
        [[part]]
        """
    )
    assert table.text("line") == "a"
    assert table.text("lines", LINES) == "a\nb"
    assert table.texts("names") == ("a", "b")
    assert table.choice("choice", ("left", "right")) == "right"
    assert table.count("count", 3, 3) == 3
    assert table.counts("counts") == (1, 2)
    assert isinstance(table.number("number", 2, 2), float)
    assert table.path("path") == tmp_path / "a" / "b"
    assert table.path("home") == Path("~/a").expanduser()
    assert table.values("anything") == {"a": 1, "b": [True]}
    assert table.texts_by_name("by_name", "x") == {"a": "x"}
    assert table.counts_by_name("shares", ("a", "b")) == {"a": 1}
    first, second = table.tables("part")
    assert (first.text("id"), second.has("id")) == ("first", False)
    for each in (first, second, table):
        each.finish()


def test_what_is_not_there_is_its_default(table_of):
    table = table_of("")
    assert table.text("a", default="x") == "x"
    assert table.text("a", default="") == ""
    assert table.count("a", default=1) == 1
    assert table.number("a", default=0.5) == 0.5
    assert table.optional("a", table.count) is None
    assert table.optional("a", partial(table.text, pattern=ANYTHING)) is None
    assert (table.values("a"), table.texts_by_name("a", "x"), table.tables("a")) == ({}, {}, [])
    table.finish()


@pytest.mark.parametrize(
    ("take", "wrong"),
    [
        ("text", ["''", "1", '"""\na\nb"""', '["a"]']),
        ("texts", ['"a"', "[1]", "['']", "{}"]),
        ("count", ["0", "-1", "1.0", "true", "'1'", "inf", "[1]"]),
        ("counts", ["[]", "[0]", "[true]", "1", "[1.0]"]),
        ("number", ["-0.1", "nan", "inf", "true", "'1'", "1" + 400 * "0"]),
        ("positive", ["0", "0.0", "-1", "nan", "inf", "true"]),
        ("path", ["1", "''", "[]"]),
        ("values", ["1", "[{}]"]),
        ("table", ["1", "[{}]"]),
        ("tables", ["1", "{}", "[1]"]),
    ],
)
def test_what_is_of_another_kind_is_named(table_of, take, wrong):
    for value in wrong:
        table = table_of(f"key = {value}")
        with pytest.raises(BadInputError, match="`key` may not be ") as refused:
            getattr(table, take)("key")
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "take"),
    [
        ("'a b'", lambda table: table.text("key", "[a-z]+")),
        ("['ab', 'A']", lambda table: table.texts("key", "[a-z]+")),
        ("{ a = 'A' }", lambda table: table.texts_by_name("key", "[a-z]+")),
        ("'  '", lambda table: table.text("key", LINES)),
        ("'c'", lambda table: table.choice("key", ("a", "b"))),
        ("['a']", lambda table: table.choice("key", ("a", "b"))),
        ("11", lambda table: table.count("key", most=10)),
        ("-1", lambda table: table.count("key", least=0)),
        ("1.1", lambda table: table.number("key", most=1)),
        ("-2", lambda table: table.number("key", least=-1, default=0.0)),
        ("{ c = 1 }", lambda table: table.counts_by_name("key", ("a", "b"))),
        ("{ a = 0 }", lambda table: table.counts_by_name("key", ("a", "b"))),
        ("{}", lambda table: table.counts_by_name("key", ("a", "b"))),
    ],
)
def test_what_is_out_of_range_is_named(table_of, value, take):
    with pytest.raises(BadInputError, match="`key` may not be "):
        take(table_of(f"key = {value}"))


@pytest.mark.parametrize(
    "take", ["text", "texts", "count", "counts", "number", "positive", "path", "table"]
)
def test_what_is_missing_is_named(table_of, take):
    with pytest.raises(BadInputError, match=r"^The list .*some\.toml: `key` is missing\.$"):
        getattr(table_of("kay = 1"), take)("key")


def test_what_is_misspelt_is_named_with_what_there_is(table_of):
    table = table_of("[inner]\nkay = 1\n[[part]]\nid = 'x'\nkay = 1\n[[part]]\nkay = 1")
    inner, (named, numbered) = table.table("inner"), table.tables("part")
    for each, where in ((inner, r"\[inner\]"), (named, "part x"), (numbered, "part 2")):
        each.optional("id", each.text)
        each.optional("key", each.count)
        with pytest.raises(BadInputError, match=f"{where}: nothing is called `kay`: .* id, key"):
            each.finish()


def test_somebody_elses_home_is_named(table_of):
    with pytest.raises(BadInputError, match="`key` is in the home of a user who is not there"):
        table_of("key = '~nobody-is-called-so/a'").path("key")


def test_what_cannot_be_read_is_said_with_the_error_that_is_asked_for(table_of, tmp_path):
    with pytest.raises(ModelError, match=r"The list .*none\.toml cannot be read: No such file"):
        read_toml(tmp_path / "none.toml", "The list", ModelError)
    with pytest.raises(ModelError, match=r"some\.toml is not TOML: "):
        table_of("key: 1", ModelError)
    with pytest.raises(ModelError, match="`key` is missing"):
        table_of("", ModelError).count("key")
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(BadInputError, match="is not TOML"):
        read_toml(tmp_path / "bytes.toml", "The list", BadInputError)
