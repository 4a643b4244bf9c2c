"""The subcommands of `layerpeel models`. How errors are shown is tested with the main command."""

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
    return str(result.exception)


def test_list(run, hub):
    lines = run("list").stdout.splitlines()
    assert lines[0].split("  ")[0] == "tiny"
    assert "not installed" in lines[0]
    assert "300 kB" in lines[0]
    assert "MIT" in lines[0]
    assert "compact" in lines[0]
    run("pull", "tiny")
    assert "  installed  " in run("list").stdout.splitlines()[0]


def test_list_for_programs(run, store, hub):
    (tiny,) = json.loads(run("list", "--json").stdout)
    assert (tiny["id"], tiny["state"], tiny["path"]) == ("tiny", "missing", None)
    assert tiny["bytes"] == 300_000
    assert (tiny["kind"], tiny["imported"], tiny["problem"]) == ("file", False, None)
    assert tiny["sources"] == ["hub repository artists/tiny at 01234567"]
    run("pull", "tiny")
    (tiny,) = json.loads(run("list", "--json").stdout)
    assert (tiny["state"], tiny["path"]) == ("installed", str(store.path_of("tiny")))
    store.path_of("tiny").write_bytes(b"damaged")
    (tiny,) = json.loads(run("list", "--json").stdout)
    assert (tiny["state"], tiny["path"]) == ("damaged", None)
    assert "has 7 bytes instead of 300,000" in tiny["problem"]


@pytest.mark.parametrize("more", [[], ["--yes"]])
def test_pull_says_first_what_comes_and_never_asks(run, store, hub, more):
    result = run("pull", "tiny", *more)
    assert result.exit_code == 0
    assert result.stderr.startswith(
        "Tiny (subject finder): 300 kB, licence MIT. Trained on: noise. "
        "From: hub repository artists/tiny at 01234567."
    )
    assert f"Tiny (subject finder) is installed: {store.path_of('tiny')}" in result.stdout
    again = run("pull", "tiny")
    assert "is installed and whole" in again.stdout
    assert len(hub.asked) == 1


def test_pull_from_a_folder(run, store, tmp_path, payload):
    (tmp_path / "tiny.onnx").write_bytes(payload)
    result = run("pull", "tiny", "--from", str(tmp_path))
    assert f"From: mirror folder {tmp_path}." in result.stderr
    assert store.state("tiny") is ModelState.INSTALLED


def test_pull_looks_all_ids_up_before_it_fetches(run, hub):
    assert "Known are: tiny. Engines are: compact" in error_of(run("pull", "tiny", "tinny"))
    assert hub.asked == []


def test_pull_that_fails(run, hub):
    hub.status = 404
    assert "could not be pulled" in error_of(run("pull", "tiny"))


def test_verify(run, store, hub):
    assert "No model is installed" in run("verify").stdout
    assert "is not installed" in error_of(run("verify", "tiny"))
    run("pull", "tiny")
    assert run("verify").stdout == f"tiny is whole: {store.path_of('tiny')}\n"
    store.path_of("tiny").write_bytes(b"damaged")
    assert "has 7 bytes instead of 300,000" in error_of(run("verify"))
    error = error_of(run("verify", "tinny", "tiny"))
    assert "no model called" in error
    assert "is damaged" in error


def test_path(run, store, hub):
    assert "run `layerpeel models pull tiny`" in error_of(run("path", "tiny"))
    run("pull", "tiny")
    assert run("path", "tiny").stdout == f"{store.path_of('tiny')}\n"


def test_user_s_own_store_without_a_context(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_MODELS", str(tmp_path / "mine"))
    result = CliRunner().invoke(app, ["path", "isnet"])
    assert "run `layerpeel models pull isnet` (88 MB, MIT)" in error_of(result)
