"""Ctrl-C and a full disk: nothing half-written, nothing lost, and no traceback."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(os.name != "posix", reason="terminals and signals of POSIX")

STOPPED = "layerpeel: Stopped. Nothing that is half done was put in place."


@pytest.fixture(scope="module")
def large(scene_files, tmp_path_factory):
    """Picture and mask of 1024×1024: a peel of some seconds."""
    folder = tmp_path_factory.mktemp("large")
    for name, path in (("picture", scene_files.picture), ("mask", scene_files.mask)):
        Image.open(path).resize((1024, 1024), Image.Resampling.BICUBIC).save(folder / f"{name}.png")
    return folder


def _heard(terminal, words, seconds):
    """Wait until `words` came from a terminal."""
    said, end = b"", time.monotonic() + seconds
    while words not in said:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"{words!r} was not said in {seconds} s, but {said!r}"
        try:
            said += os.read(terminal, 65536)
        except OSError:
            pytest.fail(f"It ended before {words!r} was said, with {said!r}")


def _rest(terminal):
    """Read what else a terminal receives until the other side closes it."""
    said = b""
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 65536):
            said += piece
    return said


def _interrupt_at(command, words, arguments):
    """Start the command on a terminal and press Ctrl-C when `words` show.

    Returns exit code, output and the seconds that ending took.
    """
    terminal, end = os.openpty()
    process = subprocess.Popen(
        [command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=end,
        stdin=subprocess.DEVNULL,
    )
    os.close(end)
    try:
        _heard(terminal, words, 120)
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        output, _ = process.communicate(timeout=60)
        waited = time.monotonic() - pressed
        said = _rest(terminal).decode()
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    assert output == b""
    assert "Traceback" not in said
    return process.returncode, said, waited


@pytest.mark.parametrize(
    ("stage", "with_mask"),
    [
        ("Finding what to lift off", False),
        ("Finding its edge", True),
        ("Filling in behind it", True),
    ],
)
@pytest.mark.parametrize("there_before", [False, True])
def test_control_c_leaves_nothing_and_loses_nothing(
    command, large, tmp_path, stage, with_mask, there_before
):
    out = tmp_path / "result"
    out.mkdir()
    if there_before:
        (out / "a.ora").write_bytes(b"an older result")
    arguments = ["peel", large / "picture.png", *(["--mask", large / "mask.png"] * with_mask)]
    arguments += ["--out", out / "a.ora", "--preview", out / "b.png", "--force"]
    code, said, waited = _interrupt_at(command, stage.encode(), arguments)
    assert code == 130
    assert STOPPED in said
    # It ends at once, also while compiled code runs for seconds.
    assert waited < 3
    assert [path.name for path in out.iterdir()] == ["a.ora"] * there_before
    if there_before:
        assert (out / "a.ora").read_bytes() == b"an older result"


# Ctrl-C at the moment when a library is first imported, however long it took to get there.
PRESSING = """
import os, signal, sys
from layerpeel.backend.cli.main import run
library = sys.argv.pop(1)
assert library not in sys.modules
def press(event, arguments):
    if event == "import" and arguments[0] == library:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(press)
run()
"""


@pytest.mark.parametrize("library", ["PIL", "cv2", "numba", "onnxruntime"])
def test_control_c_while_libraries_load_is_no_traceback_either(large, tmp_path, library):
    arguments = ["peel", large / "picture.png", "--mask", large / "mask.png"]
    done = subprocess.run(
        [sys.executable, "-c", PRESSING, library, *map(str, arguments), "--out", "a.ora"],
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert (done.stdout, done.stderr.decode()) == (b"", f"{STOPPED}\n")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_what_was_there(layerpeel, scene_files, tmp_path):
    """A limit on the size of files stands for a full disk."""
    resource = pytest.importorskip("resource")
    out = tmp_path / "a.ora"
    out.write_bytes(b"an older result")
    arguments = ("peel", scene_files.picture, "--mask", scene_files.mask, "--out", out, "--force")
    done = layerpeel(
        *arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    )
    assert done.returncode == 6, done.stderr
    (line,) = done.stderr.splitlines()
    assert "cannot be written" in line
    assert out.read_bytes() == b"an older result"
    assert list(tmp_path.iterdir()) == [out]
