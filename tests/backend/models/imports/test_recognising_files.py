"""Single files: as what they are recognised, and why others are refused."""

import os
import pickle
import zipfile

import pytest

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.models.looking import what_is
from layerpeel.backend.models.meta_sam import _TENSORS as SAM_TENSORS


def test_checkpoint_in_one_file(store, checkpoint):
    candidate = store.recognise(checkpoint)
    assert candidate.model.id == "sdxl"
    assert candidate.found.files == (checkpoint.name,)
    # A folder that holds nothing else is as good.
    (checkpoint.parent / "readme.md").write_text("hello", encoding="utf-8")
    assert store.recognise(checkpoint.parent).found.files == (checkpoint.name,)


def without(shapes, start):
    return {name: shape for name, shape in shapes.items() if not name.startswith(start)}


FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
SD1, SD2 = ({f"cond_stage_model.{name}.x": [1]} for name in ("transformer", "model"))
FOR_MASKS = {FIRST_LAYER: [8, 9, 3, 3]}


@pytest.mark.parametrize(
    ("change", "model_id", "words"),
    [
        (lambda s: s | FOR_MASKS, "sdxl-inpainting", "a checkpoint of SDXL for inpainting in one"),
        (lambda s: s | {"v_pred": [1]}, "sdxl", "a checkpoint of SDXL in one file"),
        (lambda s: without(s, "cond") | SD1, "sd1", "a checkpoint of Stable Diffusion 1 in one"),
        (lambda s: without(s, "cond") | SD1 | FOR_MASKS, "sd1-inpainting", "for inpainting"),
        (lambda s: without(s, "cond") | SD2 | FOR_MASKS, "sd2-inpainting", "for inpainting"),
        (lambda s: without(s, "cond") | SD2 | {"v_pred": [1]}, "sd2", "Stable Diffusion 2 in one"),
    ],
)
def test_checkpoints_that_can_be_used_are_told_apart(
    store, checkpoint, sdxl_shapes, make_safetensors, change, model_id, words
):
    checkpoint.write_bytes(make_safetensors(change(sdxl_shapes)))
    candidate = store.recognise(checkpoint)
    assert (candidate.model.id, candidate.found.single) == (model_id, True)
    assert words in candidate.found.what


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda s: without(s, "conditioner") | {"cond_stage_model.model.x": [1]},
            "is a checkpoint of Stable Diffusion 2, some of which predict noise and some velocity",
        ),
        (lambda s: {"lora_unet_down.alpha": [1]}, "is a LoRA, which changes a checkpoint"),
        (lambda s: {"unet.down.lora_A.weight": [1]}, "is a LoRA, which changes a checkpoint"),
        (lambda s: without(s, "conditioner.embedders.1"), "without its text encoders; wanted"),
        (lambda s: without(s, "first_stage"), "SDXL without its VAE; wanted is a whole"),
        (lambda s: without(s, "model."), "without its UNet; wanted is a whole"),
        (lambda s: without(s, ("first", "cond")), "without its text encoders and its VAE"),
        (lambda s: {"conditioner.embedders.0.model.x": [1]}, "is the refiner of SDXL"),
        (lambda s: {"down_blocks.0.x": [1]}, "holds tensors of another kind of model"),
        (lambda s: {}, "holds tensors of another kind of model"),
        (
            lambda s: s | {"model.diffusion_model.input_blocks.0.0.weight": [8, 8, 3, 3]},
            "whose UNet takes 8 channels; wanted is one that takes 4, or 9 for inpainting.",
        ),
    ],
)
def test_other_checkpoints_are_refused(
    store, checkpoint, sdxl_shapes, make_safetensors, change, words
):
    checkpoint.write_bytes(make_safetensors(change(sdxl_shapes)))
    with pytest.raises(ModelError) as caught:
        store.recognise(checkpoint, "sdxl")
    assert words in str(caught.value)
    assert f"{checkpoint} was not imported: it " in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[:-1], "was not copied to its end: it has "),
        (lambda content: content[:40], "is no safetensors file, or was not copied to its end"),
        (lambda content: content[:5], "is no safetensors file, or was not copied to its end"),
        (lambda content: b"", "is no safetensors file, or was not copied to its end"),
        (lambda content: content + b"more", "is damaged: it has"),
        (lambda content: b"<html>not found</html>" * 9, "is no safetensors file"),
        (lambda content: b"\x02" + bytes(7) + b"[]", "is no safetensors file"),
        (lambda content: b"\x09" + bytes(7) + b'{"a": {}}', "is no safetensors file"),
        (
            lambda content: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
            "is only Git's note of where the weights are: run `git lfs pull`",
        ),
    ],
)
def test_damaged_weights_are_refused(store, checkpoint, make_folder, change, words):
    checkpoint.write_bytes(change(checkpoint.read_bytes()))
    with pytest.raises(ModelError) as caught:
        store.recognise(checkpoint)
    assert f"{checkpoint} was not imported, it is not whole: {checkpoint.name} " in str(
        caught.value
    )
    assert words in str(caught.value)
    weights = make_folder("vitmatte") / "model.safetensors"
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(ModelError, match=r"it is not whole: model\.safetensors (is|was) "):
        store.recognise(weights.parent)


