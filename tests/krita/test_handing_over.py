"""How a picture gets from Krita to the backend."""

import contextlib
import json

import numpy as np
import pytest
from krita_harness.docker import DONE
from krita_harness.pictures import opaque

pytestmark = pytest.mark.krita

# Qt posts 16 KiB a turn: for this picture 768 turns.
SIDES = 1536, 2048
FEW = 250

# Something that is redrawn again and again, as the marching ants of a selection are.
REDRAW = """
from time import sleep
from layerpeel.plugin.qt import QTimer
def redraw():
    krita.redrawn += 1
    sleep(0.02)
krita.redrawn, krita.redrawing = 0, QTimer()
krita.redrawing.timeout.connect(redraw)
krita.redrawing.start(0)
"""
STOP = "krita.redrawing.stop()\nresult = krita.redrawn"


@pytest.fixture
def blocked(backend):
    """Keep the plugin from writing where it hands pictures over, inside a `with`."""

    @contextlib.contextmanager
    def block():
        folder = backend.folder / "incoming"
        folder.rmdir()  # It is empty: whatever was handed over has been taken.
        folder.write_text("in the way", encoding="utf-8")
        try:
            yield
        finally:
            folder.unlink()
            folder.mkdir(mode=0o700)

    return block


def test_it_takes_few_turns_whatever_is_redrawn(krita, docker, easel, backend):
    easel.picture(opaque(np.zeros((*SIDES, 3), np.uint8)))
    easel.select(np.full((200, 200), 255, np.uint8), 300, 300)
    docker.lift("selection")
    docker.take_edge_exactly()
    with backend.held():
        krita.run(REDRAW)
        docker.start()
        krita.wait_until(
            lambda: any((backend.folder / "jobs").glob("*.request")), 60, "the picture to arrive"
        )
        turns = krita.run(STOP)
    assert docker.wait_for_end() == DONE
    assert turns < FEW
    assert not any((backend.folder / "incoming").iterdir())


def test_full_disk_is_told_and_the_next_peel_works(
    krita, docker, easel, small_painting, peel_exactly, blocked
):
    easel.picture(small_painting)
    before = krita.layer_tree()
    with blocked():
        message = peel_exactly()
    assert message.startswith("The picture cannot be handed to the backend: File exists.")
    assert krita.layer_tree() == before
    assert docker.peel() == DONE


def test_a_backend_elsewhere_is_sent_the_picture(
    easel, backend, small_painting, peel_exactly, blocked
):
    easel.picture(small_painting)
    told = json.loads((backend.folder / "server.json").read_text(encoding="utf-8"))
    with backend.replaced_by(told["address"], told["token"]), blocked():
        assert peel_exactly() == DONE
