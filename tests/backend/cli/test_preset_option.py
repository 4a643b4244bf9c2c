"""`layerpeel peel --preset`: what it takes over, what other options say instead, how it fails."""

import json
from dataclasses import replace

import pytest

from layerpeel.backend.presets import PresetFolder, written
from layerpeel.shared.presets import Preset, PresetLift, PresetResult

HAIR = Preset(
    "Fine hair",
    PresetLift.SELECTION,
    exact_edge=False,
    layers=1,
    result=PresetResult.MASKS,
    stages={"edge": "closed-form"},
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    presets = PresetFolder(folder / "presets")
    presets.save(HAIR)
    presets.save(Preset("A cat", PresetLift.WORDS, "a cat"))
    return folder


@pytest.fixture
def peel(layerpeel, scene_files, home, tmp_path):
    def run(*arguments, mask=True):
        masked = ["--mask", scene_files.mask, "--band", "2"] if mask else []
        return layerpeel(
            *("peel", scene_files.picture, "--out", tmp_path / "out", *masked, *arguments),
            env={"LAYERPEEL_HOME": str(home), "LAYERPEEL_MODELS": str(tmp_path / "no models")},
        )

    return run


def stages_of(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["made_with"]["stages"]


@pytest.mark.parametrize("name", ["fine-hair", "Fine hair"])
def test_a_kept_preset_is_found_by_either_name(peel, name):
    assert stages_of(peel("--preset", name, "--json"))["edge"] == "closed-form matting"


def test_a_file_does_as_well_and_what_is_given_wins(peel, tmp_path):
    file = tmp_path / "from a friend.toml"
    file.write_text(written(HAIR), encoding="utf-8")
    given = peel("--preset", file, "--json", "--stage", "edge=small-network")
    assert stages_of(given)["edge"] == "a small matting network"


FAULTS = {
    "no such preset": ("hair", "There are: a-cat, fine-hair"),
    "no such file": ("nowhere.toml", "nowhere.toml cannot be read"),
    "a folder": (".toml", "cannot be read"),
    "somebody has to select": ("Fine hair", "give it by --mask"),
    "words without what finds them": ("a-cat", "models pull"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line(peel, tmp_path, name):
    preset, said = FAULTS[name]
    done = peel("--preset", preset, mask=False)
    assert done.returncode in (3, 5)
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_preset_says_what_is_wrong(peel, tmp_path):
    file = tmp_path / "odd.toml"
    file.write_text('title = "A"\nlift = "subject"\nlayer = 3', encoding="utf-8")
    done = peel("--preset", file)
    assert done.returncode == 3
    assert "The preset odd.toml: nothing is called `layer`" in done.stderr


def test_its_stages_are_for_its_own_engine(peel):
    assert stages_of(peel("--preset", "fine-hair", "--engine", "compact", "--json"))["edge"] == (
        "a small matting network"
    )


def test_what_only_krita_has_is_refused_or_said(peel, tmp_path):
    file = tmp_path / "odd.toml"
    selects = replace(HAIR, result=PresetResult.SELECTION)
    file.write_text(written(selects), encoding="utf-8")
    done = peel("--preset", file)
    assert done.returncode == 3
    assert "gives a selection, which only Krita has" in done.stderr
    assert not (tmp_path / "out").exists()
    file.write_text(written(replace(HAIR, patches=True)), encoding="utf-8")
    notes = json.loads(peel("--preset", file, "--json").stdout)["notes"]
    assert any("here it is whole" in note for note in notes)
