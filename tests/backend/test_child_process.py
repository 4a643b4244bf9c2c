"""Real child processes: orders and reports, and every way in which child or parent can end."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys

import pytest

from layerpeel.backend.child_process import ChildEnded, ChildProcess, ProcessEnd
from waiting import PATIENCE, has_ended, wait_for

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

CHILDREN = """
import os
import sys

def echo(parent, *before):
    for word in before:
        parent.send(word)
    while True:
        parent.send(parent.receive())

def work_until_ordered(parent):
    parent.send(parent.has_order)
    while not parent.has_order:
        pass
    parent.send(parent.receive())

def end_by(parent, how):
    parent.send("begun")
    parent.receive()
    how()

def leave():
    sys.exit(3)

def meet_error():
    raise RuntimeError("as nobody foresaw")

def return_as_usual():
    pass

def loop_for_ever(parent):
    parent.send("begun")
    while True:
        pass

class Unreadable:
    def __reduce__(self):
        return int, ("no number",)
"""

PARENT = """
import signal, time
import children
from layerpeel.backend.child_process import ChildProcess

if __name__ == "__main__":
    child = ChildProcess("child", children.loop_for_ever)
    child.receive()
    print(child.pid, flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the module of children lies."""
    folder = tmp_path_factory.mktemp("children")
    (folder / "children.py").write_text(CHILDREN)
    return folder


@pytest.fixture(scope="module")
def children(folder):
    """The module of children; child processes import it, as they inherit `sys.path`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("children")


@pytest.fixture
def start():
    """Start children; what is left of them is ended."""
    with contextlib.ExitStack() as held:

        def begin(work, *arguments):
            child = ChildProcess("child", work, *arguments)
            held.callback(child.close)
            return child

        yield begin


def end_of(child):
    with pytest.raises(ChildEnded) as ended:
        child.receive()
    return ended.value.end


def test_orders_and_reports_keep_their_order(start, children):
    child = start(children.echo, "first", "second")
    for order in ("third", {"fourth": 4}):
        child.send(order)
    assert [child.receive() for _ in range(4)] == ["first", "second", "third", {"fourth": 4}]
    assert child.is_alive


def test_a_child_at_work_sees_that_an_order_has_come(start, children):
    child = start(children.work_until_ordered)
    assert child.receive() is False
    child.send("stop")
    assert child.receive() == "stop"


@posix
def test_a_killed_child_is_told_from_a_crashed_one(start, children):
    child = start(children.loop_for_ever)
    child.receive()
    child.kill()
    end = end_of(child)
    assert end == ProcessEnd(-signal.SIGKILL)
    assert end.was_killed
    assert str(end) == "Killed"
    assert not child.is_alive


@posix
def test_a_crash_is_named(start, children):
    child = start(children.end_by, os.abort)
    child.receive()
    child.send("now")
    end = end_of(child)
    assert not end.was_killed
    assert str(end) == "Aborted"


@pytest.mark.parametrize(
    ("how", "words"),
    [("leave", "exit code 3"), ("meet_error", "exit code 1"), ("return_as_usual", "exit code 0")],
)
def test_an_exit_code_is_named(start, children, how, words):
    child = start(children.end_by, getattr(children, how))
    assert child.receive() == "begun"
    child.send("now")
    end = end_of(child)
    assert not end.was_killed
    assert str(end) == words


def test_an_order_to_a_child_that_is_gone_ends_in_the_same_way(start, children):
    child = start(children.loop_for_ever)
    child.receive()
    child.kill()
    end = end_of(child)
    child.send("too late")
    assert end_of(child) == end


def test_an_order_that_cannot_be_read_ends_the_child(start, children):
    child = start(children.echo)
    child.send(children.Unreadable())
    assert str(end_of(child)) == "exit code 1"


def test_closing_ends_a_child_at_work(start, children):
    child = start(children.loop_for_ever)
    child.receive()
    child.close()
    assert not child.is_alive


@posix
def test_control_c_leaves_the_child_at_work(start, children):
    child = start(children.echo, "begun")
    child.receive()
    os.kill(child.pid, signal.SIGINT)
    child.send("still here")
    assert child.receive() == "still here"


@posix
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_child_at_work_ends_with_its_parent(folder, sign):
    script = folder / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        child = int(parent.stdout.readline())
        assert not has_ended(child)
        parent.send_signal(sign)
        try:
            parent.wait(PATIENCE)
        finally:
            parent.kill()
    wait_for(lambda: has_ended(child))


def test_it_loads_nothing_heavy():
    code = "import sys, layerpeel.backend.child_process; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert {"numpy", "PIL", "cv2", "torch", "starlette"}.isdisjoint(loaded.stdout.split())
