"""Recognising files of other programs without opening those that may run code."""

import os

import pytest

from layerpeel.backend.models import looking
from layerpeel.backend.models.looking import look_into, what_is
from layerpeel.shared.generators import FoundKind


@pytest.mark.parametrize(
    ("kind", "found", "words"),
    [
        ("sdxl", FoundKind.CHECKPOINT, ""),
        ("v-pred", FoundKind.CHECKPOINT, ""),
        ("inpainting", FoundKind.INPAINTING, "is SDXL for inpainting, which makes no pictures"),
        ("lora", FoundKind.LORA, "is a LoRA for SDXL, which changes a checkpoint"),
        ("lora-diffusers", FoundKind.LORA, "is a LoRA for SDXL, which changes a checkpoint"),
        ("lora-sd1", FoundKind.LORA, "is a LoRA, which changes a checkpoint"),
        ("controlnet", FoundKind.CONTROLNET, "is a ControlNet for SDXL, which guides"),
        ("controlnet-sd1", FoundKind.CONTROLNET, "is a ControlNet, which guides"),
        ("sd1", FoundKind.CHECKPOINT, ""),
        ("sd2", FoundKind.OTHER, "is a checkpoint of Stable Diffusion 2, some of which predict"),
        ("vae", FoundKind.OTHER, "holds tensors of another kind of model"),
        (b"<html>", FoundKind.OTHER, "is no safetensors file, or was not copied to its end"),
    ],
)
def test_a_file_is_what_its_header_says(tmp_path, put, kind, found, words):
    file = put(tmp_path / "a.safetensors", kind)
    what = what_is(file)
    assert (what.path, what.kind, what.bytes) == (str(file), found, file.stat().st_size)
    assert what.why_not.startswith(words)
    assert bool(what.why_not) == bool(words)


def test_the_numbers_of_a_file_are_not_read(tmp_path, put):
    file = put(tmp_path / "a.safetensors")
    header = 8 + int.from_bytes(file.read_bytes()[:8], "little")
    whole = file.stat().st_size
    with file.open("rb+") as opened:
        opened.truncate(header)
        opened.truncate(whole)  # a hole: no numbers
    assert what_is(file).why_not == ""


@pytest.mark.parametrize("name", ["a.ckpt", "b.pt", "c.PTH", "d.bin"])
def test_a_pickle_is_named_and_not_opened(tmp_path, name):
    os.mkfifo(tmp_path / name)  # Opening this would block for ever.
    (found,) = look_into([tmp_path]).files
    assert (found.path, found.kind) == (str(tmp_path / name), FoundKind.OTHER)
    assert found.why_not.startswith("is a pickle, which can run any code")


def test_a_program_s_models_are_looked_for_where_it_keeps_them(tmp_path, put):
    comfy, webui = tmp_path / "ComfyUI", tmp_path / "webui"
    mine = put(comfy / "models" / "checkpoints" / "style" / "mine.safetensors")
    lora = put(comfy / "models" / "loras" / "a.safetensors", "lora")
    put(comfy / "models" / "vae" / "b.safetensors", "vae")
    other = put(webui / "models" / "Stable-diffusion" / "other.safetensors")
    put(webui / "venv" / "weights.safetensors", "vae")
    for folders in ([comfy, webui], [comfy / "models", webui / "models", comfy]):
        assert [each.path for each in look_into(folders).files] == [
            str(mine), str(other), str(lora)
        ]  # fmt: skip
    assert [each.path for each in look_into([mine.parent]).files] == [str(mine)]


def test_links_are_followed_and_no_folder_is_seen_twice(tmp_path, put):
    inside = tmp_path / "checkpoints"
    inside.mkdir()
    mine = put(tmp_path / "disk" / "mine.safetensors")
    (inside / "round").symlink_to(inside)
    (inside / "disk").symlink_to(tmp_path / "disk")
    (inside / "again").symlink_to(tmp_path / "disk")
    (inside / "gone.safetensors").symlink_to(tmp_path / "gone")
    found = look_into([inside])
    assert [each.path for each in found.files] == [
        str(inside / "again" / mine.name), str(inside / "gone.safetensors")
    ]  # fmt: skip
    assert found.files[1].why_not == "is a link that leads nowhere"
    assert found.notes == ()


def test_what_is_neither_a_file_nor_there_harms_nothing(tmp_path, put):
    (tmp_path / "a.safetensors").mkdir()
    os.mkfifo(tmp_path / "b.safetensors")
    put(tmp_path / "notes.txt", b"hello")
    (found,) = look_into([tmp_path]).files
    assert found.why_not == "is no file"
    gone = look_into([tmp_path / "gone"])
    assert gone.files == ()
    assert gone.notes == (f"{tmp_path / 'gone'} cannot be read: No such file or directory.",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_what_may_not_be_read_is_said(tmp_path, put):
    put(tmp_path / "a.safetensors").chmod(0)
    put(tmp_path / "shut" / "b.safetensors").parent.chmod(0)
    try:
        found = look_into([tmp_path])
        assert found.files[0].why_not == "cannot be read: Permission denied"
        assert found.notes == (f"{tmp_path / 'shut'} cannot be read: Permission denied.",)
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_too_many_files_and_too_little_time_are_said(tmp_path, put, monkeypatch):
    monkeypatch.setattr(looking, "MOST_FILES", 3)
    for number in range(3):
        put(tmp_path / f"{number}.safetensors")
    assert look_into([tmp_path]).notes == ()
    put(tmp_path / "3.safetensors")
    found = look_into([tmp_path])
    assert len(found.files) == 3
    assert "these are the first 3 files" in found.notes[0]
    assert "these are the first 0 files" in look_into([tmp_path], seconds=0).notes[0]


def test_progress_is_told_and_can_cancel(tmp_path, put):
    for number in range(4):
        put(tmp_path / f"{number}.safetensors")
    heard = []
    look_into([tmp_path], heard.append)
    assert heard == [0, 0.25, 0.5, 0.75, 1]

    def stop(_fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_into([tmp_path], stop)
