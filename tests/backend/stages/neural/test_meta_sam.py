"""Meta's `.pth`: any size is read off the tensors, and nothing but tensors is ever read."""

import os
import pickle

import pytest
import torch
from segment_anything import sam_model_registry

from layerpeel.backend.errors import ModelError
from layerpeel.backend.stages.segment_anything.by_meta import MetaSam, load_meta_sam, shape_of

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("size", ["vit_b", "vit_l", "vit_h"])
def test_each_of_metas_sizes_is_built_as_meta_builds_it(size):
    with torch.device("meta"):
        theirs = sam_model_registry[size]()
        ours = MetaSam(shape_of(theirs.state_dict())).eval()
    wanted, built = theirs.state_dict(), ours.state_dict()
    assert list(built) == list(wanted)
    assert [tensor.shape for tensor in built.values()] == [
        tensor.shape for tensor in wanted.values()
    ]
    for part in ("image_encoder", "prompt_encoder", "mask_decoder"):
        _same(getattr(ours, part), getattr(theirs, part))
    assert (ours.side, ours.mask_side) == (1024, 256)


def _same(ours, theirs):
    """What no tensor shows: heads, windows, what is added to variances, sizes of pictures."""
    mine, others = dict(ours.named_modules()), dict(theirs.named_modules())
    assert mine.keys() == others.keys()
    for name, module in mine.items():
        assert _plain(module) == _plain(others[name]), name


def _plain(module):
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, int | float | str | tuple) and not name.startswith("_")
    }


@pytest.fixture
def tensors(meta_sam_folder):
    return torch.load(meta_sam_folder / "sam.pth", weights_only=True)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "sam-vit-b").mkdir()
    return tmp_path / "sam-vit-b" / "sam_vit_b.pth"


def refusal(file):
    with pytest.raises(ModelError) as refused:
        load_meta_sam(file)
    assert "sam_vit_b.pth" in str(refused.value)
    assert "`layerpeel models pull sam-vit-b`" in str(refused.value)
    return str(refused.value)


def test_half_precision_and_the_old_format_are_read_too(tensors, file):
    halves = {name: tensor.half() for name, tensor in tensors.items()}
    torch.save(halves, file, _use_new_zipfile_serialization=False)
    loaded = load_meta_sam(file).state_dict()
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], halves[name].float()) for name in halves)
    assert all(tensor.dtype == torch.float32 for tensor in loaded.values())


class Program:
    def __reduce__(self):
        return os.mkdir, (os.environ["SHOULD_NOT_BE_MADE"],)


@pytest.mark.parametrize(
    "save", [torch.save, lambda content, file: file.write_bytes(pickle.dumps(content, protocol=2))]
)
def test_a_program_in_the_file_is_not_run(file, tmp_path, monkeypatch, save):
    monkeypatch.setenv("SHOULD_NOT_BE_MADE", str(tmp_path / "made"))
    save({"image_encoder.pos_embed": Program()}, file)
    assert "could run as a program" in refusal(file)
    assert not (tmp_path / "made").exists()


def test_a_whole_network_instead_of_its_tensors_is_refused(file):
    torch.save(torch.nn.Linear(2, 2), file)
    assert "other things than tensors" in refusal(file)


@pytest.mark.parametrize("kept", [0, 100, 3000, -100, -1])
def test_a_file_that_is_cut_short_is_refused(meta_sam_folder, file, kept):
    file.write_bytes((meta_sam_folder / "sam.pth").read_bytes()[:kept])
    assert "damaged" in refusal(file)


@pytest.mark.parametrize(
    "content", [b"hello, I am no checkpoint", b"\x80\x02}q\x00.", b"PK\x03\x04"]
)
def test_other_files_are_refused(file, content):
    file.write_bytes(content)
    assert "damaged" in refusal(file)


def test_a_file_that_is_not_there_is_refused(file):
    assert "missing" in refusal(file)


@pytest.mark.parametrize("content", [torch.zeros(3), {"a": 1}, []])
def test_what_is_no_tensors_by_name_is_refused(file, content):
    torch.save(content, file)
    assert "no tensors by name" in refusal(file)


def with_heads_that_do_not_fit(tensors):
    for name in tensors:
        if name.startswith(("prompt_encoder.mask_downscaling.6", "image_encoder.neck.0")):
            tensors[name] = tensors[name][:30]


CHANGES = {
    "one too few": (lambda all_: all_.pop("mask_decoder.iou_token.weight"), "iou_token"),
    "one that says the shape": (lambda all_: all_.pop("image_encoder.pos_embed"), "pos_embed"),
    "one too many": (
        lambda all_: all_.update({"mask_decoder.hf_token.weight": torch.zeros(1)}),
        "hf_",
    ),
    "one of another shape": (
        lambda all_: all_.update({"mask_decoder.iou_token.weight": torch.zeros(1, 3)}),
        "iou_token",
    ),
    "other dimensions": (
        lambda all_: all_.update({"image_encoder.pos_embed": torch.zeros(3)}),
        "other dimensions",
    ),
    "windows of several sizes": (
        lambda all_: all_.update({"image_encoder.blocks.0.attn.rel_pos_h": torch.zeros(7, 16)}),
        "several sizes",
    ),
    "heads that do not fit": (with_heads_that_do_not_fit, "30 channels"),
    "nothing": (lambda all_: all_.clear(), "pos_embed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_tensors_of_another_network_are_refused_and_named(tensors, file, name):
    change, named = CHANGES[name]
    change(tensors)
    torch.save(tensors, file)
    assert named in refusal(file)
