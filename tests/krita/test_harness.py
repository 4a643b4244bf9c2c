"""The harness itself, tested on the real Krita."""

import numpy as np
import pytest
from krita_harness.connection import ErrorInKritaError
from krita_harness.running import DOCKER, NotClickableError
from PIL import Image

pytestmark = pytest.mark.krita

LAYERS_DOCKER = "KisLayerBox"
ADD_LAYER_BUTTON = "bnAdd"


@pytest.fixture
def picture(tmp_path):
    """Random 8-bit RGBA of 60×40, and the PNG that holds it."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    pixels[..., 3] |= 1  # Krita keeps no colour where alpha is 0.
    path = tmp_path / "é picture.png"
    Image.fromarray(pixels).save(path)
    return pixels, path


def test_each_test_finds_no_document(krita):
    assert krita.evaluate("len(krita.documents())") == 0
    krita.new_document(20, 10)


def test_and_neither_does_the_next(krita):
    assert krita.evaluate("len(krita.documents())") == 0


def test_values_go_in_and_results_come_out(krita):
    assert krita.run("result = [word.upper() for word in words]", words=["é", "b"]) == ["É", "B"]


def test_error_in_krita_is_raised_here_with_its_line(krita):
    with pytest.raises(ErrorInKritaError, match=r"broken = 1 / nothing[\s\S]*ZeroDivisionError"):
        krita.run("broken = 1 / nothing", nothing=0)


def test_unhandled_exception_is_collected_and_no_dialog_waits(krita):
    krita.run("qt.QTimer.singleShot(0, lambda: 1 / 0)")
    (error,) = krita.wait_until(krita.errors, 5, "the exception")
    assert "ZeroDivisionError" in error
    assert krita.evaluate("widgets.open_dialog()") is None
    krita.run("unhandled.errors.clear()")


def test_waiting_in_vain_says_for_what(krita):
    with pytest.raises(TimeoutError, match=r"0\.1 s in vain for a miracle[\s\S]*Krita still runs"):
        krita.wait_until("False", 0.1, "a miracle")


def test_pixels_of_an_opened_picture_are_those_of_the_file(krita, picture):
    pixels, path = picture
    krita.open_picture(path)
    (layer,) = krita.layer_tree()
    assert layer.type == "paintlayer"
    assert layer.bounds == (0, 0, 60, 40)
    np.testing.assert_array_equal(krita.pixels(layer.name), pixels)
    np.testing.assert_array_equal(krita.pixels(), pixels)
    np.testing.assert_array_equal(krita.pixels(area=(5, 6, 20, 10)), pixels[6:16, 5:25])


@pytest.mark.parametrize(
    ("model", "depth", "dtype", "channels"),
    [
        ("RGBA", "U16", np.uint16, 4),
        ("RGBA", "F16", np.float16, 4),
        ("RGBA", "F32", np.float32, 4),
        ("GRAYA", "U8", np.uint8, 2),
        ("CMYKA", "U8", np.uint8, 5),
    ],
)
def test_pixels_come_in_the_depth_of_the_document(krita, model, depth, dtype, channels):
    krita.new_document(6, 4, model=model, depth=depth)
    pixels = krita.pixels()
    assert pixels.shape == (4, 6, channels)
    assert pixels.dtype == dtype


def test_real_click_adds_a_layer_and_undo_takes_it_back(krita):
    krita.new_document(20, 10)
    before = krita.layer_tree()
    krita.show_docker(LAYERS_DOCKER)
    krita.click(ADD_LAYER_BUTTON)
    krita.wait_until(lambda: len(krita.layer_tree()) == len(before) + 1, 10, "another layer")
    added = krita.layer_tree()
    krita.undo()
    assert krita.layer_tree() == before
    krita.redo()
    assert krita.layer_tree() == added


def test_real_key_adds_a_layer(krita):
    krita.new_document(20, 10)
    before = krita.layer_tree()
    krita.press("Insert")
    krita.wait_until(lambda: len(krita.layer_tree()) == len(before) + 1, 10, "another layer")


PANEL = """
panel = qt.QWidget()
column = qt.QVBoxLayout(panel)
for name in ["test_button", *["filling"] * 40]:
    button = qt.QPushButton("a button")
    button.setObjectName(name)
    column.addWidget(button)
