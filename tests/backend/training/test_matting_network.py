import numpy as np
import pytest
import torch

from layerpeel.backend.stages.small_networks.band_layers import (
    OUTPUTS,
    BandLayers,
    layers_of_answer,
    separation_of,
)
from layerpeel.backend.stages.small_networks.planes import INPUTS, NUMPY, named, planes_of
from layerpeel.backend.training.matting_network import (
    DIFFERENTIABLE,
    WEIGHTS,
    clamp,
    matting_losses,
)

pytestmark = pytest.mark.torch


@pytest.fixture
def ramp():
    """A picture that goes from one plain colour to another; its alpha and a trimap."""
    alpha = np.tile(np.clip((np.arange(48, dtype=np.float32) - 14) / 20, 0, 1), (32, 1))
    front, back = np.float32([0.9, 0.3, 0.2]), np.float32([0.1, 0.4, 0.6])
    picture = alpha[..., None] * front + (1 - alpha[..., None]) * back
    trimap = np.where(alpha >= 1, 1, np.where(alpha <= 0, 0, 0.5)).astype(np.float32)
    return picture, alpha, trimap, front, back


def test_plain_colours_are_guessed_right_without_any_network(ramp):
    picture, alpha, trimap, front, back = ramp
    planes = planes_of(picture, trimap)
    assert planes.shape == (INPUTS, 32, 48)
    seen = named(planes)
    assert np.array_equal(seen.picture, picture.transpose(2, 0, 1))
    np.testing.assert_array_equal(seen.sure_foreground, [trimap == 1])
    np.testing.assert_array_equal(seen.sure_background, [trimap == 0])
    for near, colour in ((seen.foreground, front), (seen.background, back)):
        expected = np.broadcast_to(colour[:, None, None], (3, 32, 48))
        np.testing.assert_allclose(near, expected, atol=1e-3)
    np.testing.assert_allclose(seen.guess, alpha[None], atol=2e-3)
    # Closed-form alpha draws things to 0 and 1, and this one is of half the size.
    (coarse,) = seen.coarse_alpha
    assert np.abs(coarse - alpha).mean() < 0.03
    assert np.array_equal(coarse[trimap != 0.5], trimap[trimap != 0.5])


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [(1, 1), (2, 9), (33, 40)])
def test_one_value_for_the_whole_trimap_is_no_trouble(value, size):
    picture = np.random.default_rng(0).random((*size, 3), np.float32)
    planes = planes_of(picture, np.full(size, value, np.float32))
    assert planes.shape == (INPUTS, *size)
    assert np.isfinite(planes).all()
    assert planes.min() >= 0
    assert planes.max() <= 1


def test_outside_the_band_alpha_is_the_trimap_whatever_is_answered(ramp):
    picture, _, trimap, *_ = ramp
    answer = np.random.default_rng(0).normal(0, 1, (OUTPUTS, 32, 48)).astype(np.float32)
    layers = layers_of_answer(answer, named(planes_of(picture, trimap)), NUMPY)
    separation = separation_of(layers)
    assert np.array_equal(separation.alpha[trimap != 0.5], trimap[trimap != 0.5])


def test_layers_make_the_picture_when_the_answer_is_not_too_far_off(ramp):
    picture, _, trimap, *_ = ramp
    answer = np.random.default_rng(0).normal(0, 0.02, (OUTPUTS, 32, 48)).astype(np.float32)
    layers = layers_of_answer(answer, named(planes_of(picture, trimap)), NUMPY)
    separation = separation_of(layers)
    share = separation.alpha[..., None]
    mixed = share * separation.foreground + (1 - share) * separation.background
    np.testing.assert_allclose(mixed, picture, atol=1e-5)


