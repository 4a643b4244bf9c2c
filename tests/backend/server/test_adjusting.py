"""The edges of a result that the backend keeps, adjusted over HTTP."""

import numpy as np
import pytest

from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.shared.jobs import AdjustJob, Cancelled, Failed, Finished, JobSummary, SubmitJob
from layerpeel.shared.protocol import Coverage, Picture, RefillRequest
from layerpeel.shared.wire import from_text, pack, to_text


def _post(backend, job_id, asked):
    return backend.call("POST", f"/jobs/{job_id}/adjust", data=to_text(asked).encode())


def _adjust(backend, job_id, **asked):
    answer = _post(backend, job_id, AdjustJob("Knight, edge", keepsake="there", **asked))
    assert answer.status_code == 201, answer.text
    return from_text(JobSummary, answer.content)


@pytest.fixture(scope="module")
def peeled(backend, make_job):
    job = backend.submit(make_job())
    assert backend.end_of(job.id) == Finished()
    return job


def test_another_result_comes_and_the_first_stays(backend, peeled):
    before = backend.result(peeled.id)
    adjusted = _adjust(backend, peeled.id, shift=3, soften=1, clean=True)
    assert (adjusted.name, adjusted.keepsake, adjusted.size) == ("Knight, edge", "there", (96, 96))
    assert backend.end_of(adjusted.id) == Finished()
    after = backend.result(adjusted.id)
    assert backend.result(peeled.id) == before
    np.testing.assert_array_equal(flatten(after), flatten(before))
    assert array_of(after.layers[1].pixels).size > array_of(before.layers[1].pixels).size
    for view in ("thumbnails", "original"):
        assert backend.call("GET", f"/jobs/{adjusted.id}/{view}").status_code == 200
    originals = [backend.call("GET", f"/jobs/{each.id}/original") for each in (peeled, adjusted)]
    assert originals[0].content == originals[1].content


def test_the_first_may_be_forgotten_meanwhile(backend_with, make_job, halted):
    backend = backend_with()
    peeled = backend.submit(make_job())
    assert backend.end_of(peeled.id) == Finished()
    worker = backend.worker()
    halted(worker)
    adjusted = _adjust(backend, peeled.id, shift=1)
    assert backend.call("DELETE", f"/jobs/{peeled.id}").status_code == 204
    halted.let_go(worker)
    assert backend.end_of(adjusted.id) == Finished()
    assert backend.result(adjusted.id).layers


def test_cancelled_it_leaves_the_first_and_no_files(backend, peeled, halted):
    worker = backend.worker()
    halted(worker)
    adjusted = _adjust(backend, peeled.id, shift=1)
    backend.cancel(adjusted.id)
    assert backend.end_of(adjusted.id) == Cancelled()
    assert backend.result(peeled.id).layers
    assert not list(backend.jobs_folder.glob(f"{adjusted.id}*"))


def test_a_result_that_is_gone_is_said(backend):
    body = to_text(AdjustJob("Edge")).encode()
    status, message = backend.refusal("POST", "/jobs/nowhere/adjust", data=body)
    assert (status, "does not know this job" in message) == (404, True)


def test_a_result_that_goes_before_it_is_read_is_said_in_the_same_words(backend, make_job):
    """Its record is still there: as when it is forgotten while a call waits to read it."""
    job = backend.submit(make_job())
    assert backend.end_of(job.id) == Finished()
    (backend.jobs_folder / f"{job.id}.result").unlink()
    body = to_text(AdjustJob("Edge")).encode()
    gone = backend.refusal("POST", f"/jobs/{job.id}/adjust", data=body)
    assert gone == backend.refusal("POST", "/jobs/nowhere/adjust", data=body)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"odd"])
def test_a_result_that_cannot_be_read_is_refused(backend, make_job, content):
    job = backend.submit(make_job())
    assert backend.end_of(job.id) == Finished()
    (backend.jobs_folder / f"{job.id}.result").write_bytes(content)
    body = to_text(AdjustJob("Edge")).encode()
    status, message = backend.refusal("POST", f"/jobs/{job.id}/adjust", data=body)
    assert (status, "result cannot be read" in message) == (409, True)
    assert not list(backend.jobs_folder.glob("*.request"))


def test_a_job_without_a_result_is_said(backend, make_job, halted):
    worker = backend.worker()
    halted(worker)
    waiting = backend.submit(make_job())
    body = to_text(AdjustJob("Edge")).encode()
    status, message = backend.refusal("POST", f"/jobs/{waiting.id}/adjust", data=body)
    assert (status, "has no result" in message) == (409, True)
    backend.cancel(waiting.id)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"name":"a","shift":NaN}', b'{"name":"a","x":1}'])
def test_an_odd_message_is_refused(backend, peeled, body):
    status, _message = backend.refusal("POST", f"/jobs/{peeled.id}/adjust", data=body)
    assert status == 400


@pytest.mark.parametrize("asked", [{"shift": 9.0}, {"soften": -1.0}])
def test_numbers_out_of_range_fail_the_job_in_one_line(backend, peeled, asked):
    ended = backend.end_of(_adjust(backend, peeled.id, **asked).id)
    assert isinstance(ended, Failed)
    assert "pixels: give" in ended.message


def test_a_result_without_an_edge_fails_the_job(backend, peeled):
    background, foreground = backend.result(peeled.id).layers
    covers = np.zeros((96, 96), np.uint8)
    (x, y), block = foreground.offset, foreground.pixels
    covers[y : y + block.height, x : x + block.width] = array_of(block)[..., 3]
    request = RefillRequest(Coverage(96, 96, covers.tobytes()))
    refill = backend.submit(SubmitJob("Another", request, Picture(background.pixels)))
    assert backend.end_of(refill.id) == Finished()
    ended = backend.end_of(_adjust(backend, refill.id, shift=1).id)
    assert "lifted off a background" in ended.message


def test_a_job_without_a_picture_is_refused(backend, make_job):
    job = make_job()
    answer = backend.post(pack(SubmitJob("Knight", job.request, None)))
    assert answer.status_code == 400
    assert "without a picture" in answer.text
