"""A fake backend with generators, which paints flat colours at once.

For what the real one cannot show in a test: downloads, and folders of other programs.
"""

import io
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

from PIL import Image

from krita_harness.strangers import proof_asked_of
from layerpeel.shared.generators import (
    Download,
    FoundFile,
    FoundFiles,
    FoundKind,
    Generators,
    LookInto,
    ProgramFolder,
    PullModel,
    PullSummary,
    StyleInfo,
    UseFile,
)
from layerpeel.shared.jobs import (
    Cancelled,
    EngineInfo,
    Finished,
    Health,
    JobEvent,
    JobList,
    JobState,
    JobSummary,
    Preview,
    Progress,
    Queued,
    Refusal,
    SubmitJob,
)
from layerpeel.shared.proof import PROOF_PATH
from layerpeel.shared.protocol import (
    ChannelOrder,
    ColourModel,
    Layer,
    LayerStack,
    MadeWith,
    PixelBlock,
    Role,
)
from layerpeel.shared.scene_prompt import read_scene_prompt
from layerpeel.shared.scenes import BackgroundRequest, GuideKind, ObjectRequest
from layerpeel.shared.thumbnails import LayerThumbnail, Thumbnails
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import from_text, pack, to_text, unpack

GUIDES = GuideKind.LINES, GuideKind.SKETCH, GuideKind.EDIT
FAST = StyleInfo("fast", "Quick sketches", "", (), GUIDES)
LACKING = StyleInfo(
    "fine",
    "Fine paintings",
    "It needs the model “fine-model”: pull it.",
    ("fine-model", "fine-extras"),
    (),
)
DOWNLOADS = (
    Download(
        "fine-model",
        "Fine model 1.0",
        6_900_000_000,
        8_200_000_000,
        "OpenRAIL++-M",
        "pictures of the open web",
        "hub: example/fine-model",
    ),
    Download("fine-extras", "Fine extras", 52_000_000, 0, "MIT", "", "hub: example/extras"),
)
FOLDERS = (
    ProgramFolder("A program", "/home/artist/a program/models"),
    ProgramFolder("Another", "/home/artist/another & more"),
)
FOUND = FoundFiles(
    (
        FoundFile(
            "/home/artist/a program/models/Dream.safetensors",
            FoundKind.CHECKPOINT,
            6_940_000_000,
            "",
        ),
        FoundFile(
            "/home/artist/a program/models/old.ckpt",
            FoundKind.OTHER,
            4_000_000_000,
            "It may run code when it is opened.",
        ),
    ),
    ("/home/artist/another & more could not be read.",),
)


