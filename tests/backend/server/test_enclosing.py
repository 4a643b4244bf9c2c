"""Results that travel within documents: packed, taken in elsewhere, and refused where damaged."""

import io
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from layerpeel.backend.flatten import flatten
from layerpeel.backend.server import enclosing
from layerpeel.backend.server.enclosing import read_enclosed
from layerpeel.backend.server.limits import Limits
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.enclosed import EnclosedResult
from layerpeel.shared.jobs import Finished, JobState, JobSummary
from layerpeel.shared.protocol import Coverage, LayerStack, Role
from layerpeel.shared.thumbnails import ORIGINAL_SIDE, LayerThumbnail, Thumbnails
from layerpeel.shared.wire import MESSAGE_TYPE, from_text, pack, unpack


@pytest.fixture(scope="module")
def peeled(backend, make_job):
    job = backend.submit(make_job())
    assert backend.end_of(job.id) == Finished()
    return job


@pytest.fixture(scope="module")
def packed(backend, peeled):
    answer = backend.call("GET", f"/jobs/{peeled.id}/enclosed")
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture(scope="module")
def elsewhere(backend_with):
    return backend_with()


@pytest.fixture
def post(peeled):
    """Hand bytes to a server as an enclosed result."""

    def post(backend, data, job=peeled.id):
        kind = {"Content-Type": MESSAGE_TYPE}
        return backend.call("POST", f"/jobs/{job}/enclosed", headers=kind, data=bytes(data))

    return post


def files_of(backend):
    return sorted(path.name for path in backend.jobs_folder.iterdir() if "sqlite" not in path.name)


def test_it_is_elsewhere_all_that_it_was(backend, run_backend, peeled, packed, post):
    other = run_backend()
    answer = post(other, packed)
    assert answer.status_code == 201, answer.text
    came = from_text(JobSummary, answer.content)
    assert came == backend.job(peeled.id)
    assert other.jobs() == (came,)
    assert other.end_of(came.id) == Finished()
    assert other.result(came.id) == backend.result(came.id)
    for view in ("thumbnails", "original"):
        there, here = (each.call("GET", f"/jobs/{came.id}/{view}") for each in (other, backend))
        assert there.status_code == 200
        assert there.content == here.content
    assert post(other, packed).status_code == 201
    assert other.jobs() == (came,)
    other.stop()
    again = run_backend()
    assert again.jobs() == (came,)
    # It goes on from there as it came, and can be discarded for good, or brought once more.
    assert again.call("GET", f"/jobs/{came.id}/enclosed").content == packed
    assert again.call("DELETE", f"/jobs/{came.id}").status_code == 204
    assert files_of(again) == []
    assert post(again, packed).status_code == 201
    flat = flatten(again.result(came.id))
    np.testing.assert_array_equal(flat, flatten(backend.result(came.id)))


def test_one_without_a_result_cannot_travel(backend, make_job):
    job = backend.submit(make_job(engine="no such engine"))
    backend.end_of(job.id)
    status, message = backend.refusal("GET", f"/jobs/{job.id}/enclosed")
    assert (status, "has no result" in message) == (409, True)
    assert backend.refusal("GET", "/jobs/nowhere/enclosed")[0] == 404


