"""A whole evaluation, run for real on small pictures."""

import math
from dataclasses import replace

import numpy as np
import pytest

from layerpeel.backend.composites.art import Art
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.evaluate import TRUTH, Plan, evaluate
from layerpeel.backend.evaluation.networks import NETWORK_FIGURES
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS
from layerpeel.backend.evaluation.tracks.track_registry import methods_named


def hear_nothing(_words, _done):
    pass


@pytest.fixture(scope="module")
def plan(art):
    methods = methods_named(LAYERS, ["compact", "classical"])
    return Plan(LAYERS, Art(art), methods, "classical", count=2, size=128, networks=NETWORK_FIGURES)


@pytest.fixture(scope="module")
def heard():
    return []


@pytest.fixture(scope="module")
def kept():
    return []


@pytest.fixture(scope="module")
def measured(plan, heard, kept):
    return evaluate(plan, lambda *words: heard.append(words), lambda *seen: kept.append(seen))


def test_every_method_has_every_figure_of_every_picture(measured):
    assert measured.methods == ["compact", "classical"]
    assert [picture.number for picture in measured.pictures] == [1, 2]
    columns = {column.figure for column in LAYERS.columns}
    assert columns <= set(measured.figure_names)
    for method in measured.methods:
        for name in columns:
            assert all(math.isfinite(value) for value in measured.values(method, name))
        assert measured.peak_bytes[method] > 0


def test_the_product_flattens_exactly_and_the_chain_does_not(measured):
    assert measured.values("compact", "rec_pixels") == [0, 0]
    assert min(measured.values("classical", "rec_pixels")) > 0


def test_the_truth_is_placed_beside_the_methods(measured):
    for picture in measured.pictures:
        assert list(picture.placement) == [TRUTH, "compact", "classical"]
        for method in measured.methods:
            # With a trimap of the true alpha, a method finds the object where it is.
            assert picture.placement[method]["span"] == pytest.approx(
                picture.placement[TRUTH]["span"], abs=6
            )


def test_figures_repeat_but_for_the_seconds(plan, measured):
    again = evaluate(replace(plan, networks=()), hear_nothing)
    for before, now in zip(measured.pictures, again.pictures, strict=True):
        for method in measured.methods:
            one, other = before.figures[method], now.figures[method]
            assert {**one, "seconds": 0} == {**other, "seconds": 0}
        assert before.placement == now.placement


def test_progress_names_every_picture_and_grows(measured, heard):
    words, done = zip(*heard[-2:], strict=True)
    assert [p.name in said for p, said in zip(measured.pictures, words, strict=True)] == [True] * 2
    assert done == (0, 0.5)


def test_what_is_kept_are_8_bit_layers(measured, kept):
    assert [picture for picture, _, _ in kept] == measured.pictures
    for _, question, pictures in kept:
        assert list(pictures) == measured.methods
        for made in pictures.values():
            steps = made["backgrounds"].astype(np.float64) * 255
            assert np.abs(steps - np.rint(steps)).max() < 1e-4
            assert made["backgrounds"].shape == question.picture.shape
            assert made["foregrounds"].shape == (*question.picture.shape[:2], 4)


def test_networks_that_are_not_there_are_named(measured):
    assert list(measured.lacking) == ["LPIPS", "FID, KID", "CLIP score", "FG-MIoU"]


def strangely(plan, *methods):
    return evaluate(
        replace(plan, methods=methods, reference=methods[0].name, size=96, networks=()),
        hear_nothing,
    )


def test_a_method_whose_parts_are_missing_is_named_and_the_others_run(plan, strange):
    evaluation = strangely(plan, strange.as_it_is, strange.lacking)
    assert evaluation.left_out == {"lacking": "its part is not installed"}
    assert evaluation.methods == ["as_it_is"]
    assert len(evaluation.pictures) == 2


def test_a_method_that_refuses_a_picture_has_no_figures_of_it(plan, strange):
    evaluation = strangely(plan, strange.as_it_is, strange.finds_no_edge)
    assert evaluation.left_out == {}
    for picture in evaluation.pictures:
        assert picture.failures == {"finds_no_edge": "no edge here"}
        assert list(picture.figures) == ["as_it_is"]
    assert all(math.isnan(value) for value in evaluation.values("finds_no_edge", "B_mad"))


def test_a_method_that_finds_nothing_has_figures_and_says_why(plan, strange):
    evaluation = strangely(plan, strange.finds_nothing)
    for picture in evaluation.pictures:
        assert picture.failures == {}
        assert picture.nothing_found == {"finds_nothing": "nothing is here"}
        assert picture.figures["finds_nothing"]["rec_pixels"] == 0


def test_a_method_that_crashes_is_named_and_the_others_run(plan, strange):
    evaluation = strangely(plan, strange.as_it_is, strange.crashes)
    assert evaluation.left_out == {"crashes": "its process crashed (Aborted), at picture 1"}
    assert [list(picture.figures) for picture in evaluation.pictures] == [["as_it_is"]] * 2


def test_when_no_method_can_run_nothing_is_measured(plan, strange):
    with pytest.raises(BadInputError, match=r"No method.*lacking: its part is not installed"):
        strangely(plan, strange.lacking)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"count": 0}, "0 composites measure nothing"),
        ({"seed": -1}, "The seed -1 cannot be used"),
        ({"size": 63}, "63 pixels are too small"),
        ({"objects": 3}, "“layers” has one object"),
    ],
)
def test_numbers_that_cannot_be_are_refused(plan, change, line):
    with pytest.raises(BadInputError, match=line):
        evaluate(replace(plan, **change), hear_nothing)
