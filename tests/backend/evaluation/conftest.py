"""Misbehaving methods, importable by child processes, and networks that figures ask."""

import importlib
from types import SimpleNamespace

import pytest

from layerpeel.backend.evaluation.baseline import Baseline

SOURCE = """
import os
import time
from layerpeel.backend.errors import NoEdgeError, NothingFoundError
from layerpeel.backend.evaluation.baselines.by_trimap import by_trimap
from layerpeel.backend.separation import Separation

def of_trimap(picture, trimap, seed):
    return Separation(trimap, picture, picture)

def as_it_is(picture, lift, seed):
    time.sleep(0.05)  # So that its seconds can be told from 0.
    return by_trimap(of_trimap, picture, lift, seed)

def chatty(picture, lift, seed):
    print("PERFORMANCE WARNING", flush=True)
    return as_it_is(picture, lift, seed)

def crashes(picture, lift, seed):
    # Only when it is measured: warming up uses a smaller picture.
    if len(picture) == 96:
        os.abort()
    return as_it_is(picture, lift, seed)

def finds_no_edge(picture, lift, seed):
    raise NoEdgeError("no edge here")

def finds_nothing(picture, lift, seed):
    raise NothingFoundError("nothing is here")

def takes_all_memory(picture, lift, seed):
    raise MemoryError

def never_ends(picture, lift, seed):
    while True:
        pass

def lacks_a_part():
    return "its part is not installed"
"""

NAMES = (
    "as_it_is",
    "chatty",
    "crashes",
    "finds_no_edge",
    "finds_nothing",
    "takes_all_memory",
    "never_ends",
)


@pytest.fixture(scope="session")
def strange(tmp_path_factory):
    """Baselines by name; child processes import their module, as they inherit `sys.path`."""
    folder = tmp_path_factory.mktemp("methods")
    (folder / "strange_methods.py").write_text(SOURCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        module = importlib.import_module("strange_methods")
        baselines = {name: Baseline(name, name, getattr(module, name)) for name in NAMES}
        baselines["lacking"] = Baseline("lacking", "lacking", module.as_it_is, module.lacks_a_part)
        yield SimpleNamespace(**baselines)


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    """Where torch.hub and the model hub keep their files: networks that figures ask, random."""
    from tiny_checkpoints.judges import save_random_alexnet, save_random_inception, save_tiny_clip

    home = tmp_path_factory.mktemp("judges")
    checkpoints = home / "torch" / "hub" / "checkpoints"
    save_random_alexnet(checkpoints)
    save_random_inception(checkpoints)
    save_tiny_clip(home / "hub")
    return home


@pytest.fixture
def judged(judges, monkeypatch):
    """Ask them. The first 64 features of Inception are compared, which are quick to have."""
    from layerpeel.backend.evaluation.networks import distributions

    monkeypatch.setenv("TORCH_HOME", str(judges / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(judges / "hub"))
    monkeypatch.setenv("HF_HUB_CACHE", str(judges / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(distributions, "FEATURES", 64)
