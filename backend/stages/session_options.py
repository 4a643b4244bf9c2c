"""How ONNX Runtime runs the networks of the stages."""

import onnxruntime


def lean_options() -> onnxruntime.SessionOptions:
    """Options with which a network gives its memory back after each run, at no cost in time.

    By default ONNX Runtime keeps all that a run has taken, and takes as much again for a plan of
    where things lie: ISNet would hold twice its memory (docs/decisions.md).
    """
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return options
