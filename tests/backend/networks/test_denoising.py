"""The schedulers do what their papers say, for v-prediction; references are in float64."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from layerpeel.backend.networks.denoising import (
    Conditions,
    denoise,
    first_noise,
    scheduler_from,
)
from layerpeel.backend.networks.fbdd_start import v_prediction_scheduler
from layerpeel.backend.progress import say_no_fraction

pytestmark = pytest.mark.torch

STOCK = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
DPM_SOLVER = v_prediction_scheduler(STOCK)
UNI_PC = {
    "_class_name": "UniPCMultistepScheduler",
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    **STOCK,
}
DDIM = {**UNI_PC, "_class_name": "DDIMScheduler", "clip_sample": False}
STEPS = 4


@pytest.fixture
def conditions():
    torch.manual_seed(5)
    return Conditions(torch.randn(1, 4, 8, 16), torch.rand(1, 64, 8, 16), torch.randn(1, 77, 16))


def levels():
    """How much picture and how much noise there is at each of the 1000 times, in float64."""
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    kept = np.cumprod(1 - betas)
    return np.sqrt(kept), np.sqrt(1 - kept)


def times():
    """Trailing: from the noisiest time on, in equal steps."""
    return [1000 - 1000 * step // STEPS - 1 for step in range(STEPS)]


def velocity(unet, latent, time, conditions):
    planes = torch.cat(
        [torch.from_numpy(latent).float(), conditions.picture, conditions.alpha], dim=1
    )
    with torch.inference_mode():
        return unet(planes, time, conditions.null_embedding).sample.double().numpy()


def ddim(unet, noise, conditions):
    """Song et al. 2021, equation 12 with σ = 0; v as Salimans and Ho 2022 define it."""
    picture_level, noise_level = levels()
    latent = noise.double().numpy()
    for time, following in zip(times(), [*times()[1:], None], strict=True):
        v = velocity(unet, latent, time, conditions)
        picture = picture_level[time] * latent - noise_level[time] * v
        remaining = picture_level[time] * v + noise_level[time] * latent
        if following is None:
            return picture
        latent = picture_level[following] * picture + noise_level[following] * remaining


def dpm_solver(unet, noise, conditions):
    """Lu et al. 2022, DPM-Solver++(2M), algorithm 2; its last step of first order."""
    picture_level, noise_level = levels()
    half_log_snr = np.log(picture_level / noise_level)
    latent, before, step_before = noise.double().numpy(), None, None
    for time, following in zip(times(), [*times()[1:], None], strict=True):
        v = velocity(unet, latent, time, conditions)
        picture = picture_level[time] * latent - noise_level[time] * v
        if following is None:
            return picture
        step = half_log_snr[following] - half_log_snr[time]
        direction = picture
        if before is not None:
            ratio = step_before / step
            direction = (1 + 1 / (2 * ratio)) * picture - before / (2 * ratio)
        latent = (
            noise_level[following] / noise_level[time] * latent
            - picture_level[following] * (np.exp(-step) - 1) * direction
        )
        before, step_before = picture, step


@pytest.mark.parametrize(("config", "reference"), [(DDIM, ddim), (DPM_SOLVER, dpm_solver)])
def test_schedulers_do_what_their_papers_say(tiny_unet, conditions, config, reference):
    unet, noise = tiny_unet(72), first_noise(8, 16, seed=1)
    with torch.inference_mode():
        latent = denoise(unet, scheduler_from(config), noise, conditions, STEPS, say_no_fraction)
    assert latent.dtype == torch.float32
    np.testing.assert_allclose(latent.numpy(), reference(unet, noise, conditions), atol=2e-4)


def test_uni_pc_arrives_where_dpm_solver_does(tiny_unet, conditions):
    unet, noise = tiny_unet(72), first_noise(8, 16, seed=1)
    with torch.inference_mode():
        first, second = (
            denoise(unet, scheduler_from(config), noise, conditions, 20, say_no_fraction)
            for config in (DPM_SOLVER, UNI_PC)
        )
    assert (first - second).abs().max() < 0.01 * first.std()


@pytest.mark.parametrize("config", [DDIM, DPM_SOLVER, UNI_PC])
def test_one_seed_is_one_latent(tiny_unet, conditions, config):
    unet = tiny_unet(72)

    def run(seed):
        with torch.inference_mode():
            noise = first_noise(8, 16, seed)
            return denoise(unet, scheduler_from(config), noise, conditions, 3, say_no_fraction)

    torch.manual_seed(0)
    first = run(1)
    torch.manual_seed(99)  # The process's own noise plays no part.
    assert torch.equal(first, run(1))
    assert not torch.allclose(first, run(2))


def test_picture_alpha_and_words_all_count(tiny_unet, conditions):
    unet, noise = tiny_unet(72), first_noise(8, 16, seed=1)
    base = vars(conditions)

    def run(**changed):
        told = Conditions(**{**base, **changed})
        with torch.inference_mode():
            return denoise(unet, scheduler_from(DPM_SOLVER), noise, told, 2, say_no_fraction)

    for name, tensor in base.items():
        assert not torch.allclose(run(), run(**{name: -tensor}))


def test_progress_is_told_after_every_step_and_may_stop(tiny_unet, conditions):
    unet, noise = tiny_unet(72), first_noise(8, 16, seed=1)
    told, seen = [], []
    unet.register_forward_hook(lambda *_: seen.append(len(told)))
    with torch.inference_mode():
        denoise(unet, scheduler_from(DPM_SOLVER), noise, conditions, 5, told.append)
    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert seen == [0, 1, 2, 3, 4]

    class EnoughError(Exception):
        pass

    def stop(done):
        raise EnoughError

    seen.clear()
    with pytest.raises(EnoughError), torch.inference_mode():
        denoise(unet, scheduler_from(DPM_SOLVER), noise, conditions, 5, stop)
    assert len(seen) == 1


def test_a_unet_in_half_precision_keeps_the_latent_in_float32(tiny_unet, conditions):
    full, half = tiny_unet(72), tiny_unet(72).to(torch.bfloat16)
    noise = first_noise(8, 16, seed=1)
    with torch.inference_mode():
        first, second = (
            denoise(unet, scheduler_from(DPM_SOLVER), noise, conditions, 10, say_no_fraction)
            for unet in (full, half)
        )
    assert second.dtype == torch.float32
    assert not torch.equal(second, second.bfloat16().float())
    assert (first - second).abs().max() < 0.1 * first.std()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"_class_name": "PNDMScheduler"}, "scheduler is PNDMScheduler"),
        ({"_class_name": None}, "scheduler is None"),
        ({"prediction_type": "epsilon"}, "epsilon, not v_prediction"),
        ({"prediction_type": None}, "None, not v_prediction"),
        ({"algorithm_type": "sde-dpmsolver++"}, "draws noise"),
        ({"_class_name": "DDIMScheduler"}, "clip_sample"),
    ],
)
def test_schedulers_that_would_spoil_layers_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        scheduler_from({**DPM_SOLVER, **change})


class PlainScheduler:
    """One that looks at no values: those that only pretend to lie on a GPU have none."""

    def set_timesteps(self, steps, device):
        self.timesteps = torch.ones(steps, dtype=torch.long, device=device)

    def step(self, velocity, _time, latent):
        return SimpleNamespace(prev_sample=latent - velocity)


def test_conditions_may_lie_elsewhere_than_the_network(tiny_unet, conditions):
    """With tensors that only pretend to lie on a GPU: what does not move there is noticed."""
    with FakeTensorMode():
        with torch.device("cuda"):
            unet = tiny_unet(72)
        elsewhere = Conditions(
            torch.zeros(conditions.picture.shape, device="cuda"),
            torch.zeros(conditions.alpha.shape),
            torch.zeros(conditions.null_embedding.shape),
        )
        noise = torch.zeros(1, 4, 8, 16)
        latent = denoise(unet, PlainScheduler(), noise, elsewhere, STEPS, say_no_fraction)
    assert latent.device.type == "cuda"
