"""The steps of a set-up as commands, and how far an environment has come."""

import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from layerpeel.plugin.setup import environments
from layerpeel.plugin.setup.payload import (
    Payload,
    PayloadError,
    count_pins,
    package_in,
    read_payload,
)
from layerpeel.plugin.setup.steps import STEPS, Plan, can_go_on, is_whole
from layerpeel.plugin.setup.systems import LINUX, WINDOWS
from layerpeel.shared import places
from layerpeel.shared.version import VERSION

REPOSITORY = Path(__file__).parents[3]
LOCKS = [Path("p") / name for name in ("all.lock", "npm.lock", "torch.lock")]
PAYLOAD = Payload(Path("p/layerpeel.whl"), *LOCKS, "1.0", "f")
PLACES = [Path(path) for path in ("/base/python", "/e", "/e/bin/python", "/w", "/s")]
PLAN = Plan(*PLACES, PAYLOAD, None, True)
KEYS = tuple(step.key for step in STEPS)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPEEL_HOME", str(tmp_path / "höme"))
    return tmp_path / "höme"


def commands(plan):
    return {step.key: [" ".join(words) for words in step.commands(plan)] for step in STEPS}


def test_all_but_the_first_step_runs_in_the_environment():
    told = commands(PLAN)
    assert told["environment"] == ["/base/python -I -X utf8 -u -m venv --clear /e"]
    for key in KEYS[1:]:
        assert told[key]
        assert all(command.startswith("/e/bin/python ") for command in told[key])


def test_nothing_is_installed_without_the_hash_that_it_must_have():
    told = commands(PLAN)
    needs = "--requirement p/all.lock --requirement p/npm.lock"
    for command in (told["fetch"][1], told["install"][0]):
        assert "--require-hashes" in command
        assert command.endswith(needs)
    assert all("--no-index" in command for command in told["install"] if " pip " in command)


def test_with_a_folder_nothing_is_fetched():
    told = commands(replace(PLAN, folder=Path("/f"), with_npm=False))
    assert told["fetch"] == []
    assert "--no-index --find-links /f" in told["install"][0]
    assert "npm.lock" not in told["install"][0]
    assert told["models"][0].endswith("models pull compact --yes --from /f")


def test_torch_comes_only_where_it_is_wanted_and_by_its_hashes():
    without, wanted = commands(PLAN), commands(replace(PLAN, with_torch=True))
    for key, number in (("fetch", 1), ("install", 0)):
        assert "torch.lock" not in without[key][number]
        assert wanted[key][number] == without[key][number] + " --requirement p/torch.lock"


def test_what_pip_works_with_goes_before_and_after(tmp_path):
    plan = replace(PLAN, scratch=tmp_path / "scratch")
    before, _, after = next(step.commands(plan) for step in STEPS if step.key == "fetch")
    for command, folder in ((before, plan.temporary), (after, plan.cache)):
        (folder / "pip-unpack-x").mkdir(parents=True)
        for _ in range(2):
            subprocess.run([sys.executable, *command[1:]], check=True)
            assert list(folder.iterdir()) == []
            folder.rmdir()


def test_an_environment_remembers_that_torch_is_in_it(home):
    for with_torch in (True, False):
        environment = environments.fresh_environment("f", "1.0", with_torch)
        environment.folder.mkdir(parents=True)
        environment.having_done("environment")
        assert environments.known_environments()[-1].with_torch is with_torch


@pytest.mark.parametrize("place", ["lib/python3.13/site-packages", "Lib/site-packages"])
def test_torch_that_somebody_has_installed_there_counts_too(home, place):
    environment = environments.fresh_environment("f", "1.0")
    environment.folder.mkdir(parents=True)
    environment.having_done("environment")
    (environment.folder / place / "torchvision").mkdir(parents=True)
    assert not environments.known_environments()[0].with_torch
    (environment.folder / place / "torch").mkdir()
    assert environments.known_environments()[0].with_torch


def test_environment_is_whole_once_the_last_step_is_noted_and_not_before(home):
    environment = environments.fresh_environment("f", "1.0")
    environment.folder.mkdir(parents=True)
    assert environments.known_environments() == []
    for number, key in enumerate(KEYS, 1):
        assert not is_whole(environment.done)
        environment = environment.having_done(key)
        assert environments.known_environments() == [environment]
        assert can_go_on(environment.done) == ("install" in KEYS[:number] and number < len(KEYS))
    assert is_whole(environment.done)


