"""Which device computes; what is not here is never replaced by another."""

import pytest
import torch

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.devices.gpu_signs import wanted_device
from layerpeel.backend.errors import DeviceError

pytestmark = pytest.mark.torch


def test_the_processor_computes_in_single_precision():
    compute = compute_on("cpu")
    assert (compute.device.type, compute.precision) == ("cpu", torch.float32)
    assert compute.budget > 1_000_000_000


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_gpu_that_is_not_here_is_not_replaced():
    with pytest.raises(DeviceError, match="--device cpu"):
        compute_on("cuda")


def test_an_unknown_device_is_named_with_those_there_are():
    with pytest.raises(DeviceError, match=r"“gpu”.*auto, cuda, mps, cpu"):
        compute_on("gpu")


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("LAYERPEEL_DEVICE", "cpu")
    assert wanted_device() == "cpu"
    assert compute_on().device.type == "cpu"
    monkeypatch.setenv("LAYERPEEL_DEVICE", "abacus")
    with pytest.raises(DeviceError, match="abacus"):
        compute_on()


def test_models_fill_no_more_than_a_person_allows(monkeypatch):
    whole = compute_on("cpu").budget
    monkeypatch.setenv("LAYERPEEL_MEMORY", "0.25")
    assert compute_on("cpu").budget == 1 << 28
    monkeypatch.setenv("LAYERPEEL_MEMORY", "100000")
    assert compute_on("cpu").budget == whole
    for odd in ("0", "-1", "much", "nan", "inf", "1e99"):
        monkeypatch.setenv("LAYERPEEL_MEMORY", odd)
        with pytest.raises(DeviceError, match=f"LAYERPEEL_MEMORY is “{odd}”"):
            compute_on("cpu")
