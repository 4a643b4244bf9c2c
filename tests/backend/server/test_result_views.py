"""What a result looks like: its layers apart, and the picture before, over HTTP."""

import contextlib
import io
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.image import array_of
from layerpeel.backend.server.job_store import JobStore
from layerpeel.backend.server.result_views import write_views
from layerpeel.shared.jobs import Finished, JobState, JobSummary, SubmitJob
from layerpeel.shared.protocol import (
    ColourModel,
    Depth,
    Layer,
    LayerStack,
    MadeWith,
    Outcome,
    Picture,
    PixelBlock,
    Role,
)
from layerpeel.shared.scenes import BackgroundRequest, Painting
from layerpeel.shared.thumbnails import ORIGINAL_SIDE, THUMBNAIL_SIDE, Thumbnails
from layerpeel.shared.wire import unpack


def picture_in(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)


def thumbnails_of(backend, job_id):
    answer = backend.call("GET", f"/jobs/{job_id}/thumbnails")
    assert answer.status_code == 200, answer.text
    return unpack(Thumbnails, answer.content).layers


@pytest.mark.parametrize("outcome", [Outcome.LAYERS, Outcome.PATCHES])
def test_each_layer_is_shown_alone_at_its_place(backend, make_job, outcome):
    job = make_job(outcome=outcome)
    submitted = backend.submit(job)
    assert backend.end_of(submitted.id) == Finished()
    background, foreground = thumbnails_of(backend, submitted.id)
    assert (background.role, foreground.role) == (Role.BACKGROUND, Role.FOREGROUND)
    stack, before = backend.result(submitted.id), array_of(job.picture.pixels)
    layer = stack.layers[1]
    alone = np.zeros((96, 96, 4), int)
    x, y = layer.offset
    alone[y : y + layer.pixels.height, x : x + layer.pixels.width] = array_of(layer.pixels)
    seen = picture_in(foreground.png)
    np.testing.assert_array_equal(seen[..., 3], alone[..., 3])
    np.testing.assert_array_equal(seen[alone[..., 3] > 0], alone[alone[..., 3] > 0])
    # Also a background that only covers what has changed is shown whole.
    filled = picture_in(background.png)
    assert filled[..., 3].min() == 255
    np.testing.assert_array_equal(filled[:4, :4], before[:4, :4])
    assert np.abs(filled - before)[alone[..., 3] == 255].max() > 20


def test_the_picture_before_is_kept_to_compare_with(backend, make_job):
    job = make_job()
    submitted = backend.submit(job)
    assert backend.end_of(submitted.id) == Finished()
    kept = picture_in(backend.call("GET", f"/jobs/{submitted.id}/original").content)
    assert np.abs(kept - array_of(job.picture.pixels)).mean() < 3


def test_of_a_selection_what_it_would_cut_out_is_shown(backend, make_job):
    submitted = backend.submit(make_job(outcome=Outcome.SELECTION))
    assert backend.end_of(submitted.id) == Finished()
    (cut_out,) = thumbnails_of(backend, submitted.id)
    coverage = backend.result(submitted.id).selection
    level = np.frombuffer(coverage.data, np.uint8).reshape(96, 96)
    np.testing.assert_array_equal(picture_in(cut_out.png)[..., 3], level)


def test_they_are_small_and_keep_the_shape_in_any_depth(make_job, tmp_path):
    rng = np.random.default_rng(3)
    for number, (depth, dtype, full) in enumerate(
        [(Depth.U8, "u1", 255), (Depth.U16, "<u2", 65535), (Depth.F32, "<f4", 1.0)]
    ):
        values = (rng.random((900, 1500, 4)) * full).astype(dtype)
        values[..., 3] = full
        block = PixelBlock(1500, 900, ColourModel.RGBA, depth, values.tobytes())
        part = PixelBlock(300, 200, ColourModel.RGBA, depth, values[:200, :300].tobytes())
        layers = (
            Layer("Background", Role.BACKGROUND, block),
            Layer("Foreground", Role.FOREGROUND, part, (1100, 650)),
        )
        stack = LayerStack((1500, 900), layers, MadeWith("compact", 0))
        job = replace(make_job(), picture=Picture(block))
        paths = [tmp_path / f"{name}{number}" for name in ("thumbnails", "original")]
        write_views(job, stack, *paths)
        background, foreground = unpack(Thumbnails, paths[0].read_bytes()).layers
        for each in (background, foreground):
            assert picture_in(each.png).shape == (96, THUMBNAIL_SIDE, 4)
        rows, columns = np.nonzero(picture_in(foreground.png)[..., 3] > 127)
        bounds = (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1)
        scale = THUMBNAIL_SIDE / 1500
        expected = [round(side * scale) for side in (1100, 1400, 650, 850)]
        assert np.abs(np.subtract(bounds, expected)).max() <= 1
        assert picture_in(paths[1].read_bytes()).shape == (614, ORIGINAL_SIDE, 4)


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 2000), (2500, 1), (3, 3)])
def test_layers_thinner_than_what_is_left_out_are_drawn(make_job, tmp_path, depth, width, height):
    data = b"\xff" * (width * height * 4 * depth.bytes)
    thin = PixelBlock(width, height, ColourModel.RGBA, depth, data)
    layer = Layer("Wire", Role.FOREGROUND, thin, (40, 50))
    stack = LayerStack((3000, 2500), (layer,), MadeWith("compact", 0))
    write_views(make_job(), stack, tmp_path / "thumbnails", tmp_path / "original")
    (drawn,) = unpack(Thumbnails, (tmp_path / "thumbnails").read_bytes()).layers
    assert picture_in(drawn.png)[..., 3].max() == 255


