"""Work in turns of the event loop, and work that goes on in the turn that is under way."""

import pytest
from PyQt5.QtCore import QCoreApplication

from layerpeel.plugin import turns
from layerpeel.plugin.turns import KRITA, run_in_turns


@pytest.fixture(scope="module")
def application():
    return QCoreApplication.instance() or QCoreApplication([])


def work(said, *parts):
    for part in parts:
        said.append(part)
        yield part
    return "done"


def run(application, said, at_once, parts=("one", "two")):
    """Run work that begins other work when it is done, and count the turns until all is."""

    def begin_another(_result):
        run_in_turns(work(said, "three"), said.append, said.append, (), at_once=at_once)
        said.append("begun")

    run_in_turns(work(said, *parts), begin_another, said.append, ())
    count = 0
    while "done" not in said:
        application.processEvents()
        count += 1
    application.processEvents()
    return count


def test_what_follows_goes_on_in_the_same_turn(application):
    said = []
    assert run(application, said, at_once=True) == 1
    assert said == ["one", "two", "three", "done", "begun"]


def test_else_it_waits_for_the_next(application):
    said = []
    assert run(application, said, at_once=False) == 2
    assert said == ["one", "two", "begun", "three", "done"]


def test_also_where_the_turn_was_long(application, monkeypatch):
    monkeypatch.setattr(turns, "SHORT", 1e-9)
    said = []
    assert run(application, said, at_once=True) > 2
    assert said == ["one", "two", "begun", "three", "done"]


def test_a_call_of_kritas_ends_a_turn(application):
    said = []
    assert run(application, said, at_once=True, parts=(f"{KRITA}draw", "two")) == 2


def test_without_a_turn_under_way_it_begins_with_the_next(application):
    said = []
    run_in_turns(work(said, "one"), said.append, said.append, (), at_once=True)
    assert said == []
    application.processEvents()
    assert said == ["one", "done"]
