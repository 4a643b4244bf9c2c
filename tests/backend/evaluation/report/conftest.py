"""An evaluation whose figures are made up, with pictures that can be told apart by their colour."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.composite import Composite
from layerpeel.backend.evaluation.evaluate import TRUTH, Evaluation, PictureFigures, Plan
from layerpeel.backend.evaluation.figures import FIGURES
from layerpeel.backend.evaluation.placement_figures import placement_of
from layerpeel.backend.evaluation.report.gallery import Gallery
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS, CompositeQuestion
from layerpeel.backend.evaluation.tracks.track_registry import methods_named
from layerpeel.backend.separation import Separation

# Pytest imports each test file by itself, so their helper module must be found on the path.
sys.path.append(str(Path(__file__).parent))

import chromium

SIZE = 32
COLOURS = {"compact": (1, 0, 0), "classical": (0, 0, 1), "blur": (0, 1, 0)}
FACTS = {
    "date": "2026-01-02",
    "processor": "a processor",
    "cores": "2",
    "libraries": "layerpeel 9.9.9, numpy 2",
    "art": "tests/art",
    "composites": "0",
    "size": str(SIZE),
    "seed": "0",
}


def pytest_runtest_setup(item):
    """Skip, or fail, a test that needs a browser where there is none."""
    if item.get_closest_marker("browser") is None:
        return
    reason = chromium.reason_to_leave_out(os.environ)
    if reason is None:
        return
    if chromium.is_failure(os.environ):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def plain(colour):
    return np.broadcast_to(np.array(colour, np.float32), (SIZE, SIZE, 3)).copy()


def question_named(name):
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[8:24, 8:24] = 1
    layers = plain((1, 1, 1)), plain((0, 0, 0))
    composite = Composite(alpha, *layers, plain((1, 1, 0)), trimap=alpha, name=name)
    return CompositeQuestion(composite, by_trimap=True)


@pytest.fixture(scope="session")
def make_evaluation(art):
    """Make an evaluation of `count` pictures, and its gallery.

    `worse(method, number)` is the figures Bvis_mad and residue; all others are 1.
    """

    def make(count, worse=lambda _method, number: float(number), names=None, methods=COLOURS):
        plan = Plan(LAYERS, Art(art), methods_named(LAYERS, methods), "classical", count, SIZE)
        evaluation, gallery = Evaluation(plan, methods=list(methods)), Gallery(plan)
        for number in range(1, count + 1):
            question = question_named(names[number - 1] if names else f"thing {number}")
            alpha = question.truth.alpha
            pictures = {}
            for method in methods:
                colour = plain(COLOURS[method])
                answer = (Separation(alpha, colour, colour),)
                pictures[method] = question.put_to(lambda _lift, made=answer: made).pictures
            picture = PictureFigures(number, question.name)
            for method in (TRUTH, *methods):
                picture.placement[method] = placement_of(alpha)
            for method in methods:
                picture.figures[method] = {
                    **dict.fromkeys(FIGURES, 1.0),
                    **dict.fromkeys(("Bvis_mad", "residue"), worse(method, number)),
                }
                evaluation.peak_bytes[method] = 100_000_000
                evaluation.totals[method] = {}
            evaluation.pictures.append(picture)
            gallery.add(picture, question, pictures)
        return evaluation, gallery

    return make


@pytest.fixture(scope="session")
def make_question():
    """Make a question of the given name."""
    return question_named


@pytest.fixture
def facts():
    return dict(FACTS)


@pytest.fixture(scope="session")
def write_page(make_evaluation, tmp_path_factory):
    """Write a report as `layerpeel eval` does; return the path of its page."""
    from layerpeel.backend.evaluation.report.output import REPORT, write_report
    from layerpeel.backend.evaluation.report.record import record_of

    def write(*arguments, **more):
        evaluation, gallery = make_evaluation(*arguments, **more)
        record = record_of(evaluation, FACTS | {"composites": str(evaluation.plan.count)})
        folder = tmp_path_factory.mktemp("report") / "out"
        write_report(evaluation, record, gallery, folder, force=False)
        return folder / REPORT

    return write


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A headless Chromium, which saves downloads into `browser.downloads`."""
    downloads = tmp_path_factory.mktemp("downloads")
    driver = chromium.start(downloads)
    driver.downloads = downloads
    yield driver
    driver.quit()
