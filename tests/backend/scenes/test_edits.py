"""A picture changed by words, through what scripts and the server call, with tiny networks."""

from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend import edit
from layerpeel.backend.answering import answer
from layerpeel.backend.errors import BadInputError, LayerpeelError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of, block_of
from layerpeel.backend.progress import StopWork
from layerpeel.backend.scenes.editing import CLEAR_CAME_OPAQUE
from layerpeel.backend.server.generator_offers import style_info
from layerpeel.backend.stages.generation.style import style_called
from layerpeel.shared.protocol import Coverage, Picture, Role
from layerpeel.shared.scenes import Guide, GuideKind, Painting, SceneRequest
from tiny_checkpoints.installed import save_tiny_editor

pytestmark = pytest.mark.torch

EDITED = Guide(GuideKind.EDIT)
REQUEST = SceneRequest("make it night", Painting(style="editor"), EDITED)


@pytest.fixture(scope="session")
def styles(styles):
    """With the style “editor” beside the others."""
    if not (styles / "editor.toml").exists():
        save_tiny_editor(styles)
    return styles


def pixels_of(stack):
    (layer,) = stack.layers
    return array_of(layer.pixels)


def test_the_picture_is_changed_and_comes_as_one_opaque_layer(canvas, paper_store):
    stack = answer(canvas, REQUEST, paper_store)
    made = pixels_of(stack)
    assert made.shape == (64, 80, 4)
    assert (made[..., 3] == 255).all()
    assert not any("brackets" in note for note in stack.notes)
    assert stack.made_with.painted["guide"] == "edit"
    assert pixels_of(answer(canvas, REQUEST, paper_store)).tobytes() == made.tobytes()
    inverted = array_of(canvas.pixels).copy()
    inverted[..., :3] = 255 - inverted[..., :3]
    other = answer(Picture(block_of(inverted)), REQUEST, paper_store)
    assert (pixels_of(other) != made).any()


def test_scripts_have_it_with_other_pictures(canvas, paper_store):
    pixels = array_of(canvas.pixels)
    made = edit(pixels, "make it night", style="editor", store=paper_store)
    assert pixels_of(made).tobytes() == pixels_of(answer(canvas, REQUEST, paper_store)).tobytes()
    leaf = np.zeros((90, 70), np.uint16)
    leaf[20:60] = 65535
    shown = edit(pixels, "make it night", references=[leaf], style="editor", store=paper_store)
    assert (pixels_of(shown) != pixels_of(made)).any()
    assert shown.made_with.painted["references"] == "1"
    assert not {"references", "within"} & set(made.made_with.painted)
    with pytest.raises(BadInputError, match="takes 4 pictures at most"):
        edit(pixels, "make it night", references=[leaf] * 4, style="editor", store=paper_store)


def test_what_is_clear_is_shown_as_white(canvas, paper_store):
    pixels = array_of(canvas.pixels).copy()
    pixels[:30] = (9, 99, 9, 0)
    clear = answer(Picture(block_of(pixels)), REQUEST, paper_store)
    pixels[:30] = 255
    white = answer(Picture(block_of(pixels)), REQUEST, paper_store)
    assert pixels_of(clear).tobytes() == pixels_of(white).tobytes()
    # It is a full sheet over what lies below.
    assert CLEAR_CAME_OPAQUE in clear.notes
    assert CLEAR_CAME_OPAQUE not in white.notes


def test_within_a_selection_it_is_said_of_what_is_clear_in_that_alone(canvas, paper_store):
    pixels = array_of(canvas.pixels).copy()
    pixels[:30] = (9, 99, 9, 0)
    for rows, is_said in ((slice(20, 50), True), (slice(35, 60), False)):
        guide = replace(EDITED, within=selection((64, 80), rows, slice(10, 60)))
        made = answer(Picture(block_of(pixels)), replace(REQUEST, guide=guide), paper_store)
        assert (CLEAR_CAME_OPAQUE in made.notes) == is_said


def test_what_is_in_brackets_comes_off_what_was_changed(canvas, paper_store):
    plain = answer(canvas, replace(REQUEST, prompt="add a cat"), paper_store)
    words = replace(REQUEST, prompt="add [a cat]", engine="layeringdiff")
    np.testing.assert_array_equal(flatten(answer(canvas, words, paper_store)), pixels_of(plain))


def selection(shape, rows, columns):
    levels = np.zeros(shape, np.uint8)
    levels[rows, columns] = np.linspace(1, 255, levels[rows, columns].size).reshape(
        levels[rows, columns].shape
    )
    return Coverage(shape[1], shape[0], levels.tobytes())


