"""Settings: how layers are named, and how much a backend that is started here may keep and fill."""

from pathlib import Path

import pytest
from krita_harness.docker import DONE

pytestmark = pytest.mark.krita

SETTINGS = (
    "(lambda s: [s.keep_gib, s.memory_gib, s.names_lifted])"
    "(__import__('layerpeel.plugin.stored_settings', fromlist=['_']).read_settings())"
)


@pytest.fixture
def set_back(krita, docker, backend):
    """Whatever a test sets, the next one has a backend without it."""
    yield
    docker.forget_settings()
    backend.end()


@pytest.mark.usefixtures("set_back")
def test_names_and_limits_are_chosen_and_count(
    krita, docker, easel, backend, small_painting, soft_disc
):
    docker.open_settings()
    assert krita.evaluate("widgets.the('layerpeel_memory').text()") == "as much as there is"
    krita.click("layerpeel_names_lifted")
    for name, keys in (("keep", "3"), ("memory", "5")):
        krita.click(f"layerpeel_{name}")
        krita.press("ctrl+a")
        krita.write(keys)
    krita.screenshot_of("layerpeel_settings", "settings-limits")
    docker.close_settings("ok")
    assert krita.evaluate(SETTINGS) == [3, 5, True]
    backend.end()
    easel.picture(small_painting)
    easel.select(soft_disc)
    docker.lift("selection")
    docker.take_edge_exactly()
    assert docker.peel() == DONE
    _picture, group = krita.layer_tree()
    assert [layer.name for layer in group.children] == ["Selection: background", "Selection"]
    command = Path(f"/proc/{backend.pid}/cmdline").read_text(encoding="utf-8").split("\0")
    assert command[command.index("--max-results") + 1] == str(3 << 30)
    assert command[command.index("--max-memory") + 1] == "5"


@pytest.mark.usefixtures("set_back")
def test_what_cannot_be_a_limit_is_none(krita):
    for odd in ('"much"', '"-3"', '"0"', '"1000"', '"²"', "7", "{"):
        krita.run("krita.writeSetting('layerpeel', 'keep_gib', odd)", odd=odd)
        krita.run("krita.writeSetting('layerpeel', 'memory_gib', odd)", odd=odd)
        # Nothing is deleted for what cannot be read.
        assert krita.evaluate(SETTINGS) == [999, 0, False], odd
    for name in ("keep_gib", "memory_gib"):
        krita.run("krita.writeSetting('layerpeel', name, '')", name=name)
    assert krita.evaluate(SETTINGS) == [2, 0, False]