def test_torch_and_numpy_read_an_answer_alike_in_the_band(ramp):
    picture, _, trimap, *_ = ramp
    planes = planes_of(picture, trimap)
    answer = np.random.default_rng(0).normal(0, 0.3, (OUTPUTS, 32, 48)).astype(np.float32)
    ours = layers_of_answer(answer, named(planes), NUMPY)
    tensors = (torch.from_numpy(array)[None] for array in (answer, planes))
    answered, seen = tensors
    layers = layers_of_answer(answered, named(seen), DIFFERENTIABLE)
    band = trimap == 0.5
    for plane, tensor in (
        (ours.alpha, layers.alpha),
        (ours.foreground, layers.foreground),
        (ours.background, layers.background),
    ):
        np.testing.assert_allclose(plane[:, band], tensor[0].numpy()[:, band], atol=1e-5)


def test_the_truth_loses_nothing_and_anything_else_does(ramp):
    picture, alpha, trimap, front, back = ramp
    solid = [np.broadcast_to(colour, picture.shape) for colour in (front, back)]
    truth = {
        name: torch.from_numpy(np.ascontiguousarray(plane))[None]
        for name, plane in {
            "planes": planes_of(picture, trimap),
            "composite": picture.transpose(2, 0, 1),
            "alpha": alpha[None],
            "foreground": solid[0].transpose(2, 0, 1),
            "background": solid[1].transpose(2, 0, 1),
        }.items()
    }
    logits = torch.logit(truth["alpha"])
    right = BandLayers(logits, truth["alpha"], truth["foreground"], truth["background"])
    losses = matting_losses(right, truth)
    assert set(losses) == set(WEIGHTS)
    assert max(loss.item() for loss in losses.values()) < 1e-6
    wrong = BandLayers(-logits, 1 - truth["alpha"], truth["background"], truth["foreground"])
    assert min(loss.item() for loss in matting_losses(wrong, truth).values()) > 0.01


def test_only_the_band_is_judged(ramp):
    picture, alpha, trimap, *_ = ramp
    planes = torch.from_numpy(planes_of(picture, trimap))[None]
    true_alpha = torch.from_numpy(alpha)[None, None]
    colours = torch.rand(1, 3, 32, 48)
    truth = {
        "planes": planes,
        "composite": true_alpha * colours + (1 - true_alpha) * colours,
        "alpha": true_alpha,
        "foreground": colours,
        "background": colours,
    }
    band = torch.from_numpy(trimap == 0.5)[None, None]
    off = torch.where(band, true_alpha, 1 - true_alpha)
    losses = matting_losses(BandLayers(torch.logit(off, 1e-6), off, colours, colours), truth)
    assert losses["alpha"].item() == 0
    assert losses["alpha_logits"].item() < 1e-4
    assert losses["alpha_gradient"].item() == 0


def test_the_same_error_counts_more_where_closed_form_is_right(ramp):
    picture, alpha, trimap, *_ = ramp
    planes = planes_of(picture, trimap)
    true_alpha = torch.from_numpy(alpha)[None, None]
    colours = torch.rand(1, 3, 32, 48)
    answered = (true_alpha + 0.1).clamp(0, 1)
    layers = BandLayers(torch.logit(answered, 1e-6), answered, colours, colours)
    losses = []
    for closed_form in (alpha, 1 - alpha):
        named(planes).coarse_alpha[:] = closed_form
        truth = {
            "planes": torch.from_numpy(planes)[None],
            "composite": colours,
            "alpha": true_alpha,
            "foreground": colours,
            "background": colours,
        }
        losses.append(matting_losses(layers, truth)["alpha"].item())
    assert losses[0] > 2 * losses[1] > 0


def test_clamping_lets_the_way_back_through():
    value = torch.tensor([-0.5, -0.5, 0.5, 1.5, 1.5], requires_grad=True)
    clamped = clamp(value)
    assert clamped.tolist() == [0, 0, 0.5, 1, 1]
    clamped.backward(torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]))
    assert value.grad is not None
    assert value.grad.tolist() == [0, -1, 1, 1, 0]
