from dataclasses import replace

import numpy as np
import pytest
import torch

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.stages.small_networks.known_background import planes_over
from layerpeel.backend.stages.small_networks.planes import named, planes_of
from layerpeel.backend.training.kept_samples import varied
from layerpeel.backend.training.known_background_task import KnownBackgroundTask
from layerpeel.backend.training.matting_task import MattingTask
from layerpeel.backend.training.samples import draw_sample

pytestmark = pytest.mark.torch

BATCH, AGAIN, DISTINCT, ITERATIONS = 3, 2, 5, 8
CPU = torch.device("cpu")


@pytest.fixture
def recipe(tiny_recipe):
    return replace(
        tiny_recipe,
        training=replace(tiny_recipe.training, iterations=ITERATIONS, batch_size=BATCH),
        samples=replace(tiny_recipe.samples, distinct=DISTINCT, again=AGAIN),
    )


@pytest.fixture(params=[MattingTask, KnownBackgroundTask])
def task(request, opened_art, recipe):
    return request.param(recipe, opened_art, [])


def same(first, second):
    return set(first) == set(second) and all(
        torch.equal(first[each], second[each]) for each in first
    )


def test_a_batch_depends_on_nothing_but_its_number(task):
    whole = list(task.batches(range(ITERATIONS), CPU))
    assert len(whole) == ITERATIONS
    for first in (1, 2, 5):
        rest = list(task.batches(range(first, ITERATIONS), CPU))
        assert len(rest) == ITERATIONS - first
        assert all(same(*pair) for pair in zip(rest, whole[first:], strict=True))


def edges_in(batch):
    """What of a sample stays as it is when it comes again: alpha's values, in order of size."""
    return {tuple(np.sort(each, axis=None).tolist()) for each in batch["alpha"].numpy()}


def test_new_samples_come_with_every_so_many_batches_until_all_are_drawn(task):
    seen, new = set(), []
    for batch in task.batches(range(ITERATIONS), CPU):
        edges = edges_in(batch)
        new.append(len(edges - seen))
        seen |= edges
    # Whole batches of new ones: the first, and the third, after which there are enough.
    assert new == [BATCH, 0, BATCH, 0, 0, 0, 0, 0]


def test_what_comes_again_is_never_quite_the_same(task):
    pictures = [
        picture
        for batch in task.batches(range(ITERATIONS), CPU)
        for picture in named(batch["planes"]).picture
    ]
    for number, picture in enumerate(pictures):
        assert not any(torch.equal(picture, other) for other in pictures[:number])


def test_other_colours_keep_to_the_composition_model(task, opened_art, recipe):
    """As exactly as the samples that were drawn do, whose pictures may have suffered."""
    drawn = [draw_sample(opened_art, recipe.samples, recipe.training.seed, n) for n in range(6)]
    suffered = max(np.abs(each.picture - each.composite).max() for each in drawn)
    for batch in task.batches(range(ITERATIONS), CPU):
        off = (batch["composite"] - named(batch["planes"]).picture).abs().max()
        assert off < suffered + 3 / 255
        for planes in batch.values():
            assert planes.dtype == torch.float32
            assert planes.min() >= -1e-5
            assert planes.max() <= 1 + 1e-5


@pytest.mark.parametrize("kind", [MattingTask, KnownBackgroundTask])
def test_planes_are_those_that_the_varied_picture_has(kind, opened_art, recipe):
    """Colours may be recoloured and turned after they have been spread, as well as before."""
    for batch in kind(recipe, opened_art, []).batches(range(ITERATIONS), CPU):
        for planes, background in zip(
            batch["planes"].numpy(), batch["background"].numpy(), strict=True
        ):
            shown = named(planes)
            picture = np.ascontiguousarray(shown.picture.transpose(1, 2, 0))
            trimap = np.where(shown.band, 0.5, shown.sure_foreground)[0].astype(np.float32)
            (coarse,) = shown.coarse_alpha
            if kind is MattingTask:
                fresh = named(planes_of(picture, trimap, coarse))
            else:
                behind = np.ascontiguousarray(background.transpose(1, 2, 0))
                fresh = named(planes_over(picture, behind, trimap, coarse))
            assert np.array_equal(fresh.picture, shown.picture)
            assert np.array_equal(fresh.sure_foreground, shown.sure_foreground)
            assert np.array_equal(fresh.sure_background, shown.sure_background)
            # Spreading works in squares of 2, 4, 8, … pixels, whose sides turn with the picture: 32
            # of them are whole ones.
            np.testing.assert_allclose(fresh.foreground, shown.foreground, atol=0.02)
            np.testing.assert_allclose(fresh.background, shown.background, atol=0.02)
            assert np.abs(fresh.guess - shown.guess).mean() < 0.02
            sure = trimap != 0.5
            for alpha in (*shown.guess, *shown.coarse_alpha):
                assert np.array_equal(alpha[sure], trimap[sure])


def test_more_samples_than_there_is_room_for_are_refused(opened_art, recipe):
    many = replace(recipe, samples=replace(recipe.samples, distinct=10**12))
    with pytest.raises(BadInputError, match="lower `distinct`"):
        next(MattingTask(many, opened_art, []).batches(range(1), CPU))


def test_pictures_of_no_use_are_told_of_plainly(opened_art, recipe):
    nothing = replace(recipe, samples=replace(recipe.samples, side=2))
    with pytest.raises(BadInputError, match="are of no use for training"):
        next(MattingTask(nothing, opened_art, []).batches(range(1), CPU))


def test_a_batch_is_turned_alike_in_all_its_planes():
    steps = torch.zeros(1, 17, 4, 4, dtype=torch.uint8)
    alpha = torch.zeros(1, 1, 4, 4, dtype=torch.float16)
    steps[0, 3:6, 0, 1], alpha[0, 0, 0, 1] = 255, 1
    places = set()
    for seed in range(40):
        batch = varied(steps, alpha, np.random.default_rng(seed))
        foreground = batch["foreground"][0]
        (place,) = (batch["alpha"][0, 0] == 1).nonzero().tolist()
        other = (foreground - foreground[:, :1, :1]).abs().amax(dim=0)
        assert other.argmax() == 4 * place[0] + place[1]
        places.add(tuple(place))
    assert len(places) == 8
