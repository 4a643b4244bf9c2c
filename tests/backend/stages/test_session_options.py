"""How the networks of the stages are run."""

import os

import pytest

from layerpeel.backend.stages.session_options import (
    FEW_PROCESSORS,
    lean_options,
    usable_processors,
)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no system of this kind")
def test_uses_those_processors_that_it_may():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        alone = lean_options().intra_op_num_threads, usable_processors()
    finally:
        os.sched_setaffinity(0, allowed)
    assert alone == (1, 1)


def test_uses_each_of_a_few_processors():
    processors = usable_processors()
    # 0 leaves it to ONNX Runtime.
    expected = processors if processors <= FEW_PROCESSORS else 0
    assert lean_options().intra_op_num_threads == expected
