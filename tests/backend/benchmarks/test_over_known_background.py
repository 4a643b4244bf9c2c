"""The benchmark of the known background prints ratios for both kinds of pictures."""

from layerpeel.backend.benchmarks.over_known_background import main


def test_both_kinds_are_measured_beside_closed_form(art, capsys):
    assert main(["--art", str(art), "--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("×")[0].split() for line in lines] == [
        [*kind, *figure.split()]
        for kind in (["exact"], ["38", "dB"])
        for figure in ("alpha_mad", "F_mad", "F_mad in band")
    ]


def test_a_folder_without_art_is_said(tmp_path, capsys):
    assert main(["--art", str(tmp_path)]) != 0
    assert "fg" in capsys.readouterr().err