box = qt.QComboBox()
box.setObjectName("test_box")
box.addItems([f"item {number}" for number in range(30)])
column.addWidget(box)
area = qt.QScrollArea(widgets.window())
area.setObjectName("test_area")
area.setWidget(panel)
area.setGeometry(300, 200, 400, 300)
area.show()
"""


@pytest.fixture
def panel(krita):
    """A button and a combo box far below it, in a scrolled area over the canvas."""
    krita.run(PANEL)
    yield
    krita.run("widgets.close_popups()\nwidgets.the('test_area').deleteLater()")


@pytest.mark.usefixtures("panel")
def test_item_is_chosen_by_real_clicks_wherever_it_is_scrolled_to(krita):
    for item in ("item 27", "item 3"):
        krita.choose("test_box", item)
        assert krita.evaluate("widgets.the('test_box').currentText()") == item
    with pytest.raises(NotClickableError, match="offers no 'item 99', only"):
        krita.choose("test_box", "item 99")


@pytest.mark.usefixtures("panel")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("button.setObjectName('other')", "there is no widget named 'test_button'"),
        ("button.hide()", "'test_button' is not visible: it is hidden"),
        ("area.hide()", "not visible: it lies in QScrollArea 'test_area', which is hidden"),
        ("area.move(-900, 0)", "not visible: it lies outside what is shown"),
        ("area.setEnabled(False)", "'test_button' is greyed out"),
        ("qt.QWidget(area).resize(400, 300); area.children()[-1].show()", "covered by QWidget"),
    ],
)
def test_nobody_can_click_what_no_person_could(krita, change, problem):
    names = "area = widgets.the('test_area')\n"
    krita.run(f"{names}button = widgets.the('test_button')\n{change}")
    with pytest.raises(NotClickableError, match=problem):
        krita.click("test_button")


def test_longest_gap_of_the_gui_is_measured(krita):
    with krita.watched_gui() as calm:
        krita.wait_until("True", 1, "nothing")
    with krita.watched_gui() as busy:
        krita.run("import time\ntime.sleep(0.5)")
    assert calm.longest_gap < 0.4
    assert 0.5 <= busy.longest_gap < 1.5


def test_screenshots_show_something(krita, picture):
    krita.open_picture(picture[1])
    krita.show_docker(LAYERS_DOCKER)
    whole = np.asarray(Image.open(krita.screenshot("harness")).convert("L"))
    part = np.asarray(Image.open(krita.screenshot_of(LAYERS_DOCKER, "layers")).convert("L"))
    assert whole.shape == (1000, 1600)
    assert whole.std() > 5
    assert part.shape[1] >= 360
    assert part.std() > 5


def test_docker_is_shown_wide_enough_to_be_used(krita, picture):
    krita.open_picture(picture[1])
    shown = np.asarray(Image.open(krita.screenshot_of(DOCKER, "docker")).convert("L"))
    assert shown.shape[1] >= 360
    assert shown.std() > 5


def test_docker_is_set_to_something_by_one_test(krita):
    krita.choose("layerpeel_form", "Selection only")
    krita.click("layerpeel_lift_selection")
    assert krita.evaluate("widgets.the('layerpeel_form').currentIndex()") > 0
    assert krita.evaluate("widgets.the('layerpeel_lift_selection').isChecked()")


def test_and_the_next_finds_it_as_it_was(krita):
    assert krita.evaluate("widgets.the('layerpeel_form').currentIndex()") == 0
    assert krita.evaluate("widgets.the('layerpeel_lift_subject').isChecked()")


def test_saved_quit_and_started_again_it_is_the_same(launch_krita, picture, tmp_path):
    krita = launch_krita({"LAYERPEEL_OF_TEST": "told"})
    assert krita.evaluate("__import__('os').environ['LAYERPEEL_OF_TEST']") == "told"
    krita.open_picture(picture[1])
    before = krita.layer_tree()
    krita.save(tmp_path / "saved.kra")
    assert krita.quit() == 0
    krita.start()
    krita.open_picture(tmp_path / "saved.kra")
    assert [layer.name for layer in krita.layer_tree()] == [layer.name for layer in before]
    np.testing.assert_array_equal(krita.pixels(), picture[0])
    krita.kill()
    assert krita.exit_code == -9
