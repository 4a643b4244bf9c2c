"""Folders that take the place of others, and what is left when that is interrupted anywhere."""

import errno
import itertools
import os
from pathlib import Path

import pytest

from layerpeel.backend.files.atomic_folder import (
    LeftAsideError,
    atomic_folder,
    recover_folder,
    replace_folder,
)


def folder(path, content):
    path.mkdir()
    (path / "model.safetensors").write_text(content, encoding="utf-8")
    return path


def content_of(path):
    return (path / "model.safetensors").read_text(encoding="utf-8")


def let_renames_fail(monkeypatch, calls, error):
    """Let the renames with these numbers, counted from 0, fail."""
    rename, numbers = Path.rename, itertools.count()

    def fail(path, target):
        if next(numbers) in calls:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)


def write(target, content, check=None):
    with atomic_folder(target, check) as new:
        (new / "model.safetensors").write_text(content, encoding="utf-8")


def replace(target, content):
    replace_folder(folder(target.with_name("sam.part"), content), target)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sam"


@pytest.mark.parametrize("put", [write, replace])
def test_new_folder_takes_the_place_of_the_old(tmp_path, path, put):
    for content in ("first", "second", "third"):
        put(path, content)
        assert content_of(path) == content
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("put", [write, replace])
@pytest.mark.parametrize("leads_to", ["real", "missing"])
def test_link_is_replaced_and_not_what_it_leads_to(tmp_path, path, put, leads_to):
    real = folder(tmp_path / "real", "dear")
    path.symlink_to(tmp_path / leads_to)
    put(path, "new")
    assert not path.is_symlink()
    assert content_of(path) == "new"
    assert content_of(real) == "dear"
    assert sorted(tmp_path.iterdir()) == [real, path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("call", [0, 1])
def test_interrupted_swap_leaves_the_old_folder(tmp_path, path, monkeypatch, error, call):
    write(path, "old")
    let_renames_fail(monkeypatch, {call}, error)
    with pytest.raises(error):
        write(path, "new")
    assert content_of(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("during", ["block", "check"])
def test_whatever_is_raised_leaves_the_old_folder(tmp_path, path, error, during):
    write(path, "old")

    def fail():
        raise error

    def write_or_fail():
        with atomic_folder(path, fail) as new:
            (new / "model.safetensors").write_text("new", encoding="utf-8")
            if during == "block":
                fail()

    with pytest.raises(error):
        write_or_fail()
    assert content_of(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_leaves_the_old_folder(tmp_path, path, small_disk):
    write(path, "old")
    with small_disk(100_000), pytest.raises(OSError, match="too large"):
        write(path, "n" * 300_000)
    assert content_of(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_old_folder_that_cannot_be_put_back_is_named(tmp_path, path, monkeypatch):
    write(path, "old")
    let_renames_fail(monkeypatch, {1, 2}, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(LeftAsideError, match="No space left") as caught:
        write(path, "new")
    assert list(tmp_path.iterdir()) == [caught.value.aside]
    assert content_of(caught.value.aside) == "old"


def test_old_folder_is_kept_when_somebody_else_takes_its_name(tmp_path, path, monkeypatch):
    write(path, "old")
    rename = Path.rename

    def rename_and_take_the_name(old, new):
        renamed = rename(old, new)
        if old == path:
            folder(path, "somebody else's")
        return renamed

    monkeypatch.setattr(Path, "rename", rename_and_take_the_name)
    with pytest.raises(LeftAsideError) as caught:
        write(path, "new")
    assert content_of(path) == "somebody else's"
    assert content_of(caught.value.aside) == "old"
    assert sorted(tmp_path.iterdir()) == sorted([path, caught.value.aside])
    monkeypatch.undo()
    write(path, "new")
    assert content_of(caught.value.aside) == "old"


def test_old_folder_stays_when_the_new_cannot_come(tmp_path, path):
    folder(path, "old")
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "sam.part", path)
    assert content_of(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_aside_that_is_no_longer_needed_goes(tmp_path, path):
    folder(path, "old")
    folder(tmp_path / "sam.replaced", "older")
    replace(path, "new")
    assert content_of(path) == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("is_new_whole", [False, True])
def test_process_killed_between_the_renames_loses_nothing(
    tmp_path, path, run_until_it_ends, is_new_whole
):
    folder(path, "old")
    folder(tmp_path / "sam.part", "new")
    run_until_it_ends(
        "from layerpeel.backend.files.atomic_folder import replace_folder\n"
        "rename = Path.rename\n"
        "Path.rename = lambda a, b: (rename(a, b), die())\n"
        "replace_folder(Path('sam.part'), Path('sam'))\n"
    )
    assert content_of(tmp_path / "sam.replaced") == "old"
    assert not path.exists()
    if is_new_whole:
        replace_folder(tmp_path / "sam.part", path)
        assert content_of(path) == "new"
        assert list(tmp_path.iterdir()) == [path]
    else:
        with pytest.raises(FileNotFoundError):
            replace_folder(tmp_path / "missing", path)
        assert content_of(path) == "old"


@pytest.mark.parametrize("is_checked_first", [False, True])
def test_a_process_killed_while_it_replaces_a_folder_loses_nothing(
    tmp_path, path, run_until_it_ends, is_checked_first
):
    folder(path, "old")
    run_until_it_ends(
        "from layerpeel.backend.files.atomic_folder import atomic_folder\n"
        "rename = Path.rename\n"
        "Path.rename = lambda a, b: (rename(a, b), die())\n"
        "with atomic_folder(Path('sam')) as new:\n"
        "    (new / 'model.safetensors').write_text('new')\n"
    )
    assert not path.exists()
    if is_checked_first:
        recover_folder(path)
        assert content_of(path) == "old"
    write(path, "newer")
    assert content_of(path) == "newer"


WRITE = (
    "from layerpeel.backend.files.atomic_folder import atomic_folder\n"
    "with atomic_folder(Path('sam')) as new:\n"
    "    (new / 'model.safetensors').write_text('new')\n"
)
REPLACE = (
    "from layerpeel.backend.files.atomic_folder import replace_folder\n"
    "replace_folder(Path('sam.part'), Path('sam'))\n"
)


@pytest.mark.parametrize(("call", "put"), [(WRITE, write), (REPLACE, replace)])
def test_a_folder_that_was_half_removed_does_not_come_back(path, run_until_it_ends, call, put):
    folder(path, "old")
    folder(path.with_name("sam.part"), "new")
    run_until_it_ends(
        "import shutil\n"
        "shutil.rmtree = lambda a: ((a / 'model.safetensors').unlink(), die())\n" + call
    )
    assert content_of(path) == "new"
    path.rename(path.with_name("elsewhere"))
    recover_folder(path)
    assert not path.exists()
    put(path, "newer")
    assert content_of(path) == "newer"


@pytest.mark.parametrize(("call", "aside"), [(WRITE, ".sam.replaced"), (REPLACE, "sam.replaced")])
def test_what_was_left_aside_does_not_take_the_place_of_the_present_folder(
    path, run_until_it_ends, call, aside
):
    folder(path, "present")
    folder(path.with_name("sam.part"), "new")
    folder(path.with_name(aside), "left aside long ago")
    run_until_it_ends(
        "rename = Path.rename\n"
        "Path.rename = lambda a, b: (rename(a, b), a.name == 'sam' and die())\n" + call
    )
    assert not path.exists()
    assert content_of(path.with_name(aside)) == "present"


def test_what_a_killed_process_left_goes_after_an_hour(tmp_path, path):
    (old, young) = (folder(tmp_path / f".sam.0000000{n}.partial", "half") for n in (1, 2))
    (file,) = (tmp_path / ".sam.00000003.partial",)
    file.write_text("half")
    other = folder(tmp_path / ".samuel.00000004.partial", "half")
    for left in (old, file, other):
        os.utime(left, (0, 0))
    write(path, "new")
    assert sorted(tmp_path.iterdir()) == sorted([young, other, path])