def test_one_that_is_cut_or_altered_anywhere_is_refused_and_leaves_nothing(elsewhere, packed, post):
    before = files_of(elsewhere), elsewhere.jobs()
    damaged = [packed[:length] for length in range(0, len(packed), len(packed) // 40)]
    for place in range(7, len(packed), len(packed) // 40):
        altered = bytearray(packed)
        altered[place] ^= 0x55
        damaged.append(bytes(altered))
    refused = 0
    for data in damaged:
        answer = post(elsewhere, data)
        if answer.status_code == 201:  # A letter of a name, a pixel of a thumbnail.
            came = from_text(JobSummary, answer.content)
            elsewhere.call("DELETE", f"/jobs/{came.id}")
        else:
            assert answer.status_code == 400, answer.text
            refused += 1
    assert refused > len(damaged) * 3 // 4
    assert (files_of(elsewhere), elsewhere.jobs()) == before
    assert "Traceback" not in elsewhere.log()


def test_one_under_the_name_of_another_is_refused(elsewhere, packed, post):
    answer = post(elsewhere, packed, "0" * 32)
    assert (answer.status_code, "It is damaged" in answer.text) == (400, True)
    assert elsewhere.jobs() == ()


def test_one_longer_than_any_is_refused_before_it_is_read(elsewhere):
    headers = {"Content-Type": MESSAGE_TYPE, "Content-Length": str(200 << 20)}
    status, message = elsewhere.refusal("POST", "/jobs/x/enclosed", headers=headers)
    assert (status, "larger than any that travels" in message) == (413, True)


def test_for_one_that_comes_none_is_given_up(run_backend, make_job, packed, post):
    came = unpack(EnclosedResult, packed)
    room = (len(zlib.decompress(came.stack)) + len(packed) - len(came.stack)) * 3 // 2
    small = run_backend("--max-results", room)
    own = small.submit(make_job())
    assert small.end_of(own.id) == Finished()
    before = files_of(small)
    answer = post(small, packed)
    assert answer.status_code == 507
    assert "Discard some, or let it keep more" in answer.text
    assert [job.id for job in small.jobs()] == [own.id]
    assert files_of(small) == before


@pytest.fixture(scope="module")
def came(packed):
    return unpack(EnclosedResult, packed)


def png(side):
    data = io.BytesIO()
    Image.new("L", (side, 1)).save(data, "PNG")
    return data.getvalue()


def with_stack(came, **changed):
    stack = unpack(LayerStack, zlib.decompress(came.stack))
    changed = {name: new(stack) if callable(new) else new for name, new in changed.items()}
    return replace(came, stack=zlib.compress(pack(replace(stack, **changed))))


def first_layer(**changed):
    return lambda stack: (replace(stack.layers[0], **changed), *stack.layers[1:])


OUTSIDE = {
    "an id that is a path": lambda came: replace(came, job=replace(came.job, id="../../etc")),
    "a job that has failed": lambda came: replace(
        came, job=replace(came.job, state=JobState.FAILED)
    ),
    "a time before all": lambda came: replace(came, job=replace(came.job, created=-1e300)),
    "a long name": lambda came: replace(came, job=replace(came.job, name="x" * 2000)),
    "a long keepsake": lambda came: replace(came, job=replace(came.job, keepsake="x" * 100_000)),
    "many notes": lambda came: replace(came, notes=("x",) * 200),
    "another size": lambda came: replace(came, job=replace(came.job, size=(5, 5))),
    "a picture too large": lambda came: with_stack(
        replace(came, job=replace(came.job, size=(10**6, 10**6))), size=(10**6, 10**6)
    ),
    "no side": lambda came: with_stack(came, size=(0, 96)),
    "no layers": lambda came: with_stack(came, layers=()),
    "too many layers": lambda came: with_stack(came, layers=lambda stack: stack.layers[1:] * 200),
    "a layer outside": lambda came: with_stack(came, layers=first_layer(offset=(2**70, 0))),
    "a layer left of it": lambda came: with_stack(came, layers=first_layer(offset=(-1, 0))),
    "a mask of another size": lambda came: with_stack(
        came, layers=first_layer(mask=Coverage(1, 1, b"x"))
    ),
    "an odd blending": lambda came: with_stack(came, layers=first_layer(blend_mode="erase")),
    "an opacity of 7": lambda came: with_stack(came, layers=first_layer(opacity=7.0)),
    "a background on top": lambda came: with_stack(
        came, layers=lambda stack: tuple(reversed(stack.layers))
    ),
    "a selection of another size": lambda came: with_stack(came, selection=Coverage(1, 1, b"x")),
    "a large original": lambda came: replace(came, original=png(ORIGINAL_SIDE + 1)),
    "no picture as original": lambda came: replace(came, original=b"GIF89a"),
    "a large thumbnail": lambda came: replace(
        came, thumbnails=Thumbnails((LayerThumbnail("", Role.FOREGROUND, png(1000)),))
    ),
    "an original of too many bytes": lambda came: replace(came, original=png(8) + bytes(8 << 20)),
    "a thumbnail of too many bytes": lambda came: replace(
        came, thumbnails=Thumbnails((LayerThumbnail("", Role.FOREGROUND, png(8) + bytes(1 << 18)),))
    ),
    "layers that are none": lambda came: replace(came, stack=zlib.compress(b"none")),
    "something behind the layers": lambda came: replace(came, stack=came.stack + b"x"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_what_none_of_ours_would_be_is_refused(came, what):
    read_enclosed(pack(came), Limits())
    with pytest.raises(Refused, match="damaged, or was never a result"):
        read_enclosed(pack(OUTSIDE[what](came)), Limits())


def test_little_that_unpacks_to_much_is_refused_before_it_has(came, monkeypatch):
    monkeypatch.setattr(enclosing, "MOST_UNPACKED", 4 << 20)
    bomb = zlib.compress(bytes(64 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(Refused) as refused:
        read_enclosed(pack(replace(came, stack=bomb)), Limits())
    assert "larger than any that travels" in str(refused.value.__cause__)
