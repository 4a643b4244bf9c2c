"""A small network answers as the trained one does: whole, in tiles, and only where it is wanted."""

import warnings

import numpy as np
import pytest
import torch

from layerpeel.backend.networks.local_unet import LocalUNet, UNetShape
from layerpeel.backend.stages.small_networks import answer_of, running
from layerpeel.backend.training.export import onnx_of

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def trained():
    """A network with weights as a file keeps them, and that file; exporting takes seconds."""
    torch.manual_seed(0)
    network = LocalUNet(UNetShape(5, 3, (4, 6), 1, 2)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
        parameter.data = parameter.half().float()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return network, onnx_of(network)


@pytest.fixture
def network(trained, tmp_path, monkeypatch):
    """The network, and its file where the shipped ones lie."""
    network, file = trained
    (tmp_path / "tiny.onnx").write_bytes(file)
    monkeypatch.setattr(running, "__file__", str(tmp_path / "running.py"))
    running.session_of.cache_clear()
    yield network
    running.session_of.cache_clear()


def test_a_file_tells_nothing_of_the_machine_that_made_it(trained):
    _, file = trained
    assert b".py" not in file


def planes_of_size(height, width):
    return np.random.default_rng(0).random((5, height, width), np.float32)


def answered_by(network, planes):
    with torch.inference_mode():
        return network(torch.from_numpy(planes)[None])[0].numpy()


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (64, 64)])
def test_any_size_is_answered_as_by_the_trained_network(network, size):
    planes = planes_of_size(*size)
    answer = answer_of("tiny", planes, np.ones(size, bool))
    np.testing.assert_allclose(answer, answered_by(network, planes), atol=1e-4)


def test_tiles_give_what_the_whole_gives(network, monkeypatch):
    monkeypatch.setattr(running, "SIDE", 2 * network.shape.reach + 12)
    planes, said = planes_of_size(101, 77), []
    answer = answer_of("tiny", planes, np.ones((101, 77), bool), said.append)
    assert len(said) > 4
    assert np.allclose(np.diff([0, *said]), 1 / len(said))
    np.testing.assert_allclose(answer, answered_by(network, planes), atol=1e-4)


def test_tiles_in_which_nothing_is_wanted_are_left_out(network, monkeypatch):
    monkeypatch.setattr(running, "SIDE", 2 * network.shape.reach + 12)
    planes, wanted = planes_of_size(101, 77), np.zeros((101, 77), bool)
    wanted[90, 70] = True
    answer = answer_of("tiny", planes, wanted)
    np.testing.assert_allclose(
        answer[:, 90, 70], answered_by(network, planes)[:, 90, 70], atol=1e-4
    )
    assert (answer[:, :40] == 0).all()
