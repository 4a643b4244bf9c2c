"""Presets as files: written and read again, strict, and told apart from what is none."""

import os

import pytest

from layerpeel.backend.errors import BadInputError, OutputError
from layerpeel.backend.presets import PresetFolder, read_preset, written
from layerpeel.shared.presets import MOST_BYTES, Preset, PresetLift, PresetResult

WHOLE = Preset(
    "Haare, “fein” \\ 絵\t\x7f",
    PresetLift.WORDS,
    'a "cat", a dog\nand more',
    exact_edge=True,
    layers=3,
    result=PresetResult.MASKS,
    patches=True,
    engine="auto",
    stages={"edge": "vitmatte", "layers": "patchmatch"},
)


@pytest.fixture
def folder(tmp_path):
    folder = PresetFolder(tmp_path / "presets")
    folder.path = tmp_path / "presets"
    return folder


@pytest.mark.parametrize("preset", [WHOLE, Preset("Plain"), Preset("Qwen", engine="qwen")])
def test_what_is_written_is_read_again(preset):
    assert read_preset(written(preset).encode(), "It") == preset


def test_what_is_left_out_is_as_a_new_docker_has_it():
    assert read_preset(b'title = "A"\nlift = "things"', "It") == Preset("A", PresetLift.THINGS)


