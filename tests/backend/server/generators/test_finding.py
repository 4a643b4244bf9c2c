"""Models of other programs, over HTTP: looked for only after consent, and used in place."""

import json
import os
import queue
import threading

import pytest

from layerpeel.shared.generators import (
    FoundFiles,
    FoundKind,
    Generators,
    LookInto,
    ProgramFolder,
    StyleInfo,
    UseFile,
)
from layerpeel.shared.wire import to_text
from waiting import PATIENCE

SDXL = {
    "model.diffusion_model.input_blocks.0.0.weight": [8, 4, 3, 3],
    "conditioner.embedders.1.model.ln_final.weight": [8],
    "first_stage_model.decoder.conv_out.weight": [3, 8, 3, 3],
}


def put(file, shapes):
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2
        for length in shape:
            size *= length
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    content = json.dumps(header).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(len(content).to_bytes(8, "little") + content + bytes(end))
    return file


@pytest.fixture
def models(home):
    """A ComfyUI's models: one is usable, one is not, one must not be opened."""
    models = home / "ComfyUI" / "models"
    put(models / "checkpoints" / "Ünïcorn Mix v9.safetensors", SDXL)
    put(models / "loras" / "a.safetensors", {"lora_unet.lora_down.weight": [4, 8]})
    os.mkfifo(models / "checkpoints" / "trap.ckpt")  # Opening it would block for ever.
    return models


def test_folders_are_named_before_anything_is_looked_into(calls, models):
    os.mkfifo(models / "checkpoints" / "trap.safetensors")
    found = calls.get(Generators, "/generators")
    assert found.folders == (ProgramFolder("ComfyUI", str(models)),)


@pytest.mark.torch
def test_a_checkpoint_that_was_found_becomes_a_style(calls, models):
    mine = str(models / "checkpoints" / "Ünïcorn Mix v9.safetensors")
    status, message = calls.refusal("/generators/use", UseFile(mine))
    assert (status, "Look into its folder first" in message) == (403, True)
    found = calls.post(FoundFiles, "/generators/look", LookInto((str(models),)))
    kinds = [FoundKind.CHECKPOINT, FoundKind.LORA, FoundKind.OTHER]
    assert [each.kind for each in found.files] == kinds
    assert (found.files[0].path, found.files[0].why_not) == (mine, "")
    assert found.files[2].why_not.startswith("is a pickle")
    style = calls.post(StyleInfo, "/generators/use", UseFile(mine))
    assert style.title == "Ünïcorn Mix v9"
    assert (style.missing, style.needs) == ("", ())
    assert style in calls.get(Generators, "/generators").styles
    assert calls.post(StyleInfo, "/generators/use", UseFile(mine)) == style
    assert sorted(each.name for each in models.rglob("*.safetensors*")) == [
        "a.safetensors", "Ünïcorn Mix v9.safetensors"
    ]  # fmt: skip


@pytest.mark.torch
def test_a_style_whose_checkpoint_is_gone_says_so(calls, models):
    found = calls.post(FoundFiles, "/generators/look", LookInto((str(models),)))
    style = calls.post(StyleInfo, "/generators/use", UseFile(found.files[0].path))
    (models / "checkpoints" / "Ünïcorn Mix v9.safetensors").unlink()
    styles = {each.name: each for each in calls.get(Generators, "/generators").styles}
    assert found.files[0].path in styles[style.name].missing


@pytest.mark.torch
def test_a_checkpoint_that_moved_after_the_look_is_said_to(calls, models):
    found = calls.post(FoundFiles, "/generators/look", LookInto((str(models),)))
    (models / "checkpoints" / "Ünïcorn Mix v9.safetensors").unlink()
    status, message = calls.refusal("/generators/use", UseFile(found.files[0].path))
    assert (status, "cannot be read" in message) == (424, True)


def test_what_was_not_found_or_cannot_be_used_is_refused(calls, models, home):
    elsewhere = put(home / "elsewhere" / "b.safetensors", SDXL)
    found = calls.post(FoundFiles, "/generators/look", LookInto((str(models),)))
    within = str(models / "checkpoints")
    for path in (
        str(elsewhere),
        found.files[1].path,
        found.files[2].path,
        f"{within}/../../../elsewhere/b.safetensors",
        "",
    ):
        assert calls.refusal("/generators/use", UseFile(path))[0] == 403
    for folder in ("ComfyUI/models", "", "/a\0b", "~/ComfyUI"):
        assert calls.refusal("/generators/look", LookInto((folder,)))[0] == 400
    nowhere = calls.post(FoundFiles, "/generators/look", LookInto((str(home / "no"),)))
    assert (nowhere.files, len(nowhere.notes)) == ((), 1)


def test_many_looks_keep_nobody_waiting(calls, home):
    """Each look takes seconds; other calls are answered before the first of them ends."""
    folder = home / "many"
    file = put(folder / "a.safetensors", {f"tensor{number}": [1] for number in range(20_000)})
    for number in range(60):
        (folder / f"{number}.safetensors").symlink_to(file)
    answers = queue.Queue()

    def look():
        body = to_text(LookInto((str(folder),))).encode()
        answers.put(calls.backend.call("POST", "/generators/look", data=body).status_code)

    # Two may look at once; that the third is refused says that both are at it.
    looks = [threading.Thread(target=look) for _ in range(3)]
    for each in looks:
        each.start()
    assert answers.get(timeout=PATIENCE) == 429
    for _ in range(5):
        assert calls.backend.call("GET", "/health").status_code == 200
    assert answers.empty()
    for each in looks:
        each.join()
    assert [answers.get(), answers.get()] == [200, 200]
