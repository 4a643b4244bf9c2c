"""The real `layerpeel serve` in a process of its own, on a folder of its own, over real HTTP."""

import contextlib
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from layerpeel.shared.jobs import (
    SubmitJob,
)
from layerpeel.shared.protocol import (
    ColourModel,
    Coverage,
    Depth,
    Mask,
    PeelRequest,
    Picture,
    PixelBlock,
)
from running_backend import RunningBackend, find_workers, start_serving


@pytest.fixture
def run_backend(tmp_path):
    """Start servers, by default on this test's own folder; whatever is left of them is killed."""
    running = []

    def run(*options, home=tmp_path / "home", **more):
        running.append(RunningBackend(home, *options, **more))
        return running[-1]

    yield run
    end_all(running)


@pytest.fixture(scope="module")
def backend_with(tmp_path_factory):
    """Start servers that last for all tests of a file; those must leave them as they were."""
    running = []

    def run(*options, **more):
        running.append(RunningBackend(tmp_path_factory.mktemp("home"), *options, **more))
        return running[-1]

    yield run
    end_all(running)


@pytest.fixture(scope="module")
def backend(backend_with):
    """One server for all tests of a file that leave it as it was."""
    return backend_with()


def end_all(running):
    for backend in running:
        backend.process.kill()
        backend.process.communicate()


@pytest.fixture(scope="session")
def make_job(make_scene):
    """A small picture with a mask, peeled in a moment and without any model."""

    def make(name="Knight", side=96, **request):
        scene = make_scene((side, side), "chateau", ("jessica", side // 5, 8, side - 12))
        rgba = np.dstack([scene.picture, np.full((side, side), 255, np.uint8)])
        mask = np.where(scene.alphas[0] > 127, 255, 0).astype(np.uint8)
        pixels = PixelBlock(side, side, ColourModel.RGBA, Depth.U8, rgba.tobytes())
        if "lift" not in request:
            # Within a band that is given, the edge is looked for without a model.
            lift = Mask(Coverage(side, side, mask.tobytes()))
            request = {"lift": lift, "band": 2.0, **request}
        return SubmitJob(name, PeelRequest(**request), Picture(pixels), "note")

    return make


@pytest.fixture(scope="session")
def without_times():
    """Remove from a stack what differs between two equal requests."""

    def strip(stack):
        return replace(stack, made_with=replace(stack.made_with, seconds={}))

    return strip


class Halted:
    """Halts processes, so that their work stays undone."""

    def __init__(self):
        self._processes = []

    def __call__(self, process):
        os.kill(process, signal.SIGSTOP)
        self._processes.append(process)

    def let_go(self, process):
        self._processes.remove(process)
        # It may have been killed meanwhile, as many of these tests do.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)

    def let_all_go(self):
        for process in list(self._processes):
            self.let_go(process)


@pytest.fixture
def halted():
    """Halt a process; it is let go when the test ends, if not before."""
    halted = Halted()
    yield halted
    halted.let_all_go()


@pytest.fixture(scope="session")
def processes_of():
    """Return the ids of the processes that a server, by its id, has started."""
    return find_workers


@pytest.fixture(scope="session")
def start():
    """Start a server without waiting for it."""
    return start_serving
