"""Phrases, one after the other: what is found comes off, what is not is passed over and named."""

import numpy as np
import pytest

from layerpeel.backend import peel
from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.flatten import flatten
from layerpeel.shared.protocol import Outcome, Phrases, Role

pytestmark = pytest.mark.torch

# No word of it is in the tiny detector's vocabulary.
UNREADABLE = "富士山"


@pytest.fixture(scope="module")
def scene(make_scene):
    return make_scene((121, 93), "hills0", ("jessica", 30, 4, 84))


@pytest.fixture(scope="module")
def peel_phrases(paper_store, scene):
    def run(*texts, picture=scene.picture, **more):
        lift = Phrases(texts)
        return peel(picture, lift=lift, engine="layeringdiff", store=paper_store, **more)

    return run


def test_the_first_phrase_is_the_front_most_layer_and_each_bears_its_own(peel_phrases, scene):
    stack = peel_phrases(" a cat ", "dog")
    assert [layer.name for layer in stack.layers] == ["Background", "dog", "a cat"]
    assert [layer.phrase for layer in stack.layers] == ["", "dog", "a cat"]
    assert [layer.role for layer in stack.layers[1:]] == [Role.FOREGROUND] * 2
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    assert set(stack.made_with.models) == {"sam", "grounding-dino", "vitmatte", "fbdd", "hfa"}
    assert stack.made_with.licences.keys() == stack.made_with.models.keys()


def test_what_cannot_be_looked_for_does_not_keep_the_rest_back(peel_phrases, scene):
    said = []
    stack = peel_phrases(UNREADABLE, "a cat", report=lambda stage, done: said.append((stage, done)))
    assert [layer.name for layer in stack.layers] == ["Background", "a cat"]
    (note,) = stack.notes
    assert note.startswith(f"“{UNREADABLE}” was passed over. ")
    assert np.array_equal(flatten(stack)[..., :3], scene.picture)
    assert said[:2] == [
        ("Finding what to lift off (layer 1 of 2)", 0.0),
        ("Finding what to lift off (layer 2 of 2)", 0.5),
    ]


def test_if_nothing_is_found_the_background_is_all_there_is(peel_phrases):
    nothing_to_see = np.zeros((93, 121, 4), np.uint8)
    stack = peel_phrases("a cat", "dog", picture=nothing_to_see)
    assert [layer.name for layer in stack.layers] == ["Background"]
    assert stack.notes == (
        "“a cat” was not found: point at it with a selection, and peel on.",
        "“dog” was not found: point at it with a selection, and peel on.",
    )


def test_a_selection_can_be_had_of_one_phrase(peel_phrases):
    selected = peel_phrases("a cat", outcome=Outcome.SELECTION)
    assert selected.layers == ()
    assert max(selected.selection.data) > 127


@pytest.mark.parametrize(
    ("texts", "more", "said"),
    [
        ((), {}, "phrase is empty"),
        (("a cat", " "), {}, "phrase is empty"),
        (("a cat",) * 32, {}, "32 phrases are too many: name at most 31"),
        (("a cat", "dog"), {"outcome": Outcome.SELECTION}, "shows one layer, and 2"),
        ((UNREADABLE,), {"outcome": Outcome.SELECTION}, "in English"),
    ],
)
def test_what_cannot_be_answered_is_refused(peel_phrases, texts, more, said):
    with pytest.raises(BadInputError, match=said):
        peel_phrases(*texts, **more)


@pytest.mark.parametrize("engine", ["compact", "qwen"])
def test_engines_that_find_no_words_say_which_does(paper_store, scene, engine):
    with pytest.raises(ModelError, match="“auto”"):
        peel(scene.picture, lift=Phrases(("a cat",)), engine=engine, store=paper_store)
