"""Pulling from a hub: a real server on this machine, with and without faults."""

import socket

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.hub import file_url
from layerpeel.backend.models.model_store import ModelState

# The size of one write; a broken connection loses less than that.
PIECE = 65_536


def leave(part, content):
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(content)


def test_whole_file_comes_in_one_go(store_with, hub, payload, part):
    heard = []
    path = store_with("hub").pull("tiny", heard.append)
    assert path.read_bytes() == payload
    assert hub.asked == [None]
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0.0, 1.0)
    assert not part.exists()


def test_broken_connection_is_taken_up_again(store_with, hub, payload):
    hub.cuts = [2 * PIECE, PIECE]
    assert store_with("hub").pull("tiny").read_bytes() == payload
    assert hub.asked == [None, f"bytes={2 * PIECE}-", f"bytes={3 * PIECE}-"]


def test_cut_without_a_length_is_noticed(store_with, hub, payload):
    hub.tells_length = False
    hub.cuts = [120_000]
    assert store_with("hub").pull("tiny").read_bytes() == payload


def test_next_pull_goes_on_where_the_last_one_stopped(store_with, hub, payload, part):
    store = store_with("hub")
    hub.cuts = [2 * PIECE, 0]
    with pytest.raises(ModelError, match=r"131 kB of 300 kB have come and are kept"):
        store.pull("tiny")
    assert part.read_bytes() == payload[: 2 * PIECE]
    assert store.state("tiny") is ModelState.MISSING

    heard = []
    assert store.pull("tiny", heard.append).read_bytes() == payload
    assert hub.asked[-1] == f"bytes={2 * PIECE}-"
    assert heard[0] == 2 * PIECE / len(payload)


def test_interrupted_pull_leaves_a_part_and_no_model(store_with, hub, payload, part):
    store = store_with("hub")

    def interrupt(fraction):
        if fraction >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("tiny", interrupt)
    assert part.read_bytes() == payload[: 3 * PIECE]
    assert not (store.folder / "tiny.onnx").exists()
    assert store.pull("tiny").read_bytes() == payload
    assert hub.asked == [None, f"bytes={3 * PIECE}-"]


def test_server_that_ignores_ranges_starts_again(store_with, hub, payload, part):
    hub.knows_ranges = False
    leave(part, payload[:100_000])
    assert store_with("hub").pull("tiny").read_bytes() == payload
    assert hub.asked == ["bytes=100000-"]


def test_server_that_sends_another_range_is_refused(store_with, hub, payload, part):
    hub.shifts_ranges = 7
    leave(part, payload[:100_000])
    with pytest.raises(ModelError, match="was asked for bytes from 100000 on but sent 'bytes 1000"):
        store_with("hub").pull("tiny")


def test_part_that_is_complete_needs_no_server(store_with, hub, payload, part):
    leave(part, payload)
    assert store_with("hub").pull("tiny").read_bytes() == payload
    assert hub.asked == []


def test_part_longer_than_the_model_starts_again(store_with, hub, payload, part):
    leave(part, payload + b"more")
    assert store_with("hub").pull("tiny").read_bytes() == payload
    assert hub.asked == [None]


def test_part_of_another_file_starts_again_once(store_with, hub, payload, part):
    leave(part, bytes(100_000))
    assert store_with("hub").pull("tiny").read_bytes() == payload
    assert hub.asked == ["bytes=100000-", None]


def test_range_not_satisfiable_asks_for_the_whole(store_with, hub, payload, part):
    leave(part, payload[:200_000])
    hub.content = payload[:150_000]
    with pytest.raises(ModelError, match="has 150,000 bytes instead of 300,000"):
        store_with("hub").pull("tiny")
    assert hub.asked == ["bytes=200000-", None]
    assert not part.exists()


def test_wrong_content_is_deleted_and_named(store_with, hub, payload, part):
    store = store_with("hub")
    hub.content = bytes(len(payload))
    sha256 = store.manifest.usable("tiny").sha256
    with pytest.raises(ModelError, match=f"its sha256 is [0-9a-f]{{64}} instead of {sha256}"):
        store.pull("tiny")
    assert not part.exists()
    assert store.state("tiny") is ModelState.MISSING


@pytest.mark.parametrize("tells_length", [True, False])
def test_longer_file_is_not_downloaded_to_its_end(store_with, hub, payload, part, tells_length):
    hub.tells_length = tells_length
    hub.content = payload + bytes(5_000_000)
    with pytest.raises(ModelError, match=r"instead of 300,000|more than the 300,000 bytes"):
        store_with("hub").pull("tiny")
    # Refused before the first byte, or emptied once it is too long.
    assert not part.exists() if tells_length else part.stat().st_size == 0


@pytest.mark.parametrize(("status", "words"), [(401, "401 Unauthorized"), (503, "503 Service")])
def test_refusal_names_the_status_and_what_to_do(store_with, hub, status, words):
    hub.status = status
    with pytest.raises(ModelError) as caught:
        store_with("hub").pull("tiny")
    message = str(caught.value)
    assert "Tiny (subject finder) could not be pulled. Hub repository artists/tiny" in message
    assert f"the server answered {words}" in message
    assert "press Download in the docker or run `layerpeel models pull tiny` again" in message


def test_no_server_at_all(store_with, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound by this test, with no listener.
        monkeypatch.setenv("LAYERPEEL_HUB", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ModelError, match="no connection to the server"):
            store_with("hub").pull("tiny")


def test_hub_that_is_no_address(store_with, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_HUB", "my-hub")
    with pytest.raises(ModelError, match="Invalid URL 'my-hub/artists/tiny"):
        store_with("hub").pull("tiny")


def test_full_disk_is_noticed_before_the_download(store_with, hub):
    with pytest.raises(ModelError, match=r"needs 1000000000.0 GB of free space in .* are left"):
        store_with("hub", number_of_bytes=10**18).pull("tiny")
    assert hub.asked == []


def test_address_on_the_usual_hub():
    assert file_url("artists/tiny", "a" * 40, "on/a b.onnx") == (
        f"https://huggingface.co/artists/tiny/resolve/{'a' * 40}/on/a%20b.onnx"
    )
