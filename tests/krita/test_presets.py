"""Presets: what is chosen for a peel is saved, chosen again, handed on and taken in as a file."""

import os

import pytest

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("backend")]

LIST = "widgets.the('layerpeel_preset')"
GOOD = 'title = "From a friend"\nlift = "subject"\nlayers = 2\n\n[stages]\nedge = "closed-form"\n'
SETTINGS = (
    "(lambda s: [s.engine, s.stages, s.patches])"
    "(__import__('layerpeel.plugin.stored_settings', fromlist=['_']).read_settings())"
)
QUESTIONS = ["getOpenFileName", "getSaveFileName"]
PLACE = (
    "[m := widgets.the('layerpeel_preset_menu'), a := [a for a in m.actions()"
    " if a.objectName() == name][0], p := m.mapToGlobal(m.actionGeometry(a).center()),"
    " [p.x(), p.y()]][-1]"
)


@pytest.fixture
def presets(krita, docker, backend):
    """The row of presets; none are kept."""
    folder = backend.folder / "presets"

    class Row:
        path = folder

        @property
        def names(self):
            """What the list shows."""
            return krita.evaluate(f"[{LIST}.itemText(n) for n in range({LIST}.count())]")

        @property
        def chosen(self):
            """The one that is chosen."""
            return krita.evaluate(f"{LIST}.currentText()")

        def press(self, name):
            """Press "save", "import", "export" or "remove" in the menu."""
            krita.click("layerpeel_preset_more")
            krita.wait_until("widgets.the('layerpeel_preset_menu').isVisible()", 10, "the menu")
            krita.click_at(krita.evaluate(PLACE, name=f"layerpeel_preset_{name}"))

        def choose_file(self, path):
            """Let the questions for a file be answered with this one, until the test ends."""
            krita.run(
                "from layerpeel.plugin.qt import QFileDialog\n"
                "if not hasattr(widgets, 'kept_questions'):\n"
                "    widgets.kept_questions = [getattr(QFileDialog, each) for each in asked]\n"
                "for each in asked:\n"
                "    setattr(QFileDialog, each, staticmethod(lambda *_, **__: (path, '')))",
                path=str(path),
                asked=QUESTIONS,
            )

        def ask_again(self):
            """Let questions for a file be asked as before `choose_file`."""
            krita.run(
                "from layerpeel.plugin.qt import QFileDialog\n"
                "for each, kept in zip(asked, widgets.__dict__.pop('kept_questions', ())):\n"
                "    setattr(QFileDialog, each, staticmethod(kept))",
                asked=QUESTIONS,
            )

        def wait_for(self, *names):
            """Wait until the list shows these."""
            krita.wait_until(lambda: self.names == ["No preset", *names], 30, f"presets {names}")

    _remove_all(folder)
    docker.look_at_backend()
    row = Row()
    row.wait_for()
    yield row
    row.ask_again()
    _remove_all(folder)
    docker.change_settings(engine="compact")


def _remove_all(folder):
    for path in folder.glob("*"):
        path.unlink()


def choices(krita):
    return krita.evaluate(
        "[widgets.the('layerpeel_lift_selection').isChecked(),"
        " widgets.the('layerpeel_layers').value(), widgets.the('layerpeel_form').currentText()]"
    )


def test_what_is_chosen_is_saved_and_chosen_again(krita, docker, easel, small_painting, presets):
    easel.picture(small_painting)
    docker.lift("selection")
    docker.take_edge_exactly()
    docker.give_back_as("Layers with masks")
    krita.run("widgets.the('layerpeel_layers').setValue(3)")
    presets.press("save")
    krita.wait_until("widgets.open_dialog()", 10, "the question for a name")
    krita.write("fine hair")
    # The dialog closes before the key is let go: nothing in it would see that.
    krita.display.xdotool("key", "Return")
    presets.wait_for("fine hair")
    assert docker.message == "The preset is saved."
    assert presets.chosen == "fine hair"
    docker.picture_of("preset-saved")

    docker.lift("subject")
    krita.wait_until(lambda: presets.chosen == "No preset", 60, "the preset to go")
    krita.run("widgets.the('layerpeel_layers').setValue(1)")
    docker.give_back_as("Layers")
    krita.choose("layerpeel_preset", "fine hair")
    assert choices(krita) == [True, 3, "Layers with masks"]
    assert krita.evaluate("widgets.the('layerpeel_exact_edge').isChecked()")
    assert presets.chosen == "fine hair"
    # What was chosen before comes back.
    krita.choose("layerpeel_preset", "No preset")
    assert choices(krita) == [False, 1, "Layers"]
    krita.choose("layerpeel_preset", "fine hair")
    presets.press("remove")
    presets.wait_for()
    assert not list(presets.path.glob("*.toml"))