@pytest.mark.parametrize("name", ["x.ckpt", "x.pt", "pytorch_model.bin", "x.pkl", "X.CKPT"])
def test_pickles_are_refused(store, tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x02}.")
    with pytest.raises(ModelError, match=r"can run any code when it is loaded. Convert it to safe"):
        store.recognise(tmp_path / name, "sdxl")


def test_a_gguf_is_told_where_it_goes(store, tmp_path):
    (tmp_path / "klein-Q4_K.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"is a GGUF file.*--checkpoint"):
        store.recognise(tmp_path / "klein-Q4_K.gguf")


def test_a_controlnet_is_told_where_it_goes(store, tmp_path):
    (tmp_path / "config.json").write_text('{"_class_name": "ControlNetModel"}', encoding="utf-8")
    (tmp_path / "diffusion_pytorch_model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"is a ControlNet.*--control-model"):
        store.recognise(tmp_path)


def test_meta_s_sam(store, make_pth):
    candidate = store.recognise(make_pth())
    assert candidate.model.id == "sam"
    assert candidate.found.files == ("sam_vit_b_01ec64.pth",)


def test_other_pth_is_refused(store, make_pth):
    with pytest.raises(ModelError, match=r"is not SAM as Meta published it.* it is a pickle"):
        store.recognise(make_pth(names=("model.backbone",)), "sam")
    with pytest.raises(ModelError, match="is a pickle"):
        store.recognise(make_pth(name="sam.pt"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(99), b"<html>"])
def test_damaged_pth_is_refused(store, tmp_path, content):
    (tmp_path / "sam.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"it is not whole: sam\.pth .* damaged"):
        store.recognise(tmp_path / "sam.pth", "sam")


def test_pth_cut_short_is_refused(store, make_pth):
    file = make_pth()
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ModelError, match="was not copied to its end, or is damaged"):
        store.recognise(file)


def test_reading_a_pth_runs_nothing(store, make_pth, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    with pytest.raises(ModelError, match=r"would call posix.mkdir when it is loaded"):
        store.recognise(make_pth(names=(Trap(),)))
    with pytest.raises(ModelError, match=r"would call posix.mkdir when it is loaded"):
        store.recognise(make_pth(names=(*SAM_TENSORS, Trap())), "sam")
    old = tmp_path / "old.pth"
    old.write_bytes(pickle.dumps(1, 2) + pickle.dumps({"image_encoder.pos_embed": Trap()}, 2))
    with pytest.raises(ModelError, match=r"would call posix.mkdir when it is loaded"):
        store.recognise(old, "sam")
    hidden = tmp_path / "hidden.pth"
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps([*SAM_TENSORS, Trap()], 4))
    with pytest.raises(ModelError, match=r"does not name \(STACK_GLOBAL\)"):
        store.recognise(hidden, "sam")
    assert not (tmp_path / "ran").exists()


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    "header",
    [
        DEEP,
        b'{"a":' * 50_000,
        b'{"a": {"dtype": "F16", "shape": [1e999], "data_offsets": [0, 2]}}',
        b'{"a": {"dtype": "F16", "shape": [NaN], "data_offsets": [0, 2]}}',
        b'{"a": {"dtype": "F16", "shape": [1], "data_offsets": [0, ' + b"9" * 5000 + b"]}}",
        b'{"\\ud800": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}',
    ],
    ids=["deep list", "deep object", "infinite", "not a number", "huge", "half a letter"],
)
def test_odd_headers_are_refused_in_one_line(store, tmp_path, header):
    file = tmp_path / "odd.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))
    assert what_is(file).why_not.startswith("is no safetensors file")
    with pytest.raises(ModelError, match=r"is no safetensors file") as refused:
        store.recognise(file)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [DEEP, b"[" + b"9" * 5000 + b"]", b'{"model_type": 1e999}'])
@pytest.mark.parametrize("name", ["config.json", "model_index.json", "fbdd.json", "hfa.json"])
def test_odd_descriptions_are_refused_in_one_line(store, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as refused:
        store.recognise(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["a.safetensors", "sam.pth", "a.onnx", "config.json"])
def test_a_pipe_is_refused_and_not_waited_for(store, tmp_path, name):
    os.mkfifo(tmp_path / name)
    for path in (tmp_path / name, tmp_path):
        with pytest.raises((ModelError, BadInputError)) as refused:
            store.recognise(path)
        assert "\n" not in str(refused.value)


def test_pth_of_the_old_format_has_to_be_stated(store, tmp_path):
    file = tmp_path / "sam_vit_h.pth"
    file.write_bytes(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.")
    with pytest.raises(ModelError, match=r"shows only when it is loaded.* add `--as sam`"):
        store.recognise(file)
    assert store.recognise(file, "sam").model.id == "sam"
    with pytest.raises(ModelError, match=r"by its content it is a .pth file.* not vitmatte"):
        store.recognise(file, "vitmatte")