def test_within_a_selection_it_is_one_layer_that_is_clear_outside(paper_store):
    pixels = np.full((300, 400, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(1).integers(60, 190, (300, 400, 3))
    within = selection((300, 400), slice(100, 160), slice(50, 120))
    stack = edit(pixels, "make it night", within=within, style="editor", store=paper_store)
    (layer,) = stack.layers
    assert stack.size == (400, 300)
    assert stack.made_with.painted["within"] == "selection"
    assert (layer.name, layer.role) == ("make it night", Role.FOREGROUND)
    assert (layer.offset, layer.pixels.width, layer.pixels.height) == ((50, 100), 70, 60)
    levels = np.frombuffer(within.data, np.uint8).reshape(300, 400)[100:160, 50:120]
    np.testing.assert_array_equal(array_of(layer.pixels)[..., 3], levels)
    assert (array_of(layer.pixels)[..., :3] != pixels[100:160, 50:120, :3]).any()
    # It saw the surroundings, and nothing that is far away.
    far, near = pixels.copy(), pixels.copy()
    far[250:, 300:, :3] = 0
    near[:95, :130, :3] = 0
    for other, is_same in ((far, True), (near, False)):
        made = edit(other, "make it night", within=within, style="editor", store=paper_store)
        assert (made.layers[0].pixels.data == layer.pixels.data) == is_same


def test_it_stops_within_a_step(canvas, paper_store):
    def report(stage, _done):
        if "step 2" in stage:
            raise StopWork

    with pytest.raises(StopWork):
        answer(canvas, REQUEST, paper_store, report)


CLEAR = Picture(block_of(np.zeros((64, 80, 4), np.uint8)))
SMALL = Picture(block_of(np.full((9, 9, 4), 255, np.uint8)))
FULL = Picture(block_of(np.full((64, 80, 4), 255, np.uint8)))
# In a profile that cannot be read: so it is seen that it was not.
UNREAD = replace(FULL, icc_profile=b"none")
THIN = Picture(block_of(np.full((64, 400, 4), 255, np.uint8)))
LONG = Coverage(400, 64, bytes([255]) * (400 * 64))
ALL, NOTHING = (Coverage(80, 64, bytes([level]) * (80 * 64)) for level in (255, 0))


@pytest.mark.parametrize(
    ("picture", "differing", "words"),
    [
        (FULL, {"painting": Painting(style="tiny")}, "style “tiny” cannot change a picture"),
        (FULL, {"guide": replace(EDITED, strength=0.5)}, "an edit has no strength"),
        (FULL, {"guide": replace(EDITED, references=(SMALL,))}, "Picture 2 is 9 × 9 pixels"),
        (FULL, {"guide": Guide(GuideKind.SKETCH, None, (FULL,))}, "go with one that is edited"),
        (FULL, {"guide": Guide(GuideKind.SKETCH, within=ALL)}, "go with one that is edited"),
        (FULL, {"guide": replace(EDITED, within=NOTHING)}, "selection is empty"),
        (SMALL, {"guide": replace(EDITED, within=ALL)}, "they must be of one size"),
        (
            FULL,
            {"guide": replace(EDITED, within=ALL), "prompt": "add [a cat]"},
            "leave the brackets",
        ),
        (
            THIN,
            {"guide": replace(EDITED, within=LONG)},
            "round the selection, and that is 400 × 64",
        ),
        (FULL, {"prompt": " "}, "prompt is empty"),
        (CLEAR, {}, "is empty: choose"),
        (CLEAR, {"guide": replace(EDITED, within=ALL)}, "is empty, and so is what lies round"),
        (FULL, {"guide": replace(EDITED, references=(UNREAD,) * 4)}, "was given 5: leave some"),
        (SMALL, {}, "too small to be seen"),
    ],
)
def test_what_cannot_be_edited_is_said_before_anything_is_painted(
    picture, differing, words, paper_store
):
    said = []
    with pytest.raises(LayerpeelError, match=f"(?i){words}"):
        answer(picture, replace(REQUEST, **differing), paper_store, lambda *it: said.append(it))
    assert not said


def test_styles_that_edit_say_so(paper_store):
    offered = {name: style_info(style_called(name), paper_store) for name in ("editor", "tiny")}
    assert [GuideKind.EDIT in offered[name].guides for name in offered] == [True, False]
    # Everybody sees which one would, and what it takes.
    klein = style_info(style_called("flux2-klein"), paper_store)
    assert "models import FOLDER" in klein.missing
    assert klein.guides == (GuideKind.EDIT,)
