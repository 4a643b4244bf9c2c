"""A folder model in the store: used only when whole, and messages name the faulty file."""

import hashlib
import json
import os
import shutil

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.content import memory_of
from layerpeel.backend.models.model_store import ModelState


@pytest.fixture
def store(store_with, hub):
    store = store_with("hub")
    store.pull("tiny")
    return store


def spoil(path):
    """Change a file's content without changing its size and time."""
    times = path.stat()
    path.write_bytes(bytes(times.st_size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_missing_folder_says_what_to_run(store_with):
    store = store_with("hub")
    assert store.state("tiny") is ModelState.MISSING
    with pytest.raises(
        ModelError, match=r"not installed: run `layerpeel models pull tiny` \(400 k"
    ):
        store.path_of("tiny")
    with pytest.raises(ModelError, match=r"is not installed: it comes from who has trained it\."):
        store.path_of("made")


def test_model_that_no_hub_has(store_with):
    with pytest.raises(ModelError) as caught:
        store_with().pull("made")
    assert str(caught.value) == (
        "Made (splits) could not be pulled. A mirror folder: none is set. It comes from who has "
        "trained it."
    )


def test_whole_folder(store):
    assert store.state("tiny") is ModelState.INSTALLED
    assert store.path_of("tiny") == store.folder / "tiny"
    assert store.verify("tiny") == store.folder / "tiny"
    assert store.import_of("tiny") is None


def test_digest_is_that_of_the_list_that_sha256sum_prints(store, files):
    printed = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {path}\n"
        for path, content in sorted(files.items())
    )
    assert store.digest_of("tiny") == hashlib.sha256(printed.encode()).hexdigest()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.unlink(), "{file} is missing"),
        (lambda file: file.write_bytes(b"damaged"), "{file} has 7 bytes instead of 280,1"),
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), "the sha256 of {file} is "),
    ],
)
def test_damage_is_told_by_file(store, hub, files, shard, change, words):
    change(store.path_of("tiny") / shard)
    assert store.state("tiny") is ModelState.DAMAGED
    for ask in (store.path_of, store.verify, store.digest_of):
        with pytest.raises(ModelError, match=words.format(file=shard)) as caught:
            ask("tiny")
        assert "`layerpeel models pull tiny` again, or import your own" in str(caught.value)
    store.pull("tiny")
    assert (store.path_of("tiny") / shard).read_bytes() == files[shard]


def test_many_faults_are_named_in_part(store, files):
    folder = store.path_of("tiny")
    for path in files:
        (folder / path).unlink()
    with pytest.raises(ModelError, match=r"config.json is missing; .*; and 2 more like that"):
        store.path_of("tiny")


def test_hashes_are_remembered_until_a_file_changes(store, shard):
    path = store.path_of("tiny") / shard
    spoil(path)
    assert store.state("tiny") is ModelState.INSTALLED  # Not hashed: size and time are as saved.
    os.utime(path)
    assert store.state("tiny") is ModelState.DAMAGED


def test_verify_trusts_no_memory(store, shard):
    heard = []
    store.verify("tiny", heard.append)
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    spoil(store.path_of("tiny") / shard)
    with pytest.raises(ModelError, match=f"the sha256 of {shard}"):
        store.verify("tiny")
    assert store.state("tiny") is ModelState.DAMAGED


@pytest.mark.parametrize(
    "memory", ["", "{", "[]", '{"config.json": 5}', '{"config.json": {"sha256": "x", "bytes": 1}}']
)
def test_spoilt_memory_is_not_believed(store, memory):
    folder = store.path_of("tiny")
    memory_of(folder).write_text(memory, encoding="utf-8")
    spoil(folder / "config.json")
    assert store.state("tiny") is ModelState.DAMAGED


def test_where_nothing_can_be_remembered_it_is_until_the_process_ends(store, shard):
    folder = store.path_of("tiny")
    memory_of(folder).unlink()
    memory_of(folder).mkdir()
    assert store.state("tiny") is ModelState.INSTALLED
    spoil(folder / shard)
    assert store.state("tiny") is ModelState.INSTALLED
    assert list(memory_of(folder).iterdir()) == []


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (None, "there is no layerpeel-files.json, which says what belongs to it"),
        ("{", "layerpeel-files.json is damaged"),
        ("[]", "is none of layerpeel-model-files 1"),
        ({"version": 2}, "is none of layerpeel-model-files 1"),
        ({"files": []}, "is none of layerpeel-model-files 1"),
        ({"files": [{"path": "../x.json", "bytes": 1, "sha256": "a" * 64}]}, "names a file that"),
        ({"files": [{"path": "x.bin", "bytes": 1, "sha256": "a" * 64}]}, "names a file that"),
        ({"files": [{"path": "x.json", "bytes": 1, "sha256": "a"}]}, "names a file that"),
        ({"files": [{"path": "x.json", "bytes": 1, "sha256": "a" * 64}]}, "it has no config.json"),
    ],
)
def test_folder_without_a_record_to_believe_is_not_used(store, record, words):
    file = store.path_of("tiny") / "layerpeel-files.json"
    if record is None:
        file.unlink()
    elif isinstance(record, str):
        file.write_text(record, encoding="utf-8")
    else:
        content = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(content | record), encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        store.path_of("tiny")


def test_folder_of_an_older_manifest_is_pulled_anew(store, store_with, shard):
    newer = store_with("hub", hashes={shard: "a" * 64})
    with pytest.raises(ModelError, match=f"another version than this Layerpeel uses: its {shard}"):
        newer.path_of("tiny")


def test_file_in_the_place_of_a_folder(store):
    shutil.rmtree(store.folder / "tiny")
    (store.folder / "tiny").write_bytes(b"")
    with pytest.raises(ModelError, match="is damaged and cannot be used"):
        store.path_of("tiny")
    assert store.pull("tiny").is_dir()


def test_what_a_killed_pull_left_is_cleared(store, shard, write):
    write(store.folder / "tiny.replaced", {"config.json": {}})
    (store.path_of("tiny") / shard).unlink()
    store.pull("tiny")
    assert not (store.folder / "tiny.replaced").exists()
