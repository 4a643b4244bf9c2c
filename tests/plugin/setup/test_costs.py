"""What set-up says that it costs, beside what the models' manifest says."""

import itertools
import tomllib
from pathlib import Path

from layerpeel.plugin.setup.costs import MODELS_MB, Costs

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
    assert Costs(True, True, True).megabytes == 446
