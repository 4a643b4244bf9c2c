"""What lacks torch is told of with both ways to get it: a terminal, and the docker."""

import pytest

from layerpeel.backend.engines import full_install
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.server.generator_offers import style_info
from layerpeel.backend.stages.generation.style import find_styles


@pytest.fixture(autouse=True)
def lacking(monkeypatch):
    monkeypatch.setattr(full_install, "_missing", lambda: ("torch",))


@pytest.mark.parametrize("engine", full_install.NEEDS_FULL_INSTALL)
def test_an_engine_says_both_ways(engine):
    said = full_install.what_full_install_lacks(engine)
    assert said.startswith(f"The engine “{engine}” needs the full install, and torch cannot be")
    for way in ("`pip install 'layerpeel[full]'`", "in the docker", "“Install torch …”"):
        assert way in said


def test_a_style_says_both_ways(tmp_path):
    said = {style_info(style, ModelStore(tmp_path)).missing for style in find_styles()}
    assert said == {full_install.what_lacks_packages("Painting")}
    assert "in the docker" in said.pop()
