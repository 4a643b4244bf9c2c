"""Too little memory is told as that, whichever library found it, and never as a bad model."""

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from layerpeel.backend.api import peel
from layerpeel.backend.errors import DeviceError, ModelError
from layerpeel.backend.out_of_memory import TellingOfMemory
from layerpeel.backend.stages import isnet
from layerpeel.shared.protocol import ColourModel, Depth, Picture, PixelBlock

TOO_MUCH = 1 << 46


@pytest.fixture(scope="module")
def greedy(tmp_path_factory):
    """A network that takes more memory than any computer has, with ISNet's inputs and outputs."""
    shape = helper.make_tensor("shape", TensorProto.INT64, [1], [TOO_MUCH])
    graph = helper.make_graph(
        [helper.make_node("ConstantOfShape", ["shape"], ["output"])],
        "greedy",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 1024, 1024])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [None])],
        [shape],
    )
    opsets = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    path = tmp_path_factory.mktemp("models") / "greedy.onnx"
    onnx.save(model, path)
    return path


def run(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(model), options)
    session.run(None, {"input": np.zeros((1, 3, 1024, 1024), np.float32)})


def test_what_libraries_say_becomes_a_memory_error(greedy):
    with pytest.raises(MemoryError), TellingOfMemory():
        run(greedy)
    with pytest.raises(MemoryError), TellingOfMemory():
        cv2.resize(np.zeros((9, 9), np.float64), (30_000_000, 30_000_000))
    with pytest.raises(MemoryError), TellingOfMemory():
        np.empty(TOO_MUCH)


@pytest.mark.torch
def test_what_torch_says_becomes_a_memory_error():
    import torch

    with pytest.raises(MemoryError), TellingOfMemory():
        torch.empty(TOO_MUCH)


def test_a_model_that_found_no_room_is_no_bad_model():
    with pytest.raises(MemoryError), TellingOfMemory():
        raise ModelError("isnet cannot be loaded: pull it.") from RuntimeError("std::bad_alloc")
    with pytest.raises(ModelError), TellingOfMemory():
        raise ModelError("isnet is damaged.")
    with pytest.raises(DeviceError), TellingOfMemory():
        raise DeviceError("There is not enough memory on the GPU.")


def test_a_peel_tells_of_memory(greedy, isnet_store, monkeypatch):
    monkeypatch.setattr(isnet, "_finder", lambda _file: isnet.IsnetSubjectFinder(greedy))
    pixels = PixelBlock(32, 32, ColourModel.RGBA, Depth.U8, b"\x80\x20\x10\xff" * 1024)
    with pytest.raises(MemoryError):
        peel(Picture(pixels), store=isnet_store)