class Painter:
    """The fake backend's state, and what it was asked for."""

    def __init__(self, *styles, downloads=()):
        self.known = Generators(tuple(styles), tuple(downloads), FOLDERS, "")
        self.looked_into = None
        self.pulled = []
        self.jobs = {}
        self.go_on = threading.Event()
        self.go_on.set()
        self.shows_previews = True
        self.cancelled = set()
        self.pull_cancelled = threading.Event()

    def handler(self):
        """Return the request handler for `stranger`."""
        painter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                painter.get(self)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                painter.post(self, body)

            def log_message(self, *_words):
                """Say nothing."""

        return Handler

    def get(self, call):
        """Answer a GET request."""
        parts = call.path.strip("/").split("/")
        if call.path == PROOF_PATH:
            _answer(call, proof_asked_of(call, token=""))
        elif call.path == "/health":
            engines = (EngineInfo("auto", "", False, "none"), EngineInfo("compact", "", False, ""))
            _answer(call, to_text(Health(VERSION, PROTOCOL, engines)))
        elif call.path == "/presence":
            _begin_stream(call)
            while True:
                time.sleep(1)
                _say(call, b": here\n\n")
        elif call.path == "/generators":
            _answer(call, to_text(self.known))
        elif call.path == "/generators/pull/events":
            self._tell_pull(call)
        elif call.path == "/jobs":
            _answer(call, to_text(JobList(())))
        elif parts[-1] == "events":
            self._tell_job(call, parts[1])
        elif parts[-1] == "thumbnails":
            png = _png(self.jobs[parts[1]].request.painting.seed)
            layers = (
                LayerThumbnail("Background", Role.BACKGROUND, png),
                LayerThumbnail("a cat", Role.FOREGROUND, _png(0, side=20)),
            )
            _answer(call, pack(Thumbnails(layers)))
        elif parts[-1] == "result":
            _answer(call, pack(_stack_of(self.jobs[parts[1]])))

    def post(self, call, body):
        """Answer a POST request."""
        parts = call.path.strip("/").split("/")
        if call.path == "/generators/look":
            self.looked_into = from_text(LookInto, body).folders
            _answer(call, to_text(FOUND))
        elif call.path == "/generators/use":
            assert from_text(UseFile, body).path == FOUND.files[0].path
            style = StyleInfo("dream", "Dream", "", (), ())
            self.known = replace(self.known, styles=(*self.known.styles, style))
            _answer(call, to_text(style))
        elif call.path == "/generators/pull":
            model = from_text(PullModel, body).model
            self.pull_cancelled.clear()
            self.pulled.append(model)
            _answer(call, to_text(PullSummary(model, JobState.RUNNING, "")), 202)
        elif call.path == "/generators/pull/cancel":
            self.pull_cancelled.set()
            _answer(call, to_text(PullSummary(self.pulled[-1], JobState.CANCELLED, "")))
        elif call.path == "/jobs":
            job = unpack(SubmitJob, body)
            name = f"job{len(self.jobs)}"
            self.jobs[name] = job
            _answer(call, to_text(self._summary(name, JobState.QUEUED)), 201)
        elif parts[-1] == "cancel":
            self.cancelled.add(parts[1])
            _answer(call, to_text(self._summary(parts[1], JobState.CANCELLED)))
        else:
            _answer(call, to_text(Refusal("No such call.")), 404)

    def _summary(self, name, state):
        job = self.jobs[name]
        size = (job.picture.pixels.width, job.picture.pixels.height)
        return JobSummary(name, job.name, state, time.time(), size, "", job.keepsake)

    def _tell_job(self, call, name):
        _begin_stream(call)
        _event(call, Queued(0))
        _event(call, Progress("Painting", 0.4))
        if self.shows_previews:
            _event(call, Preview(_png(self.jobs[name].request.painting.seed)))
        while not self.go_on.wait(0.05) and name not in self.cancelled:
            pass
        _event(call, Cancelled() if name in self.cancelled else Finished())

    def _tell_pull(self, call):
        _begin_stream(call)
        _event(call, Progress("Pulling Fine model 1.0", 0.25))
        while not self.go_on.wait(0.05) and not self.pull_cancelled.is_set():
            pass
        if self.pull_cancelled.is_set():
            _event(call, Cancelled())
            return
        if set(self.pulled) >= set(LACKING.needs):
            styles = tuple(replace(style, missing="", needs=()) for style in self.known.styles)
            self.known = replace(self.known, styles=styles, downloads=())
        _event(call, Finished())


def _stack_of(job):
    pixels, request = job.picture.pixels, job.request
    size = (pixels.width, pixels.height)
    made = MadeWith(
        "painter",
        request.painting.seed,
        {"m": "0" * 64},
        {},
        {"m": "MIT"},
        {"prompt": request.prompt},
    )
    shade = 40 + request.painting.seed % 200
    if isinstance(request, (ObjectRequest, BackgroundRequest)):
        role = Role.FOREGROUND if isinstance(request, ObjectRequest) else Role.BACKGROUND
        return LayerStack(size, (_flat(role, size, shade, request.prompt, pixels.depth),), made)
    phrases = read_scene_prompt(request.prompt).foregrounds
    notes = ("“a unicorn” was not found.",) if "a unicorn" in phrases else ()
    phrases = [phrase for phrase in phrases if phrase != "a unicorn"]
    layers = [_flat(Role.BACKGROUND, size, shade, "", pixels.depth)]
    for number, phrase in enumerate(reversed(phrases)):
        place = (10 * number, 5)
        layers.append(_flat(Role.FOREGROUND, (40, 30), 255 - number, phrase, pixels.depth, place))
    return LayerStack(size, tuple(layers), made, notes=notes)


def _flat(role, size, shade, phrase, depth, offset=(0, 0)):
    pixel = bytes(level for level in (shade, 90, 160, 255) for _byte in range(depth.bytes))
    data = pixel * (size[0] * size[1])
    block = PixelBlock(*size, ColourModel.RGBA, depth, data, ChannelOrder.BGRA)
    return Layer(phrase or "Background", role, block, offset, phrase=phrase)


def _png(seed, side=96):
    file = io.BytesIO()
    picture = Image.new("RGBA", (96, 64))
    picture.paste((seed % 255, 120, 200, 255), (0, 0, side, 64))
    picture.save(file, "PNG")
    return file.getvalue()


def _answer(call, body, status=200):
    body = body.encode() if isinstance(body, str) else body
    call.send_response(status)
    call.send_header("Content-Length", str(len(body)))
    call.end_headers()
    call.wfile.write(body)


def _begin_stream(call):
    call.send_response(200)
    call.send_header("Content-Type", "text/event-stream")
    call.end_headers()


def _event(call, event):
    _say(call, b"data: " + to_text(event, JobEvent).encode() + b"\n\n")


def _say(call, line):
    call.wfile.write(line)
    call.wfile.flush()