def test_environment_that_was_left_is_none_and_its_folder_not_used_again(home):
    environment = environments.fresh_environment("f", "1.0")
    environment.folder.mkdir(parents=True)
    environment.having_done("environment").leave()
    assert environments.known_environments() == []
    assert environments.fresh_environment("f", "1.0").folder != environment.folder


def test_only_what_set_up_has_made_is_its_own(home):
    assert environments.installed_folders() == []
    ours = {"environment-1", "environment-20", "wheels", "scratch"}
    for name in (*ours, "environment-1a", "pictures"):
        (home / "setup" / name).mkdir(parents=True)
    assert {path.name for path in environments.installed_folders()} == ours


def test_each_attempt_from_the_start_gets_a_folder_of_its_own(home):
    folders = []
    for _ in range(11):
        environment = environments.fresh_environment("f", "1.0")
        environment.folder.mkdir(parents=True)
        folders.append(environment.having_done("environment").folder)
    assert len(set(folders)) == 11
    assert [each.folder for each in environments.known_environments()] == folders


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fingerprint": 1, "version": "", "done": []}'])
def test_record_that_cannot_be_read_is_none(home, text):
    environment = environments.fresh_environment("f", "1.0")
    environment.folder.mkdir(parents=True)
    (record,) = environment.having_done("environment").folder.iterdir()
    record.write_text(text, encoding="utf-8")
    assert environments.known_environments() == []


def test_command_of_set_up_is_told_from_others(home):
    python = environments.fresh_environment("f", "1.0").python(LINUX)
    assert environments.holds([str(python), "-m", "x"])
    assert not environments.holds(["/usr/bin/python3"])
    assert not environments.holds([])
    assert environments.fresh_environment("f", "1.0").python(WINDOWS).name == "python.exe"


@pytest.mark.skipif(os.name != "posix", reason="the place on Linux")
def test_without_a_home_of_its_own_it_is_among_the_users_data(monkeypatch):
    monkeypatch.delenv("LAYERPEEL_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert places.setup_folder() == Path("/data/layerpeel/setup")


LISTED = b"a,sha256=1,1"


def payload_in(folder, listed):
    folder.mkdir()
    with zipfile.ZipFile(folder / f"layerpeel-{VERSION}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"layerpeel-{VERSION}.dist-info/RECORD", listed, zipfile.ZIP_DEFLATED)
    for name in ("requirements.lock", "npm.lock", "torch.lock"):
        (folder / name).write_text("a==1 \\\n    --hash=sha256:0\n", encoding="utf-8")
    return folder


def test_payload_says_its_version_and_tells_others_apart(tmp_path):
    one = read_payload(payload_in(tmp_path / "one", "a,sha256=1,1"))
    same = read_payload(payload_in(tmp_path / "same", "a,sha256=1,1"))
    other = read_payload(payload_in(tmp_path / "other", "a,sha256=2,1"))
    assert one.version == VERSION
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_plugin_without_a_payload_or_with_one_of_another_version_has_none(tmp_path):
    assert read_payload(tmp_path) is None
    (tmp_path / "layerpeel-0.0.9-py3-none-any.whl").touch()
    assert read_payload(tmp_path) is None


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"no wheel",
        lambda whole: whole.replace(zlib.compress(LISTED)[2:-4], bytes(len(LISTED))),
        lambda whole: whole.replace(b"PK\x01\x02\x14\x03\x14\x00", b"PK\x01\x02\x14\x03\x99\x00"),
    ],
    ids=["no zip", "no deflated data", "zip of a version to come"],
)
def test_damaged_payload_is_told(tmp_path, damaged):
    folder = payload_in(tmp_path / "one", LISTED)
    wheel = next(folder.glob("*.whl"))
    whole = wheel.read_bytes()
    wheel.write_bytes(damaged(whole))
    assert wheel.read_bytes() != whole
    with pytest.raises(PayloadError):
        read_payload(folder)


def test_packages_of_the_real_lock_are_counted():
    assert 30 < count_pins(REPOSITORY / "packaging" / "requirements.lock") < 80


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("Collecting typing-extensions==4.16.0 (from -r all.lock (line 4))", "typing-extensions"),
        ("Processing /f/wheels/typing_extensions-4.16.0-py3-none-any.whl", "typing_extensions"),
        (r"Processing c:\f\numpy-2.5.5-cp313-cp313-win_amd64.whl (from -r x)", "numpy"),
        ("Collecting", ""),
    ],
)
def test_package_is_named_as_pip_turns_to_it(line, package):
    assert package_in(line) == package
