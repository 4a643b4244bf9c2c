"""File names from outside: none may lead out of the folder that it is joined to."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.backend.models.file_names import is_safe, is_taken, is_taken_by_torch, matches

PIECES = st.sampled_from(
    ["..", ".", "/", "\\", ":", "C:", "a", "é", " ", "\0", "con", "*", "x.json"]
)


@given(st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=8))
def test_safe_paths_stay_inside_on_every_system(path):
    if not is_safe(path):
        return
    for kind, folder in ((PurePosixPath, "/models/id"), (PureWindowsPath, "D:\\models\\id")):
        joined = kind(folder) / path
        assert joined.parts[: len(kind(folder).parts)] == kind(folder).parts
        assert ".." not in joined.parts
        assert len(joined.parts) > len(kind(folder).parts)


@pytest.mark.parametrize("path", ["a.json", "unet/a b.safetensors", "Ünïcorn (v9)+[x].txt", "a..b"])
def test_usual_names_are_safe(path):
    assert is_safe(path)


@pytest.mark.parametrize(
    "path", ["", "a//b", "/a", "a/", "a./b", "a /b", "NUL", "com1.json", "a\nb"]
)
def test_unusual_names_are_not(path):
    assert not is_safe(path)


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a.json", "*.json", True),
        ("a/b.json", "*.json", False),
        ("a/b.json", "*/*.json", True),
        ("b.json", "*/*.json", False),
        ("b.json", "**/*.json", True),
        ("a/b/c.json", "**/*.json", True),
        ("a/b/c.json", "a/**/c.json", True),
        ("a/c.json", "a/**/c.json", True),
        ("axjson", "a.json", False),
        ("unet/m.fp16.safetensors", "unet/*.fp16.safetensors", True),
        ("unet/m.safetensors", "unet/*.fp16.safetensors", False),
        ("a.json\n", "*.json", False),
    ],
)
def test_patterns(path, pattern, fits):
    assert matches(path, pattern) == fits


def test_kinds_of_files():
    taken = ("x.safetensors", "config.json", "merges.txt", "chat_template.jinja")
    assert all(map(is_taken, (*taken, "x.onnx")))
    assert all(map(is_taken_by_torch, taken))
    assert not is_taken_by_torch("x.onnx")
    assert not any(map(is_taken, ("x.bin", "x.msgpack", "x.py", "x.json.bin", "safetensors")))
