"""`make bench-gpu` where there is no GPU: it runs, and its two ways of denoising agree."""

import re

import pytest

from layerpeel.backend.benchmarks.decomposition import main

pytestmark = pytest.mark.torch


def test_it_measures_every_stage_and_both_ways_agree(capsys):
    main(["--device", "cpu", "--sizes", "64", "--steps", "2"])
    said = capsys.readouterr().out
    assert "No GPU computes" in said
    for stage in ("encode", "denoise", "decode", "align", "together"):
        assert re.search(rf"{stage}\s+[\d.]+ ms", said)
    furthest = re.search(r"furthest from the plain loop's latent: (\S+) of its range", said)
    assert furthest
    assert float(furthest[1]) < 1e-4
