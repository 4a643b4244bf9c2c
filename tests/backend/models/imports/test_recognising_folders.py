"""Folders and other paths: as what they are recognised, and why others are refused."""

import json
import os

import pytest

from layerpeel.backend.errors import ModelError

FOLDERS = (
    "sdxl",
    "sdxl-inpainting",
    "sd1",
    "sd1-inpainting",
    "sd2",
    "sd2-inpainting",
    "flux2-klein",
    "z-image",
    "qwen-image-layered",
    "grounding-dino",
    "sam",
    "vitmatte",
    "fbdd",
    "hfa",
)


@pytest.mark.parametrize("kind", FOLDERS)
def test_folders_are_recognised(store, make_folder, kind):
    folder = make_folder(kind)
    candidate = store.recognise(folder)
    assert candidate.model.id == kind
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(candidate.found.files) == there
    assert candidate.bytes == sum((folder / path).stat().st_size for path in there)
    assert store.recognise(folder, kind) == candidate
    assert not store.folder.exists()


def test_a_checker_that_comes_with_a_folder_is_taken_along(store, make_folder, write_files):
    folder = make_folder("sd1")
    listed = {
        "_class_name": "StableDiffusionPipeline",
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPFeatureExtractor"],
    }
    write_files(folder, {"model_index.json": listed})
    plain = store.recognise(folder).found.files
    assert not [path for path in plain if path.startswith(("safety_checker", "feature_ext"))]
    write_files(folder / "safety_checker", {"config.json": {}, "pytorch_model.bin": b"x"})
    write_files(folder / "feature_extractor", {"preprocessor_config.json": {}})
    assert store.recognise(folder).found.files == plain
    weights = (folder / "vae" / "model.safetensors").read_bytes()
    write_files(folder / "safety_checker", {"model.safetensors": weights})
    more = set(store.recognise(folder).found.files) - set(plain)
    assert more == {
        "safety_checker/config.json",
        "safety_checker/model.safetensors",
        "feature_extractor/preprocessor_config.json",
    }
    switched_off = listed | {"safety_checker": [None, None]}
    write_files(folder, {"model_index.json": switched_off})
    assert store.recognise(folder).found.files == plain


@pytest.mark.parametrize(
    ("named", "channels", "words", "model_id"),
    [
        ("StableDiffusionPipeline", 9, 768, "sd1-inpainting"),
        ("StableDiffusionInpaintPipeline", 4, 1024, "sd2"),
    ],
)
def test_channels_tell_what_is_for_inpainting(
    store, make_folder, write_files, named, channels, words, model_id
):
    unet = {"in_channels": channels, "cross_attention_dim": words}
    folder = make_folder("sd1")
    write_files(folder, {"model_index.json": {"_class_name": named}, "unet/config.json": unet})
    assert store.recognise(folder).model.id == model_id


@pytest.mark.parametrize(
    ("kind", "weights"),
    [("vitmatte", "model.safetensors"), ("sdxl", "unet/model.safetensors"), ("hfa", None)],
)
def test_pickles_in_folders_are_refused(store, make_folder, kind, weights):
    folder = make_folder(kind)
    for file in [folder / weights] if weights else folder.glob("*.safetensors"):
        file.rename(file.with_suffix(".bin"))
    with pytest.raises(ModelError, match=r"holds .*\.bin, which is a pickle, and a pickle can run"):
        store.recognise(folder)


def test_pickles_beside_safetensors_are_left_out(store, make_folder):
    folder = make_folder("vitmatte")
    for name in ("pytorch_model.bin", "model.onnx", ".hidden.json"):
        (folder / name).write_bytes(b"")
    found = store.recognise(folder).found.files
    assert found == ("config.json", "model.safetensors", "preprocessor_config.json")


def test_what_a_pipeline_does_not_use_is_left_out(store, make_folder, write_files):
    folder = make_folder("sdxl")
    expected = store.recognise(folder).found.files
    more = ("sd_xl_base_1.0.safetensors", "vae_1_0/config.json", "unet/a/b.json", "unet/model.onnx")
    write_files(folder, dict.fromkeys(more, b"junk"))
    assert store.recognise(folder).found.files == expected


