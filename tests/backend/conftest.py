"""Model folders with tiny random networks of the real architectures."""

import pytest

from layerpeel.backend.models.model_store import ModelStore


@pytest.fixture(autouse=True)
def _one_thread(request):
    """Networks this small wait for each other's threads longer than they compute."""
    if request.node.get_closest_marker("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def paper_store(tmp_path_factory, isnet_store):
    """Every model of the engine `layeringdiff`, taken in as a person's own; ISNet is real."""
    from tiny_checkpoints.detect import save_tiny_grounding_dino
    from tiny_checkpoints.layering import save_tiny_fbdd, save_tiny_hfa
    from tiny_checkpoints.matte import save_tiny_vitmatte
    from tiny_checkpoints.segment import save_tiny_sam

    made = tmp_path_factory.mktemp("made")
    store = ModelStore(tmp_path_factory.mktemp("paper-models"))
    folders = (
        save_tiny_grounding_dino(made / "grounding-dino"),
        save_tiny_sam(made / "sam"),
        save_tiny_vitmatte(made / "vitmatte"),
        save_tiny_fbdd(made / "fbdd"),
        save_tiny_hfa(made / "hfa"),
        isnet_store.path_of("isnet"),
    )
    for folder in folders:
        store.take_in(store.recognise(folder))
    return store


@pytest.fixture(scope="session")
def qwen_folder(tmp_path_factory):
    """A tiny Qwen-Image-Layered, as the hub has it."""
    from tiny_checkpoints.qwen import save_tiny_qwen

    return save_tiny_qwen(tmp_path_factory.mktemp("qwen") / "qwen-image-layered")


@pytest.fixture(scope="session")
def qwen_store(qwen_folder, tmp_path_factory):
    """A store that has it, and nothing else."""
    store = ModelStore(tmp_path_factory.mktemp("qwen-models"))
    store.take_in(store.recognise(qwen_folder))
    return store
