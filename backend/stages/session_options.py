"""How ONNX Runtime runs the networks of the stages."""

import os

import onnxruntime

# Up to so many processors all are used. ONNX Runtime would leave out every second one of a core,
# which on a rented machine of two is half of what there is (docs/decisions.md).
FEW_PROCESSORS = 4


def lean_options() -> onnxruntime.SessionOptions:
    """Options with which a network gives its memory back after each run, at no cost in time.

    By default ONNX Runtime keeps all that a run has taken, and takes as much again for a plan of
    where things lie: ISNet would hold twice its memory (docs/decisions.md).
    """
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    if usable_processors() <= FEW_PROCESSORS:
        options.intra_op_num_threads = usable_processors()
    return options


def usable_processors() -> int:
    """Count the processors that this process may use, which can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
