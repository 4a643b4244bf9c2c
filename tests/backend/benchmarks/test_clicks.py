"""The benchmark of clicks asks as the docker does, and prints what each answer took."""

from layerpeel.backend.benchmarks import clicks
from tiny_checkpoints.point import store_with_tiny_minisam


def test_every_kind_of_answer_is_timed(art, tmp_path, monkeypatch, capsys):
    store = store_with_tiny_minisam(tmp_path)
    monkeypatch.setattr(clicks, "ModelStore", lambda: store)
    assert clicks.main(["--art", str(art), "--count", "1", "--size", "128"]) == 0
    printed = capsys.readouterr().out
    for line in ("looking ahead", "first click", "looking closer", "further click"):
        assert line in printed


def test_without_the_network_it_ends_with_one_line(art, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "none"))
    assert clicks.main(["--art", str(art), "--count", "1", "--size", "128"]) == 5
    assert capsys.readouterr().err.count("\n") == 1
