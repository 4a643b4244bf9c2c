"""The subcommands of `layerpeel models` on folders."""

import json

import pytest
from typer.testing import CliRunner

from layerpeel.backend.cli.models_command import app
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelState


@pytest.fixture
def store(store_with):
    return store_with("mirror", "hub")


@pytest.fixture
def run(store):
    def invoke(*words):
        return CliRunner().invoke(app, words, obj=store)

    return invoke


def error_of(result):
    assert isinstance(result.exception, ModelError)
    assert result.exception.exit_code == 5
    return str(result.exception)


def test_engine_pulls_what_has_a_source_and_tells_what_has_none(run, store, hub):
    result = run("pull", "made", "layeringdiff")
    tiny, made, *_ = reversed(
        result.stderr.splitlines()
    )  # Nothing is announced that has no source.
    assert made.startswith(
        "Made (splits) could not be pulled. A mirror folder: none is set. It com"
    )
    assert tiny.startswith("Tiny (fine edges): 400 kB, licence MIT. Trained on: noise.")
    assert f"Tiny (fine edges) is installed: {store.folder / 'tiny'}" in result.stdout
    assert error_of(result) == (
        "1 of 2 models were not pulled: made. The messages above say why, and what to do."
    )


def test_total_is_told_first(run, store, hub, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODEL_MIRROR", str(tmp_path))
    result = run("pull", "layeringdiff")
    assert result.stderr.startswith("2 models, together 400 kB:\nTiny (fine edges): 400 kB,")
    assert "Made (splits): size unknown, licence openrail++. Trained on" in result.stderr
    assert f"Mirror folder {tmp_path}: it has no folder made" in result.stderr
    assert "models were not pulled: made" in error_of(result)
    assert store.state("tiny") is ModelState.INSTALLED


def test_what_is_there_is_skipped(run, hub):
    run("pull", "tiny")
    hub.asked.clear()
    assert "Tiny (fine edges) is installed and whole" in run("pull", "layeringdiff").stdout
    assert hub.asked == []


def test_unpinned_is_said_before(store_with, hub):
    result = CliRunner().invoke(app, ["pull", "tiny"], obj=store_with("newest"))
    assert "From: hub repository artists/tiny, not pinned: its newest commit." in result.stderr
    assert result.exit_code == 0


def test_list(run, hub):
    run("pull", "tiny")
    tiny, made = run("list").stdout.splitlines()
    words = " ".join(tiny.split())
    assert words == "tiny folder layeringdiff installed 400 kB MIT Tiny (fine edges)"
    assert "folder  layeringdiff  not installed  size unknown  openrail++  Made (splits)" in made


def test_list_for_programs(run, store, hub, shard):
    tiny, made = json.loads(run("list", "--json").stdout)
    assert (tiny["kind"], tiny["state"], tiny["path"], tiny["sha256"]) == (
        "folder",
        "missing",
        None,
        None,
    )
    assert tiny["files"] == ["config.json", "*.json", "net/*.json", "net/*.safetensors"]
    assert (made["bytes"], made["sources"]) == (None, [])
    path = store.pull("tiny")
    tiny, _ = json.loads(run("list", "--json").stdout)
    assert (tiny["path"], tiny["sha256"]) == (str(path), store.digest_of("tiny"))
    (path / shard).unlink()
    tiny, _ = json.loads(run("list", "--json").stdout)
    assert tiny["state"] == "damaged"
    assert f"{shard} is missing" in tiny["problem"]


def test_verify_and_path(run, store, hub, shard):
    run("pull", "tiny")
    assert run("verify").stdout == f"tiny is whole: {store.folder / 'tiny'}\n"
    assert run("path", "tiny").stdout == f"{store.folder / 'tiny'}\n"
    (store.folder / "tiny" / shard).unlink()
    assert f"{shard} is missing" in error_of(run("verify"))
    assert f"{shard} is missing" in error_of(run("path", "tiny"))
