"""The page as text: self-contained, and safe from odd file names."""

import re

import pytest

from layerpeel.backend.errors import OutputError
from layerpeel.backend.evaluation.report.output import check_report
from layerpeel.backend.evaluation.report.report_page import number

NASTY = '</script><img src=x onerror="alert(1)"> & “x”'


def test_it_asks_nothing_of_anywhere(write_page):
    text = write_page(2).read_text()
    assert "default-src 'none'" in text
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert {re.match(r"data:|#", source) is not None for source in sources} == {True}
    assert "url(" not in text
    assert "@import" not in text


def test_names_of_files_are_only_text(write_page):
    text = write_page(1, names=[NASTY]).read_text()
    assert NASTY not in text
    assert "<img src=x" not in text
    assert text.count("</script>") == text.count("<script")


def test_the_folder_holds_all_three_and_is_replaced_only_whole(write_page):
    folder = write_page(1).parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "figures.csv",
        "figures.json",
        "report.html",
    ]
    check_report(folder, force=True)
    with pytest.raises(OutputError, match="exists already"):
        check_report(folder, force=False)
    (folder / "mine.txt").touch()
    with pytest.raises(OutputError, match=r"holds mine\.txt"):
        check_report(folder, force=True)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0, "0"),
        (0.01234, "0.012"),
        (4.36, "4.36"),
        (329.4, "329"),
    ],
)
def test_figures_are_said_with_the_digits_that_matter(value, said):
    assert number(value) == said
