"""Methods in processes of their own: their output, their end, their memory."""

import multiprocessing

import numpy as np
import pytest

from layerpeel.backend.errors import StoppedError
from layerpeel.backend.evaluation.baselines.by_trimap import lift_of_trimap
from layerpeel.backend.evaluation.method_process import (
    MethodEndedError,
    NotSeparated,
    Order,
    Separated,
    started,
)

ORDER = Order(
    np.full((96, 96, 3), 0.5, np.float32), lift_of_trimap(np.ones((96, 96), np.float32)), 0
)


def test_layers_come_back_as_they_were(strange):
    with started((strange.as_it_is,)) as processes:
        answer = processes["as_it_is"].separate(ORDER)
    assert isinstance(answer, Separated)
    np.testing.assert_array_equal(answer.answer[0].background, ORDER.picture)
    assert answer.seconds >= 0.05


def test_what_libraries_print_does_not_get_among_the_figures(strange, capfd):
    with started((strange.chatty,)) as processes:
        processes["chatty"].separate(ORDER)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "PERFORMANCE WARNING" in printed.err


def test_a_refusal_costs_one_picture(strange):
    with started((strange.finds_no_edge, strange.takes_all_memory)) as processes:
        for _ in range(2):
            assert processes["finds_no_edge"].separate(ORDER) == NotSeparated("no edge here")
        assert "memory" in processes["takes_all_memory"].separate(ORDER).why


def test_a_crash_ends_one_method_and_says_how(strange):
    with started((strange.crashes, strange.as_it_is)) as processes:
        with pytest.raises(MethodEndedError, match=r"crashed \(Aborted\)"):
            processes["crashes"].separate(ORDER)
        assert isinstance(processes["as_it_is"].separate(ORDER), Separated)


def test_memory_is_the_method_s_own(strange):
    """The memory of this process does not count."""
    held = np.ones(400 * 2**20 // 8)
    with started((strange.as_it_is,)) as processes:
        answer = processes["as_it_is"].separate(ORDER)
    assert held.sum() > 0
    assert 10 * 2**20 < answer.peak_bytes < 400 * 2**20


def test_no_process_outlives_the_block(strange):
    def run():
        with started((strange.as_it_is, strange.never_ends)):
            assert len(multiprocessing.active_children()) == 2
            raise StoppedError("Ctrl-C")

    with pytest.raises(StoppedError):
        run()
    assert multiprocessing.active_children() == []
