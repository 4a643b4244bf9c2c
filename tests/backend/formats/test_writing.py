"""Where results go: what is refused, what is replaced, and what an interruption leaves."""

import errno
import itertools
import os
from pathlib import Path

import pytest

from layerpeel.backend.errors import OutputError
from layerpeel.backend.formats import folder, openraster
from layerpeel.backend.formats.folder import read_folder
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.formats.writing import check_output, write_stack
from layerpeel.shared.protocol import Depth

NAMES = ["result.ora", "result"]


def content(path):
    """Return the content of all files below a path, by name."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("as_type", [str, Path])
def test_the_ending_says_the_kind(tmp_path, make_stack, as_type):
    stack = make_stack()
    assert write_stack(stack, as_type(tmp_path / "a.ora"), False) == [tmp_path / "a.ora"]
    assert read_picture(tmp_path / "a.ora").picture.pixels.width == 31
    files = write_stack(stack, as_type(tmp_path / "plain"), False)
    assert [file.name for file in files] == ["01-background.png", "02-subject.png", "layers.json"]
    assert all(file.is_file() for file in files)


def test_a_slash_at_the_end_asks_for_a_folder(tmp_path, make_stack):
    write_stack(make_stack(), f"{tmp_path}/version.2/", False)
    assert read_folder(tmp_path / "version.2") == make_stack()
    write_stack(make_stack(seed=9), tmp_path / "version.2", True)
    assert read_folder(tmp_path / "version.2") == make_stack(seed=9)


@pytest.mark.parametrize("name", ["a.psd", "a.png", "a.ora.bak", "a.kra"])
def test_an_unknown_ending_is_refused_with_what_is_possible(tmp_path, make_stack, name):
    for attempt in (check_output, lambda out, force: write_stack(make_stack(), out, force)):
        with pytest.raises(OutputError, match=r"\.ora.*folder"):
            attempt(tmp_path / name, False)


@pytest.mark.parametrize("name", NAMES)
def test_a_place_that_cannot_be_written_to_is_refused_before_the_work(tmp_path, name):
    with pytest.raises(OutputError, match="no folder"):
        check_output(tmp_path / "missing" / name, False)
    (tmp_path / "file").write_text("words")
    with pytest.raises(OutputError, match="no folder"):
        check_output(tmp_path / "file" / name, True)
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        with pytest.raises(OutputError, match="may not write"):
            check_output(closed / name, False)
    with pytest.raises(OutputError):
        check_output("/", True)


def test_floats_do_not_fit_into_openraster_and_that_can_be_known_before(tmp_path):
    check_output(tmp_path / "a.ora", False, Depth.U16)
    check_output(tmp_path / "a", False, Depth.F32)
    with pytest.raises(OutputError, match="float"):
        check_output(tmp_path / "a.ora", False, Depth.F32)


@pytest.mark.parametrize("name", NAMES)
def test_an_existing_result_is_replaced_with_force_only(tmp_path, make_stack, name):
    write_stack(make_stack(), tmp_path / name, False)
    before = content(tmp_path)
    with pytest.raises(OutputError, match="--force"):
        check_output(tmp_path / name, False)
    with pytest.raises(OutputError, match="--force"):
        write_stack(make_stack(seed=5), tmp_path / name, False)
    assert content(tmp_path) == before
    write_stack(make_stack(seed=5), tmp_path / name, True)
    assert content(tmp_path) != before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_somebody_elses_folder_is_never_replaced(tmp_path, make_stack):
    photos = tmp_path / "photos"
    photos.mkdir()
    write_stack(make_stack(), photos, True)  # empty: nothing is lost
    (photos / ".DS_Store").write_bytes(b"x")
    write_stack(make_stack(seed=2), photos, True)
    (photos / "holiday.jpg").write_bytes(b"dear")
    with pytest.raises(OutputError, match=r"holiday\.jpg"):
        write_stack(make_stack(), photos, True)
    (photos / "layers.json").write_text('{"layers": "of somebody else"}')
    with pytest.raises(OutputError, match="not a result of layerpeel"):
        check_output(photos, True)
    assert (photos / "holiday.jpg").read_bytes() == b"dear"
    assert read_picture(photos / "02-subject.png").picture.pixels.width == 12


def test_a_folder_does_not_become_a_file_nor_a_file_a_folder(tmp_path, make_stack):
    (tmp_path / "a.ora").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_stack(make_stack(), tmp_path / "a.ora", True)
    (tmp_path / "plain").write_text("dear")
    with pytest.raises(OutputError, match="is a file"):
        write_stack(make_stack(), tmp_path / "plain", True)
    assert (tmp_path / "plain").read_text() == "dear"


def test_what_a_link_points_to_is_replaced(tmp_path, make_stack):
    write_stack(make_stack(), tmp_path / "real.ora", False)
    (tmp_path / "link.ora").symlink_to(tmp_path / "real.ora")
    before = (tmp_path / "real.ora").read_bytes()
    write_stack(make_stack(seed=4), tmp_path / "link.ora", True)
    assert (tmp_path / "link.ora").is_symlink()
    assert (tmp_path / "real.ora").read_bytes() != before


def failing(original, error, at, times):
    """Let a function fail `times` times, from call number `at` on."""
    calls = itertools.count()

    def fail(*arguments, **options):
        if at <= next(calls) < at + times:
            raise error
        return original(*arguments, **options)

    return fail


ERRORS = [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("call", range(6))
@pytest.mark.parametrize("where", ["encode", "fsync", "rename", "replace"])
@pytest.mark.parametrize("error", ERRORS, ids=["interrupt", "full"])
def test_an_interruption_leaves_the_old_result_or_the_new_one_whole(
    tmp_path, make_stack, monkeypatch, name, existing, call, where, error
):
    (tmp_path / "new").mkdir()
    write_stack(make_stack(seed=8), tmp_path / "new" / name, False)
    (tmp_path / "old").mkdir()
    if existing:
        write_stack(make_stack(), tmp_path / "old" / name, False)
    old, new = content(tmp_path / "old"), content(tmp_path / "new")
    if where == "encode":
        for module in (folder, openraster):
            patched = failing(module.encode_png, error, call, 1)
            monkeypatch.setattr(module, "encode_png", patched)
    else:
        owner = os if where == "fsync" else Path
        monkeypatch.setattr(owner, where, failing(getattr(owner, where), error, call, 1))
    try:
        write_stack(make_stack(seed=8), tmp_path / "old" / name, True)
    except (KeyboardInterrupt, OutputError) as said:
        possible = (old, new)
        message = str(said)
    else:
        possible = (new,)
        message = ""
    assert message == str(error) or message.endswith("No space left on device.") or not message
    if (where, call, name, existing) == ("rename", 2, "result", True):
        # The new folder has come, and only the old one's last move failed: it waits, whole.
        aside = tmp_path / "old" / ".result.replaced"
        assert content(aside) == {Path(file).name: data for file, data in old.items()}
        assert content(tmp_path / "old" / name) == {Path(f).name: data for f, data in new.items()}
        write_stack(make_stack(seed=8), tmp_path / "old" / name, True)  # the next one removes it
    assert content(tmp_path / "old") in possible
    assert [entry.name for entry in (tmp_path / "old").iterdir()] in ([], [name])


def test_an_old_folder_that_cannot_be_put_back_is_kept_and_named(tmp_path, make_stack, monkeypatch):
    write_stack(make_stack(), tmp_path / "result", False)
    monkeypatch.setattr(Path, "rename", failing(Path.rename, ERRORS[1], 1, 2))
    with pytest.raises(OutputError, match="not lost") as caught:
        write_stack(make_stack(seed=8), tmp_path / "result", True)
    (kept,) = tmp_path.iterdir()
    assert str(kept) in str(caught.value)
    assert read_folder(kept) == make_stack()
