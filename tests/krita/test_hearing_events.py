"""Events of a job are heard to the end, whatever happens while one of them is being heard."""

import pytest

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

# Krita lets events in while it waits for a picture: then the stream may end in the middle of one.
HEAR_SLOWLY = """
from importlib import import_module
from layerpeel.plugin.docker import CONNECTION
from layerpeel.plugin.qt import QObject, QTimer
QEventLoop = import_module(QObject.__module__).QEventLoop
told = CONNECTION.told_to_test = {"heard": [], "ended": [], "back": 0}

def heard(event):
    told["heard"].append(type(event).__name__)
    meanwhile = QEventLoop()
    QTimer.singleShot(500, meanwhile.quit)  # Long enough for the stream to end.
    meanwhile.exec()
    told["back"] += 1

def ended(problem):
    told["ended"].append(None if problem is None else problem.message)

CONNECTION._client.follow(job, heard, ended)
result = None
"""
TOLD = "from layerpeel.plugin.docker import CONNECTION; result = CONNECTION.told_to_test"


def test_a_stream_that_ends_while_an_event_is_heard_breaks_nothing(
    krita, easel, results, small_painting, peel_exactly
):
    easel.picture(small_painting)
    peel_exactly("Whole picture")
    results.open()
    krita.run(HEAR_SLOWLY, job=results.jobs[0])
    krita.wait_until(lambda: krita.run(TOLD)["ended"], 10, "the end")
    krita.wait_until(lambda: krita.run(TOLD)["back"], 10, "the event")
    told = krita.run(TOLD)
    assert told["heard"][-1] == "Finished"
    assert told["ended"] == [None]
    assert told["back"] == len(told["heard"])
    assert krita.errors() == []
