"""What set-up says that it costs, beside what the models' manifest says."""

import itertools
import shutil
import tomllib
from pathlib import Path
from types import SimpleNamespace

from layerpeel.plugin.setup.costs import MODELS_MB, Costs, room_lacking

MANIFEST = Path(__file__).parents[3] / "packaging" / "models.toml"
TEXTS = Path(__file__).parents[3] / "plugin" / "setup" / "setup_texts.py"


def models():
    described = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["model"]
    return [model for model in described if "compact" in model["engines"]]


def test_models_travel_as_large_as_is_said_and_under_that_licence():
    sizes = [
        source["bytes"] for model in models() for source in model["source"] if "bytes" in source
    ]
    assert len(sizes) == len(models())
    assert round(sum(sizes) / 1e6) == MODELS_MB
    assert {model["licence"] for model in models()} == {"MIT"}
    for model in models():
        assert model["title"].split()[0] in TEXTS.read_text(encoding="utf-8")


def test_every_part_adds_to_what_travels_and_to_the_disk():
    for parts in itertools.product([False, True], repeat=4):
        costs = Costs(*parts)
        assert (costs.megabytes > 0) == (costs.gigabytes > 0) == any(parts)
        assert costs.peak_gigabytes >= costs.gigabytes
    assert Costs(True, True, True).megabytes == 446


def test_room_is_looked_for_before(monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERPEEL_HOME", str(tmp_path))
    (tmp_path / "setup" / "scratch" / "cache").mkdir(parents=True)
    costs = Costs(True, True, True)
    assert f"{costs.peak_gigabytes:.1f}" == "1.5"

    def lacking(free, is_fetched=True):
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
        return room_lacking(costs, is_fetched)

    assert lacking(2e9) is None
    assert lacking(1.4e9) == costs.peak_gigabytes
    assert lacking(1.4e9, is_fetched=False) is None
    # What has come before counts.
    with (tmp_path / "setup" / "scratch" / "cache" / "body").open("wb") as body:
        body.truncate(200_000_000)
    assert lacking(1.4e9) is None
