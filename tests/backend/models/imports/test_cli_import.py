"""`layerpeel models import` on the command line."""

import json
import re

import pytest
from typer.testing import CliRunner

from layerpeel.backend.cli.models_command import app
from layerpeel.backend.errors import ModelError


@pytest.fixture
def run(store):
    def invoke(*words):
        return CliRunner().invoke(app, [str(word) for word in words], obj=store)

    return invoke


def error_of(result):
    assert isinstance(result.exception, ModelError)
    assert result.exception.exit_code == 5
    return str(result.exception)


def test_what_it_is_is_said_first(run, store, checkpoint):
    result = run("import", checkpoint)
    assert result.stderr.startswith(
        f"{checkpoint} is a checkpoint of SDXL in one file: 2 kB, the m"
    )
    assert "Licence: not stated (--licence states it)." in result.stderr
    assert f"It is copied into {store.folder}." in result.stderr
    assert result.stdout == f"sdxl is imported: {store.folder / 'sdxl'}\n"


def test_in_place_and_force(run, make_folder):
    folder = make_folder("sam")
    assert "It is used where it is." in run("import", folder, "--in-place").stderr
    assert "Replace it with --force" in error_of(run("import", folder))
    assert run("import", folder, "--force", "--as", "sam").exit_code == 0


def test_refusals(run, store, make_folder, tmp_path):
    assert "not vitmatte" in error_of(run("import", make_folder("sam"), "--as", "vitmatte"))
    (tmp_path / "x.ckpt").write_bytes(b"")
    assert "is a pickle" in error_of(run("import", tmp_path / "x.ckpt"))
    assert not store.folder.exists()


def test_list_shows_what_is_imported(run, store, checkpoint):
    run("import", checkpoint)
    (line,) = (line for line in run("list").stdout.splitlines() if line.startswith("sdxl "))
    assert "  installed (imported)  " in line
    assert re.search(r"  2 kB +not stated  ", line)
    assert "openrail" not in line
    records = {record["id"]: record for record in json.loads(run("list", "--json").stdout)}
    sdxl = records["sdxl"]
    assert (sdxl["imported"], sdxl["licence"], sdxl["trained_on"]) == (True, None, None)
    assert sdxl["bytes"] == checkpoint.stat().st_size
    assert sdxl["imported_from"] == str(checkpoint)
    assert sdxl["sha256"] == store.digest_of("sdxl")
    assert (records["sam"]["imported"], records["sam"]["licence"]) == (False, "Apache-2.0")
    assert "sdxl is whole" in run("verify").stdout
    assert "is installed and whole" in run("pull", "sdxl").stdout


@pytest.mark.parametrize("in_place", [(), ("--in-place",)])
def test_a_licence_that_is_stated_is_kept(run, store, make_folder, in_place):
    said = run("import", make_folder("sam"), "--licence", "my own,\n CC0", *in_place)
    assert "Licence, as you state it: my own, CC0." in said.stderr
    assert store.licence_of("sam") == "my own, CC0"
    (line,) = (line for line in run("list").stdout.splitlines() if line.startswith("sam "))
    assert "my own, CC0" in line
    records = {record["id"]: record for record in json.loads(run("list", "--json").stdout)}
    assert records["sam"]["licence"] == "my own, CC0"


def test_a_record_from_before_licences_were_asked_for_has_none(run, store, make_folder):
    run("import", make_folder("sam"))
    file = store.folder / "sam" / "layerpeel-files.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["licence"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert store.licence_of("sam") == "not stated"
