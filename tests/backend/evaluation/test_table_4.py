"""The paper's Table 4 through `layerpeel eval`, from composites to LPIPS, with random networks."""

import csv
import json
import shutil

import pytest
from typer.testing import CliRunner

from layerpeel.backend.cli import commands
from layerpeel.backend.evaluation.paper_figures import TABLE_4
from tiny_checkpoints.matte import save_tiny_vitmatte

pytestmark = pytest.mark.torch

# Ours, by the names that the paper gives the same chain.
THE_PAPERS = {
    "vitmatte-colours": "Germer et al.",
    "vitmatte": "Germer et al. + inpainting",
}


@pytest.fixture
def some_art(art, tmp_path):
    """A few cut-outs and backgrounds, and what they show."""
    rows = []
    for kind in ("fg", "bg"):
        (tmp_path / "art" / kind).mkdir(parents=True)
        for path in sorted((art / kind).iterdir())[:3]:
            shutil.copy(path, tmp_path / "art" / kind)
            rows.append((f"{kind}/{path.name}", "a thing"))
    with (tmp_path / "art" / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "caption"), *rows])
    return tmp_path / "art"


@pytest.fixture
def only_vitmatte(tmp_path, monkeypatch):
    """A model folder with a tiny ViTMatte, which the methods' own processes find too."""
    from layerpeel.backend.models.model_store import ModelStore

    store = ModelStore(tmp_path / "models")
    store.take_in(store.recognise(save_tiny_vitmatte(tmp_path / "vitmatte")))
    monkeypatch.setenv("LAYERPEEL_MODELS", str(store.folder))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")


@pytest.mark.usefixtures("judged", "only_vitmatte")
def test_every_figure_of_the_table_is_measured_and_what_means_nothing_is_marked(some_art, tmp_path):
    commands._ADDED_BY["eval"]()
    commands._ADDED_BY["adjust"]()  # Alone, a command would need no name.
    words = ["eval", "--art", some_art, "--count", 4, "--size", 96, "--out", tmp_path / "out"]
    words += ["--engine", "compact", "--reference", "vitmatte"]
    words += [word for name in THE_PAPERS for word in ("--baseline", name)]
    done = CliRunner().invoke(commands.app, [*map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert record["measured"] == ["compact", *THE_PAPERS]
    assert list(record["not_measured"]) == ["FG-MIoU"]
    assert list(record["doubts"]) == ["LPIPS", "FID, KID", "CLIP score"]
    for title in record["doubts"]:
        assert f"To be doubted, {title}: " in done.stdout
        assert "its figures mean nothing" in record["doubts"][title]
    for summary in record["summary"].values():
        for layer in "FB":
            measured = {name.partition("_")[2] for name in summary if name.startswith(f"{layer}_")}
            assert {"mad", "mse", "lpips", "clip"} <= measured
    assert all(totals.keys() == {"B_fid", "B_kid"} for totals in record["totals"].values())
    filled, bare = (record["summary"][name] for name in ("vitmatte", "vitmatte-colours"))
    assert filled["F_mad"]["mean"] == bare["F_mad"]["mean"]
    assert filled["B_mad"]["mean"] != bare["B_mad"]["mean"]
    for name, papers in THE_PAPERS.items():
        assert papers.partition(" +")[0] in record["methods"][name]
        assert papers in TABLE_4
    check_table(record["table_4"], record["summary"])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<i>FBA + inpainting</i>" in page


def check_table(rows, summary):
    ours = {(row["layer"], row["method"]): row["errors"] for row in rows if not row["quoted"]}
    papers = {(row["layer"], row["method"]): row["errors"] for row in rows if row["quoted"]}
    assert ours.keys() == {(layer, name) for layer in "FB" for name in summary}
    for (layer, name), errors in ours.items():
        assert errors["mad"] == summary[name][f"{layer}_mad"]["mean"]
        assert errors["lpips"] == summary[name][f"{layer}_lpips"]["mean"]
        assert errors["sad"] == pytest.approx(errors["mad"] * 96 * 96 * 3 / 1e6)
    # As the paper's own rows are made, but for what it rounds.
    assert papers == {
        (layer, name): errors
        for name, layers in TABLE_4.items()
        for layer, errors in layers.items()
    }
    for errors in papers.values():
        assert errors["sad"] == pytest.approx(errors["mad"] * 512 * 512 * 3 / 1e6, abs=0.06)
