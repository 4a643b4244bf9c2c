"""Krita brings its own Python, in places 3.8: what plugin and backend share must run there."""

import shutil
import subprocess
from pathlib import Path

import pytest

IMPORT_ROOT = Path(__file__).parents[2] / "packaging" / "import_root"

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
assert sys.version_info[:2] == (3, 8), sys.version
from layerpeel.shared import places, version, wire
from layerpeel.shared.jobs import *
from layerpeel.shared.protocol import *
from layerpeel.shared.scene_prompt import read_scene_prompt
from layerpeel.shared.scenes import *

block = PixelBlock(2, 1, ColourModel.RGBA, Depth.U16, bytes(16))
picture = Picture(block, b"profile", PixelBlock(2, 1, ColourModel.RGBA, Depth.U8, bytes(8)))
request = PeelRequest(Mask(Coverage(2, 1, bytes(2)), True), 2, 1.5)
layer = Layer("Background", Role.BACKGROUND, block)
stack = LayerStack((2, 1), (layer,), MadeWith("compact", 0))
assert stack == LayerStack((2, 1), (layer,), MadeWith("compact", 0))
assert wire.unpack(LayerStack, wire.pack(stack)) == stack
job = SubmitJob("painting", request, picture, "keepsake")
assert wire.unpack(SubmitJob, wire.pack(job)) == job
scene = SceneRequest("[a cat] on a wall", Painting(seed=3), Guide(GuideKind.LINES))
job = SubmitJob("scene", scene, picture)
assert wire.unpack(SubmitJob, wire.pack(job)) == job
assert read_scene_prompt(scene.prompt).foregrounds == ("a cat",)
for event in (Queued(2), Progress("Finding its edge", 0.5), Preview(b"png"), Finished(("note",))):
    assert wire.from_text(JobEvent, wire.to_text(event, JobEvent)) == event
address = places.ServerAddress("http://127.0.0.1:1", "token")
assert wire.from_text(places.ServerAddress, wire.to_text(address)) == address
assert places.server_file().parent == places.state_folder()
try:
    PixelBlock(2, 1, ColourModel.GRAYA, Depth.U8, b"")
except ProtocolError as error:
    print(error)
"""


def _python38():
    path = shutil.which("python3.8")
    # A version manager leaves a python3.8 on the PATH that only says it is not switched on.
    works = path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0
    return path if works else None


def test_protocol_wire_and_places_run_under_python_3_8():
    python = _python38()
    if python is None:
        pytest.skip("there is no Python 3.8 here")
    done = subprocess.run(
        [python, "-I", "-B", "-c", PROGRAM, str(IMPORT_ROOT)], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "are 4 bytes, but 0 came" in done.stdout.decode("utf-8", "replace")
