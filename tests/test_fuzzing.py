"""Every reader of bytes from outside, tried for a second or two; `make fuzz` tries for longer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.mutations import nearly
from fuzzing.targets import TARGETS

TRIED = 100


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_reader_takes_can_be_read(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].read(seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=TRIED, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_odd_bytes_are_read_or_refused_in_a_line(name, data):
    TARGETS[name].read(data.draw(nearly(TARGETS[name].seeds)))
