"""What happens round a command: pipes, full disks, Ctrl-C before anything is loaded."""

import inspect
import os
import signal
import subprocess
import sys

import pytest

from layerpeel.backend.cli import commands
from waiting import wait_for


def test_ctrl_c_in_the_first_second_is_one_line(command, tmp_path):
    # Loading takes as long as somebody needs to press Ctrl-C, and longer.
    (tmp_path / "typer.py").write_text(
        f"import pathlib, time\npathlib.Path({str(tmp_path / 'loading')!r}).touch()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [command, "models", "list"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for((tmp_path / "loading").exists)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said == "layerpeel: Stopped. Nothing that is half done was put in place.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a full device as only Linux has it")
def test_output_that_cannot_be_printed_is_one_line(command):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [command, "models", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 6
    assert done.stderr == "layerpeel: Writing or printing failed: No space left on device.\n"


def test_who_reads_only_the_first_lines_sees_no_error(command):
    process = subprocess.Popen(
        [command, "models", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait()
    process.stderr.close()


def test_commands_themselves_say_which_file_cannot_be_read():
    """Otherwise it would be told as a mistake in the command line, with its code 2."""
    for add in dict.fromkeys(commands._ADDED_BY.values()):
        add()
    commands._leave_files_to_commands(commands.app)
    told = [each for group in all_of(commands.app) for each in said_of(group)]
    assert len(told) > 100
    assert not any(each.readable for each in told)


def all_of(group):
    yield group
    for each in group.registered_groups:
        yield from all_of(each.typer_instance)


def said_of(group):
    """Return what is said of every parameter of a group's commands."""
    for command in group.registered_commands:
        for parameter in inspect.signature(command.callback).parameters.values():
            yield from getattr(parameter.annotation, "__metadata__", ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_picture_that_may_not_be_read_ends_with_3(layerpeel, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"")
    (tmp_path / "secret.png").chmod(0)
    assert layerpeel("peel", tmp_path / "secret.png", "--out", tmp_path / "x.ora").returncode == 3


def test_a_name_with_a_line_break_makes_no_second_line(layerpeel, tmp_path):
    done = layerpeel("peel", tmp_path / "a\nlayerpeel: forged\x1b[2J", "--out", "x.ora")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_links_are_followed_by_previews_as_by_results(layerpeel, scene_files, tmp_path):
    for name in ("real.ora", "real.png"):
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name.replace("real", "link")).symlink_to(name)
    arguments = ("peel", scene_files.picture, "--mask", scene_files.mask, "--force", "--quiet")
    out, preview = tmp_path / "link.ora", tmp_path / "link.png"
    done = layerpeel(*arguments, "--out", out, "--preview", preview)
    assert done.returncode == 0, done.stderr
    for name in ("ora", "png"):
        assert (tmp_path / f"link.{name}").is_symlink()
        assert (tmp_path / f"real.{name}").read_bytes() != b"old"


def test_a_name_as_long_as_names_can_be(layerpeel, scene_files, tmp_path):
    out = tmp_path / ("ö" * 125 + ".ora")
    done = layerpeel("peel", scene_files.picture, "--mask", scene_files.mask, "--out", out)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