def test_what_is_stated_may_not_contradict(store, make_folder, checkpoint):
    with pytest.raises(ModelError) as caught:
        store.recognise(make_folder("sam"), "vitmatte")
    assert (
        "by its content it is a folder of transformers (sam), the model sam, not vitmatte"
        in str(caught.value)
    )
    with pytest.raises(ModelError, match="the model sdxl, not sam"):
        store.recognise(checkpoint, "sam")
    with pytest.raises(ModelError, match="no model called 'sdxxl'"):
        store.recognise(checkpoint, "sdxxl")


@pytest.mark.parametrize(
    ("kind", "file", "words"),
    [
        ("sdxl", "text_encoder_2/model.safetensors", "there are no weights in text_encoder_2/"),
        ("sdxl", "scheduler/scheduler_config.json", "there is no scheduler in it, which a Stable"),
        (
            "qwen-image-layered",
            "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
            "",
        ),
        ("vitmatte", "model.safetensors", r"there are no weights in it \(\*\.safetensors\)"),
        ("fbdd", "foreground/config.json", "there is no foreground/config.json in it"),
        (
            "fbdd",
            "background/diffusion_pytorch_model.safetensors",
            "there are no weights in background/",
        ),
        ("fbdd", "vae/config.json", "there is no vae/config.json in it"),
        ("fbdd", "scheduler/scheduler_config.json", "there is no scheduler/scheduler_config.json"),
        ("fbdd", "null_embedding.safetensors", "there is no null_embedding.safetensors in it"),
        ("hfa", "foreground.safetensors", "there is no foreground.safetensors in it"),
        ("hfa", "background.safetensors", "there is no background.safetensors in it"),
        ("grounding-dino", "vocab.txt", "there is no tokenizer.json or vocab.txt in it"),
        ("grounding-dino", "preprocessor_config.json", "there is no preprocessor_config.json or"),
        ("vitmatte", "preprocessor_config.json", "there is no preprocessor_config.json or"),
        ("sd2-inpainting", "unet/config.json", "there is no unet/config.json in it"),
    ],
)
def test_incomplete_folders_are_refused(store, make_folder, kind, file, words):
    folder = make_folder(kind)
    (folder / file).unlink()
    with pytest.raises(ModelError, match=f"it is not whole: .*{words or file}"):
        store.recognise(folder)


def test_weights_under_a_name_that_is_not_looked_for(store, make_folder):
    for kind, file in (
        ("fbdd", "vae/diffusion_pytorch_model.safetensors"),
        ("vitmatte", "model.safetensors"),
    ):
        folder = make_folder(kind)
        (folder / file).rename((folder / file).with_name("x.safetensors"))
        with pytest.raises(ModelError, match=f"there is no {file} or {file}.index.json in it"):
            store.recognise(folder)


