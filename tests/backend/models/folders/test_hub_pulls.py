"""Pulling a folder from a hub: a real server on this machine, with and without faults."""

import hashlib
import json
import shutil

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelState

# The size of one write; a broken connection loses less than that.
PIECE = 65_536


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pulled(folder):
    found = contents(folder)
    return found, json.loads(found.pop("layerpeel-files.json"))


def test_folder_comes_whole_with_a_record(store_with, hub, files, part):
    heard = []
    store = store_with("hub")
    found, record = pulled(store.pull("tiny", heard.append))
    assert found == files
    assert record["origin"] == {
        "kind": "hub",
        "place": "artists/tiny",
        "revision": "0123456789abcdef0123456789abcdef01234567",
    }
    assert {file["path"]: file["sha256"] for file in record["files"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items()
    }
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    assert sorted(path.name for path in store.folder.iterdir()) == [
        ".pull.lock",
        "tiny",
        "tiny.checked.json",
    ]


def test_list_comes_in_pages(store_with, hub, files):
    hub.page = 1
    store_with("hub").pull("tiny")
    queries = [query for path, query in hub.asked if path == "api/list"]
    assert len(queries) == len(files) + 4
    assert queries[:2] == ["recursive=true", "recursive=true&cursor=1"]


def test_hub_behind_a_path(store_with, hub, files, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_HUB", f"{hub.url}/proxy/")
    assert pulled(store_with("hub").pull("tiny"))[0] == files


def test_list_that_goes_in_circles(store_with, hub):
    hub.circles = True
    with pytest.raises(ModelError, match="goes round in circles"):
        store_with("hub").pull("tiny")


def test_next_pull_goes_on_where_the_last_one_stopped(store_with, hub, files, part, shard):
    store = store_with("hub")
    hub.cuts = [None, 2 * PIECE, 0]
    with pytest.raises(
        ModelError, match=f"while {shard} came, .* 131 kB of 280 kB have come and are kept"
    ):
        store.pull("tiny")
    assert store.state("tiny") is ModelState.MISSING
    assert (part / shard).read_bytes() == files[shard][: 2 * PIECE]

    hub.asked.clear()
    assert pulled(store.pull("tiny"))[0] == files
    # What was whole is not fetched again.
    assert "config.json" not in [path for path, _ in hub.fetched]
    assert hub.fetched[0] == (shard, f"bytes={2 * PIECE}-")


def test_broken_connection_is_taken_up_again(store_with, hub, files, shard):
    hub.cuts = [None, PIECE]
    assert pulled(store_with("hub").pull("tiny"))[0] == files
    assert (shard, f"bytes={PIECE}-") in hub.fetched


def test_cancelled_pull_keeps_what_has_come(store_with, hub, files, part, shard):
    store = store_with("hub")

    def cancel(fraction):
        if fraction >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("tiny", cancel)
    assert 2 * PIECE <= (part / shard).stat().st_size <= 3 * PIECE
    assert (part / "config.json").read_bytes() == files["config.json"]
    assert store.state("tiny") is ModelState.MISSING
    assert pulled(store.pull("tiny"))[0] == files


def test_part_of_another_version_is_not_mixed_in(store_with, hub, files, part, shard, write):
    write(part, {shard: bytes(100_000), "net/old.safetensors": b"old", "config.json": b"{}" * 11})
    assert pulled(store_with("hub").pull("tiny"))[0] == files
    spans = [span for path, span in hub.fetched if path == shard]
    assert spans == ["bytes=100000-", None]


@pytest.mark.parametrize("path", ["config.json", "net/model-00001-of-00002.safetensors"])
def test_other_content_than_listed_is_refused(store_with, hub, files, part, path):
    store = store_with("hub")
    truth = {entry["path"]: entry for entry in hub.entries()}[path]
    hub.listed[path] = truth
    hub.files[path] = bytes(len(files[path]))
    with pytest.raises(ModelError, match=f"{path} came as another file, .* it was deleted"):
        store.pull("tiny")
    assert not (part / path).exists()
    assert store.state("tiny") is ModelState.MISSING
    hub.files[path] = files[path]
    assert pulled(store.pull("tiny"))[0] == files


def test_other_content_than_in_the_manifest_is_refused(store_with, hub, shard):
    with pytest.raises(ModelError, match=f"{shard} is another file there: its sha256 is"):
        store_with("hub", hashes={shard: "a" * 64}).pull("tiny")
    assert hub.fetched == []


def test_hash_in_the_manifest_counts_for_small_files_too(store_with, hub, files):
    digest = hashlib.sha256(files["config.json"]).hexdigest()
    store_with("hub", hashes={"config.json": digest}).pull("tiny")
    shutil.rmtree(store_with("hub").folder)
    with pytest.raises(ModelError, match=r"config.json came as another file, its sha256 is"):
        store_with("hub", hashes={"config.json": "a" * 64}).pull("tiny")


@pytest.mark.parametrize(
    "path",
    ["net/..\\..\\x.json", "C:x.json", "a\\b.json", "nul.json", "a?.json", "\x00.json"],
)
def test_paths_that_lead_elsewhere(store_with, hub, tmp_path, path):
    hub.files[path] = b"{}"
    with pytest.raises(ModelError, match="names a file that would lie elsewhere"):
        store_with("hub").pull("tiny")
    assert hub.fetched == []
    assert {entry.name for entry in tmp_path.iterdir()} == {"models", "models.toml"}


@pytest.mark.parametrize("path", ["../../x.json", "net/../../x/config.json", "/x/y.json"])
def test_paths_that_no_pattern_chooses_harm_nobody(store_with, hub, files, tmp_path, path):
    hub.files[path] = b"{}"
    assert pulled(store_with("hub").pull("tiny"))[0] == files
    assert {entry.name for entry in tmp_path.iterdir()} == {"models", "models.toml"}


@pytest.mark.parametrize("lie", [{"path": 5}, {"size": "many"}, {"oid": None}])
def test_list_that_is_none(store_with, hub, lie):
    hub.listed["config.json"] = lie
    with pytest.raises(ModelError, match="list of files is not as expected"):
        store_with("hub").pull("tiny")


def test_repository_that_lacks_a_file(store_with, hub):
    del hub.files["config.json"]
    with pytest.raises(ModelError, match=r"at 01234567: it has no config.json"):
        store_with("hub").pull("tiny")


def test_repository_that_lacks_a_shard(store_with, hub, shard):
    del hub.files[shard]
    with pytest.raises(ModelError, match=f"holds no whole model: .* goes with {shard}"):
        store_with("hub").pull("tiny")


@pytest.mark.parametrize(("status", "words"), [(401, "401 Unauthorized"), (503, "503 Service")])
def test_hub_that_refuses(store_with, hub, status, words):
    hub.status = status
    with pytest.raises(ModelError) as caught:
        store_with("hub").pull("tiny")
    message = str(caught.value)
    assert message.startswith("Tiny (fine edges) could not be pulled. Hub repository artists/tiny")
    assert words in message
    assert "copy the folder tiny from the model folder of another computer" in message


def test_hub_that_answers_with_a_page(store_with, hub, monkeypatch):
    monkeypatch.setattr(hub, "newest", "nonsense")
    with pytest.raises(ModelError, match="does not say at which commit"):
        store_with("newest").pull("tiny")


def test_unpinned_repository_comes_at_its_newest_commit(store_with, hub, files):
    store = store_with("newest")
    assert store.sources_of("tiny") == (
        "hub repository artists/tiny, not pinned: its newest commit",
    )
    found, record = pulled(store.pull("tiny"))
    assert found == files
    assert record["origin"]["revision"] == hub.newest
    assert hub.asked[0] == ("newest commit", None)


def test_full_disk_is_noticed_before_the_download(store_with, hub, shard):
    hub.listed[shard] = {"lfs": {"oid": "a" * 64, "size": 10**18}}
    with pytest.raises(ModelError, match=r"needs 1000000000.0 GB of free space in .* are left"):
        store_with("hub").pull("tiny")
    assert hub.fetched == []


def test_folder_is_replaced_only_by_a_whole_one(store_with, hub, files, shard):
    store = store_with("hub")
    path = store.pull("tiny")
    (path / shard).write_bytes(b"damaged")
    hub.status = 503
    with pytest.raises(ModelError):
        store.pull("tiny")
    assert (path / shard).read_bytes() == b"damaged"
    hub.status = 200
    assert pulled(store.pull("tiny"))[0] == files
    assert store.state("tiny") is ModelState.INSTALLED


def test_pull_leaves_a_whole_folder_alone(store_with, hub):
    store = store_with("hub")
    store.pull("tiny")
    hub.asked.clear()
    store.pull("tiny")
    assert hub.asked == []
