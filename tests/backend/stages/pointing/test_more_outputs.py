"""Naming further outputs of an ONNX file without touching it."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph

from layerpeel.backend.stages.pointing.more_outputs import with_outputs


def doubling_twice(between):
    """A network that doubles twice; what lies between is called so."""
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["given", "given"], [between]),
            helper.make_node("Add", [between, between], ["result"]),
        ],
        "doubling",
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


# Lengths that take one byte, and two.
@pytest.mark.parametrize("between", ["doubled", "/layer/doubled" * 30])
def test_what_is_computed_on_the_way_comes_out(between):
    session = onnxruntime.InferenceSession(
        with_outputs(doubling_twice(between), [between]), providers=["CPUExecutionProvider"]
    )
    assert [output.name for output in session.get_outputs()] == ["result", between]
    given = {"given": np.array([1, 3], np.float32)}
    once, twice = session.run([between, "result"], given)
    assert once.tolist() == [2, 6]
    assert twice.tolist() == [4, 12]


def test_a_value_that_the_graph_does_not_have_is_refused():
    model = with_outputs(doubling_twice("doubled"), ["tripled"])
    with pytest.raises((Fail, InvalidGraph), match="tripled"):
        onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