def test_trained_network_in_shards(store, make_folder, write_files):
    folder = make_folder("fbdd")
    whole = folder / "foreground" / "diffusion_pytorch_model.safetensors"
    shards = [f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = {"weight_map": dict(zip("ab", shards, strict=True))}
    write_files(
        whole.parent,
        {f"{whole.name}.index.json": index} | dict.fromkeys(shards, whole.read_bytes()),
    )
    whole.unlink()
    assert store.recognise(folder).model.id == "fbdd"
    (whole.parent / shards[1]).unlink()
    with pytest.raises(ModelError, match=f"it is not whole: foreground/.*{shards[1]}"):
        store.recognise(folder)


def test_network_that_needs_no_processor(store, make_folder):
    folder = make_folder("sam")
    (folder / "preprocessor_config.json").unlink()
    assert store.recognise(folder).model.id == "sam"


def test_shards_without_an_index_are_missed_by_their_names(store, make_folder):
    folder = make_folder("qwen-image-layered")
    (folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json").unlink()
    (folder / "transformer" / "diffusion_pytorch_model-00001-of-00002.safetensors").unlink()
    with pytest.raises(
        ModelError, match=r"00002-of-00002.safetensors goes with transformer/.*00001"
    ):
        store.recognise(folder)


@pytest.mark.parametrize(
    ("kind", "file", "content", "words"),
    [
        (
            "sdxl",
            "model_index.json",
            {"_class_name": "FluxPipeline"},
            "for FluxPipeline, which Lay",
        ),
        ("sdxl", "model_index.json", {}, "for None, which Layerpeel does not use"),
        ("sdxl", "model_index.json", b"{", "model_index.json is damaged: it is no JSON"),
        ("sam", "config.json", {"model_type": "sam2"}, "“sam2”, which Layerpeel does not use"),
        ("sam", "config.json", [], "config.json is damaged: it describes no model"),
        ("hfa", "hfa.json", b"\xff", "hfa.json is damaged"),
        ("hfa", "hfa.json", {}, "hfa.json that calls it “None”, not “layerpeel-hfa”"),
        (
            "fbdd",
            "fbdd.json",
            {"format": "layerpeel-fbdd", "version": 2},
            "is of version 2 of “layerpeel-fbdd”, and this Layerpeel reads version 1",
        ),
        (
            "sdxl",
            "model_index.json",
            {"_class_name": "KolorsPipeline"},
            "is a folder of diffusers for KolorsPipeline, which Layerpeel does not use",
        ),
        (
            "sd2-inpainting",
            "unet/config.json",
            {"in_channels": 9, "cross_attention_dim": 640},
            "neither Stable Diffusion 1 nor 2: its UNet takes words of 640 numbers, not 768 or",
        ),
        (
            "sd2-inpainting",
            "unet/config.json",
            {"in_channels": 8, "cross_attention_dim": 1024},
            "is Stable Diffusion 2 whose UNet takes 8 channels, not 4, or 9 for inpainting",
        ),
        (
            "qwen-image-layered",
            "transformer/diffusion_pytorch_model.safetensors.index.json",
            {"weight_map": 5},
            "index.json is damaged: it names no weights",
        ),
    ],
)
def test_folders_of_something_else_are_refused(store, make_folder, kind, file, content, words):
    folder = make_folder(kind)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / file).write_bytes(data)
    with pytest.raises(ModelError, match=words):
        store.recognise(folder)


def test_nothing_that_is_known(store, tmp_path):
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(ModelError, match="is none of the models that Layerpeel uses"):
        store.recognise(tmp_path / "notes.txt")
    with pytest.raises(
        ModelError, match=r"is no folder of a model: none of model_index.json, conf"
    ):
        store.recognise(tmp_path)
    with pytest.raises(ModelError, match="There is no file or folder"):
        store.recognise(tmp_path / "none")


@pytest.mark.skipif(os.name == "nt", reason="Windows does not allow such names at all")
def test_names_that_not_every_system_allows(store, checkpoint, make_folder):
    odd = checkpoint.rename(checkpoint.with_name("a:b?.safetensors"))
    with pytest.raises(ModelError, match="has a name that not every system allows: rename it"):
        store.recognise(odd)
    folder = make_folder("hfa")
    (folder / "a*b.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"holds 'a\*b.json', a name that not every system allows"):
        store.recognise(folder)


def test_parts_that_are_links(store, make_folder, tmp_path):
    folder = make_folder("sdxl")
    (folder / "unet").rename(tmp_path / "unet")
    (folder / "unet").symlink_to(tmp_path / "unet")
    expected = store.recognise(folder).found.files
    assert "unet/model.safetensors" in expected
    (tmp_path / "unet" / "round").symlink_to(folder)  # And round.
    assert store.recognise(folder).found.files == expected


def test_hub_cache_whose_files_are_links(store, make_folder, tmp_path):
    folder = make_folder("vitmatte")
    snapshot = tmp_path / "snapshots" / "b58373f8"
    snapshot.mkdir(parents=True)
    for file in folder.iterdir():
        (snapshot / file.name).symlink_to(file)
    assert store.recognise(snapshot).model.id == "vitmatte"
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model.safetensors cannot be read: No such file"):
        store.recognise(snapshot)