def test_the_engine_of_before_comes_back_and_others_files_are_seen(
    krita, docker, easel, small_painting, presets
):
    docker.change_settings(engine="auto", stages="edge=vitmatte", patches=True)
    easel.picture(small_painting)
    presets.path.mkdir(exist_ok=True)
    # It names words that it does not ask for: that is as good as none.
    compact = GOOD.split("\n\n")[0] + '\nengine = "compact"\nwords = "a cat"\n'
    (presets.path / "good.toml").write_text(compact, encoding="utf-8")
    krita.click("layerpeel_preset")
    presets.wait_for("From a friend")
    krita.press("Escape")
    krita.choose("layerpeel_preset", "From a friend")
    assert krita.evaluate(SETTINGS) == ["compact", "edge=vitmatte", False]
    krita.run("widgets.the('layerpeel_form').currentIndexChanged.emit(0)")
    assert presets.chosen == "From a friend"
    krita.choose("layerpeel_preset", "No preset")
    assert krita.evaluate(SETTINGS) == ["auto", "edge=vitmatte", True]


def test_a_file_is_taken_in_and_handed_on(krita, docker, easel, small_painting, presets, tmp_path):
    easel.picture(small_painting)
    shared = tmp_path / "friend’s.toml"
    shared.write_text(GOOD, encoding="utf-8")
    presets.choose_file(shared)
    presets.press("import")
    presets.wait_for("From a friend")
    krita.choose("layerpeel_preset", "From a friend")
    assert krita.evaluate(SETTINGS) == ["auto", "edge=closed-form", False]
    assert krita.evaluate("widgets.the('layerpeel_layers').value()") == 2
    out = tmp_path / "handed on.toml"
    presets.choose_file(out)
    presets.press("export")
    krita.wait_until(out.exists, 60, "the file")
    # It comes there whole.
    assert out.read_bytes() == GOOD.encode()


def test_names_that_an_address_would_take_apart_mean_their_own_file(
    krita, docker, easel, small_painting, presets, tmp_path
):
    easel.picture(small_painting)
    presets.path.mkdir(exist_ok=True)
    others = {"a": "First", "aA": "Second"}
    for name, title in {**others, "a#b": "With a hash", "a?b": "Asked", "a%41": "In part"}.items():
        text = GOOD.replace("From a friend", title)
        (presets.path / f"{name}.toml").write_text(text, encoding="utf-8")
    docker.look_at_backend()
    presets.wait_for("Asked", "First", "In part", "Second", "With a hash")
    left = ["Asked", "First", "In part", "Second", "With a hash"]
    for title in ("With a hash", "Asked", "In part"):
        krita.choose("layerpeel_preset", title)
        out = tmp_path / f"{title}.toml"
        presets.choose_file(out)
        presets.press("export")
        krita.wait_until(out.exists, 60, "the file")
        assert title in out.read_text(encoding="utf-8")
        presets.press("remove")
        left.remove(title)
        presets.wait_for(*left)
    assert sorted(path.stem for path in presets.path.iterdir()) == ["a", "aA"]


def test_files_that_are_no_presets_are_told_in_a_line(
    krita, docker, easel, small_painting, presets, tmp_path
):
    easel.picture(small_painting)
    for name, content, said in (
        ("odd", b'title = "A"', "The preset odd.toml: `lift` is missing."),
        ("no text", b"\xff\xfe", "cannot be read: it is no text."),
        ("long", bytes(70_000), "cannot be read: it is far too long for a preset."),
        ("a pipe", None, "cannot be read: it is no file."),
    ):
        path = tmp_path / f"{name}.toml"
        if content is None:
            os.mkfifo(path)
        else:
            path.write_bytes(content)
        presets.choose_file(path)
        presets.press("import")
        krita.wait_until(lambda said=said: docker.message.endswith(said), 30, said)
        assert docker.warns
    docker.picture_of("preset-refused")
    assert presets.names == ["No preset"]

    presets.path.mkdir(exist_ok=True)
    (presets.path / "bad.toml").write_text("layers = 1", encoding="utf-8")
    (presets.path / "good.toml").write_text(GOOD, encoding="utf-8")
    docker.look_at_backend()
    fault = "The preset bad.toml: `title` is missing."
    presets.wait_for("From a friend", fault)
    assert not krita.evaluate(f"{LIST}.model().item(2).isEnabled()")
    assert krita.evaluate(f"{LIST}.itemData(2, 3)") == fault