FAULTS = {
    "not TOML": ("title", "is not TOML"),
    "not text": (b"\xff\xfe", "is not TOML"),
    "no title": ('lift = "subject"', "`title` is missing"),
    "an empty title": ('title = ""\nlift = "subject"', "`title` may not be ''"),
    "two lines of title": ('title = "a\\nb"\nlift = "subject"', "`title` may not be"),
    "no lift": ('title = "A"', "`lift` is missing"),
    "another lift": ('title = "A"\nlift = "hair"', "`lift` may not be 'hair'"),
    "no words": ('title = "A"\nlift = "words"', "`words` is missing"),
    "too many layers": ('title = "A"\nlift = "subject"\nlayers = 33', "`layers` may not be 33"),
    "half a layer": ('title = "A"\nlift = "subject"\nlayers = 1.5', "`layers` may not be 1.5"),
    "a word as a flag": ('title = "A"\nlift = "subject"\npatches = "yes"', "`patches` may not be"),
    "an engine that is not": ('title = "A"\nlift = "subject"\nengine = "x"', "`engine` may not be"),
    "a misspelt key": ('title = "A"\nlift = "subject"\nlayer = 2', "nothing is called `layer`"),
    "no such stage": ('title = "A"\nlift = "subject"\n[stages]\nhair = "x"', "no stage “hair”"),
    "no such choice": ('title = "A"\nlift = "subject"\n[stages]\nedge = "x"', "“x” cannot be"),
    "an odd choice": ('title = "A"\nlift = "subject"\n[stages]\nedge = "../x"', "`stages` may not"),
    "stages of a fixed engine": (
        'title = "A"\nlift = "subject"\nengine = "compact"\n[stages]\nedge = "vitmatte"',
        "fixed choice",
    ),
    "too long": ("#" * (MOST_BYTES + 1), "more than"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_in_a_line_and_loses_nothing(tmp_path, name):
    text, said = FAULTS[name]
    folder = PresetFolder(tmp_path)
    folder.save(Preset("Good"))
    path = tmp_path / "bad.toml"
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(content)
    listed = folder.listed()
    assert [each.preset for each in listed.kept] == [Preset("Good")]
    (fault,) = listed.faults
    assert fault.startswith("The preset bad.toml")
    assert said in fault
    assert "\n" not in fault
    assert path.read_bytes() == content
    if isinstance(text, str):
        with pytest.raises(BadInputError) as error:
            folder.take_in("from elsewhere", text)
        assert str(error.value).startswith("The preset from elsewhere.toml")
    assert len(list(tmp_path.iterdir())) == 2


def test_saving_replaces_the_one_with_the_same_title_alone(folder):
    assert folder.listed().kept == ()
    first = folder.save(Preset("Über alles!", layers=1))
    assert first == "uber-alles"
    assert folder.save(Preset("Über alles?", layers=2)) == "uber-alles-2"
    assert folder.save(Preset("Über alles!", layers=3)) == first
    assert folder.save(Preset("絵")) == "preset"
    assert {each.name: each.preset.layers for each in folder.listed().kept} == {
        "uber-alles": 3,
        "uber-alles-2": 2,
        "preset": 1,
    }


def test_what_is_taken_in_replaces_nothing_and_stays_as_it_is(folder):
    folder.save(Preset("Hair"))
    text = "# From a friend.\n" + written(Preset("Hair", layers=4))
    name = folder.take_in("hair", text)
    assert name == "hair-2"
    assert folder.text_of(name) == text
    assert folder.take_in("hair", text) == name  # It is here already.
    assert len(folder.listed().kept) == 2
    assert folder.remove(name)
    assert not folder.remove(name)
    assert folder.text_of("../presets/hair") is None
    assert [each.name for each in folder.listed().kept] == ["hair"]


def test_letters_that_no_file_can_hold_are_refused(folder):
    with pytest.raises(BadInputError, match="letters"):
        folder.save(Preset("a\ud800"))
    with pytest.raises(BadInputError, match="letters"):
        folder.take_in("\ud800", 'title = "\ud800"')


def test_no_new_file_takes_the_place_of_another_whatever_the_disk_knows_of_capitals(folder):
    folder.save(Preset("Other"))
    mine = folder.take_in("x", written(Preset("Hair")))
    path = folder.path / f"{mine}.toml"
    path.rename(folder.path / "HAIR.toml")
    assert folder.save(Preset("Hair?")) == "hair-2"
    assert folder.save(Preset("Hair", layers=2)) == "HAIR"


@pytest.mark.parametrize("title", ["con", "NUL", "Com1", "lpt9"])
def test_no_file_is_called_as_windows_calls_a_device(folder, title):
    assert folder.save(Preset(title)) == f"preset-{title.lower()}"


def test_a_file_is_kept_and_handed_on_to_the_byte(folder):
    text = written(Preset("Hair")).replace("\n", "\r\n")
    name = folder.take_in("hair", text)
    assert (folder.path / f"{name}.toml").read_bytes() == text.encode()
    assert folder.text_of(name) == text


ODD = {
    "no text": lambda folder: (folder / "odd.toml").write_bytes(b"\xff\xfe"),
    "a folder": lambda folder: (folder / "odd.toml").mkdir(),
    "a link to nothing": lambda folder: (folder / "odd.toml").symlink_to("nowhere"),
    "a pipe": lambda folder: os.mkfifo(folder / "odd.toml"),
    "far too long": lambda folder: os.truncate(
        os.open(folder / "odd.toml", os.O_CREAT | os.O_WRONLY), 1 << 40
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_told_of_and_hinders_no_other(folder, name):
    folder.save(Preset("Hair"))
    ODD[name](folder.path)
    (fault,) = folder.listed().faults
    assert fault.startswith("The preset odd.toml")
    with pytest.raises(BadInputError):
        folder.text_of("odd")
    other = folder.take_in("another", written(Preset("Another")))
    assert folder.save(Preset("Hair", layers=2)) == "hair"
    assert [each.name for each in folder.listed().kept] == [other, "hair"]
    assert folder.remove("hair")


def test_a_name_that_is_no_text_is_told_of(folder):
    name = folder.save(Preset("Hair"))
    path = folder.path / f"{name}.toml"
    odd = os.fsencode(folder.path) + b"/h\xff.toml"
    try:
        os.link(path, odd)
    except OSError:
        pytest.skip("this disk holds no such name")
    listed = folder.listed()
    assert [each.name for each in listed.kept] == ["hair"]
    (fault,) = listed.faults
    assert "its name is no text" in fault
    fault.encode()


def test_what_cannot_be_removed_or_read_is_said(folder):
    folder.save(Preset("Hair"))
    (folder.path / "odd.toml").mkdir()
    with pytest.raises(OutputError, match=r"The preset odd\.toml cannot be removed"):
        folder.remove("odd")
    no_folder = PresetFolder(folder.path / "hair.toml")
    with pytest.raises(OutputError, match="cannot be read"):
        no_folder.listed()
    with pytest.raises(OutputError):
        no_folder.save(Preset("Hair"))