def test_what_was_painted_has_no_original(make_job, tmp_path):
    picture = make_job().picture
    layer = Layer("Background", Role.BACKGROUND, picture.pixels)
    stack = LayerStack((96, 96), (layer,), MadeWith("compact", 0))
    job = SubmitJob("Moor", BackgroundRequest("a moor", Painting(), "compact"), picture)
    write_views(job, stack, tmp_path / "thumbnails", tmp_path / "original")
    assert len(unpack(Thumbnails, (tmp_path / "thumbnails").read_bytes()).layers) == 1
    assert not (tmp_path / "original").exists()


def test_they_survive_the_backend_and_go_with_their_result(run_backend, make_job):
    first = run_backend()
    submitted = first.submit(make_job())
    assert first.end_of(submitted.id) == Finished()
    before = thumbnails_of(first, submitted.id)
    first.stop()
    backend = run_backend()
    assert thumbnails_of(backend, submitted.id) == before
    names = {path.suffix for path in backend.jobs_folder.glob(f"{submitted.id}*")}
    assert names == {".result", ".note", ".thumbnails", ".original"}
    backend.call("DELETE", f"/jobs/{submitted.id}")
    assert not list(backend.jobs_folder.glob(f"{submitted.id}*"))
    assert backend.refusal("GET", f"/jobs/{submitted.id}/thumbnails")[0] == 404


def test_a_result_without_them_is_whole_and_says_so(backend, make_job):
    submitted = backend.submit(make_job())
    assert backend.end_of(submitted.id) == Finished()
    for kind in ("thumbnails", "original"):
        (backend.jobs_folder / f"{submitted.id}.{kind}").unlink()
        status, message = backend.refusal("GET", f"/jobs/{submitted.id}/{kind}")
        assert (status, message) == (404, "Of this result no picture is kept.")
    assert len(backend.result(submitted.id).layers) == 2


def test_who_only_looks_has_not_fetched_it(backend, make_job):
    submitted = backend.submit(make_job())
    assert backend.end_of(submitted.id) == Finished()
    for path, fetched in (("look", 0), ("result", 1)):
        answer = backend.call("GET", f"/jobs/{submitted.id}/{path}")
        assert len(unpack(LayerStack, answer.content).layers) == 2
        backend.job(submitted.id)  # By now the last piece has been handed over.
        with contextlib.closing(sqlite3.connect(backend.jobs_folder / "jobs.sqlite")) as database:
            (row,) = database.execute("SELECT fetched FROM jobs WHERE id = ?", (submitted.id,))
        assert row == (fetched,)


def test_they_count_among_the_bytes_that_may_be_kept(tmp_path, make_job):
    store = JobStore(tmp_path, 100)
    ids = []
    for number in range(3):
        summary = _summary(number)
        store.add(summary)
        store.draft_file(summary.id).write_bytes(bytes(20))
        store.thumbnails_file(summary.id).write_bytes(bytes(15))
        store.original_file(summary.id).write_bytes(bytes(10))
        store.end(summary.id, Finished())
        ids.append(summary.id)
    assert [job.id for job in store.newest_first()] == ids[:0:-1]
    assert not list(tmp_path.glob(f"{ids[0]}*"))
    store.close()


def test_those_of_jobs_that_never_finished_are_swept(tmp_path):
    store = JobStore(tmp_path, 100)
    store.add(_summary(1))
    for file in (store.draft_file, store.thumbnails_file, store.original_file):
        file("job1").write_bytes(b"half")
    store.close()
    store = JobStore(tmp_path, 100)
    assert store.find("job1").state is JobState.FAILED
    assert not list(tmp_path.glob("job1.*"))
    store.close()


def _summary(number):
    return JobSummary(f"job{number}", "Knight", JobState.QUEUED, 1.5, (3, 4))
