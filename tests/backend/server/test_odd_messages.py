"""Whatever a message holds, it is refused in one line or answered: never 500, never a traceback."""

import json
import random

import pytest

from layerpeel.shared.generators import LookInto, PullModel, UseFile
from layerpeel.shared.jobs import Failed, SubmitJob
from layerpeel.shared.pointing import WhatIsAt, WhatThings
from layerpeel.shared.protocol import (
    Box,
    ColourModel,
    Coverage,
    Depth,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
    Point,
    Points,
    Things,
    Trimap,
    Words,
)
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)
from layerpeel.shared.wire import MESSAGE_TYPE, pack, to_text

SEED = 0
TRIED = 100
MASKED = b'"exact"'
BIG = ["1" + "0" * 400, "1" + "0" * 18, "1" + "0" * 9, "1e400", "-1e400", "1e308", "NaN"]
ODD = [
    *BIG,
    *("-1", "0", "1.5", "true", "null", '""', '"x"', "[]", "{}", "[[]]", '{"type": "x"}'),
    *('"\\ud800"', '"\\u0000"', '"a\\nb"', '"' + "w" * 5000 + '"', "[" * 2000 + "]" * 2000),
]
MARK = "MARK"


def odd_versions(message):
    """Yield a JSON message, each time with one of its values replaced by something odd."""

    def replaced(value, path, odd):
        if not path:
            return odd
        first, *rest = path
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[first] = replaced(value[first], rest, odd)
        return copy

    def paths(value):
        yield ()
        if isinstance(value, dict | list):
            steps = value.items() if isinstance(value, dict) else enumerate(value)
            yield from ((step, *path) for step, inner in steps for path in paths(inner))

    for path in paths(message):
        text = json.dumps(replaced(message, path, MARK), ensure_ascii=False)
        for odd in ODD:
            yield text.replace(f'"{MARK}"', odd)


def versions_of_packed(message):
    head, _, blocks = pack(message).partition(b"\n")
    for text in odd_versions(json.loads(head)):
        yield text.encode("utf-8", "surrogatepass") + b"\n" + blocks


PICTURE = Picture(PixelBlock(8, 8, ColourModel.RGBA, Depth.U8, bytes(range(256))))
HALF = Coverage(8, 8, bytes(32) + b"\xff" * 32)
POINTS = Points((Point(2, 3), Point(4, 5, False)))
LIFTS = [Mask(HALF), Mask(HALF, True), Trimap(HALF), Box(1, 1, 5, 5), POINTS, Words("a"), Things()]
REQUESTS = [
    *(PeelRequest(lift, 2, 1.5, 3) for lift in LIFTS),
    SceneRequest("a [cat]", Painting(1, "s", 5, 3.0, "n"), Guide(GuideKind.SKETCH, 0.5)),
    SceneRequest("night", Painting(), Guide(GuideKind.EDIT, None, (PICTURE,), HALF)),
    ObjectRequest("a cat", HALF, Painting()),
    BackgroundRequest("a wall", Painting()),
]
TEXTS = [
    ("/generators/look", LookInto(("/nowhere",))),
    ("/generators/use", UseFile("/nowhere")),
    ("/generators/pull", PullModel("nothing")),
    ("/pointing/nothing/at", WhatIsAt(POINTS)),
    ("/pointing/nothing/things", WhatThings(3)),
]


def odd_calls():
    """Return path, type and body of every call with one odd value."""
    jobs = [SubmitJob("name", request, PICTURE, "note") for request in REQUESTS]
    packed = [("/jobs", job) for job in jobs] + [("/pointing", PICTURE)]
    calls = [(path, MESSAGE_TYPE, body) for path, it in packed for body in versions_of_packed(it)]
    for path, message in TEXTS:
        for text in odd_versions(json.loads(to_text(message))):
            calls.append((path, "application/json", text.encode("utf-8", "surrogatepass")))
    return calls


def answered(backend, path, kind, body):
    """Make a call that must not break the server; return a job's id if one was accepted."""
    answer = backend.call("POST", path, data=body, headers={"Content-Type": kind})
    assert answer.status_code < 500, (answer.text, body[:2000])
    accepted = answer.status_code == 201 and path == "/jobs"
    return json.loads(answer.content)["id"] if accepted else None


@pytest.mark.parametrize("field", ["band", "seed", "layers"])
def test_odd_numbers_of_a_request(backend, field):
    job = SubmitJob("name", PeelRequest(Mask(HALF), 2, 1.5, 3), PICTURE)
    head, _, blocks = pack(job).partition(b"\n")
    message = json.loads(head)
    message["message"]["request"][field] = MARK
    for odd in BIG:
        text = json.dumps(message).replace(f'"{MARK}"', odd)
        answered(backend, "/jobs", MESSAGE_TYPE, text.encode() + b"\n" + blocks)


def test_odd_values_anywhere(backend_with):
    backend = backend_with("--max-queue", TRIED)
    calls = random.Random(SEED).sample(odd_calls(), TRIED)  # noqa: S311  (of no secret)
    for call in calls:
        job = answered(backend, *call)
        if job is not None and MASKED not in call[-1]:
            backend.cancel(job)  # It would take seconds.
        elif job is not None:
            end = backend.end_of(job)
            assert not isinstance(end, Failed) or "unexpected" not in end.message
    assert "Traceback" not in backend.log()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS"])
def test_odd_paths(backend, method):
    for odd in ("%00", "%ff", "%0a", "%F0%9F%8F%B0", "..", "%2e%2e%2f", "a" * 5000, "?a=%ff", "//"):
        for path in (f"/{odd}", f"/jobs/{odd}", f"/jobs/{odd}/result", f"/pointing/{odd}/at"):
            answer = backend.call(method, path)
            assert 400 <= answer.status_code < 500 or answer.status_code == 200, (method, path)
            assert "\n" not in answer.text or answer.status_code == 200


def test_odd_names_of_this_machine(backend):
    for name in ("[[::1", "[::1]]", "::1", "127.1", "[::ffff:127.0.0.1]"):
        answer = backend.call("GET", "/nothing", headers={"Host": f"{name}:{backend.port}"})
        assert answer.status_code in (403, 404), (name, answer.text)
