"""Every dependency is bounded above and below, so that a new major does not come in by itself."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def stated():
    described = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    yield from described["build-system"]["requires"]
    yield from described["project"]["dependencies"]
    for extra in described["project"]["optional-dependencies"].values():
        yield from extra


def lacking_bounds(requirement):
    operators = {each.operator for each in Requirement(requirement).specifier}
    if operators & {"==", "~="}:
        return []
    bounds = {"lower": {">=", ">"}, "upper": {"<", "<="}}
    return [name for name, those in bounds.items() if operators.isdisjoint(those)]


@pytest.mark.parametrize("requirement", list(stated()))
def test_every_dependency_is_bounded_above_and_below(requirement):
    assert not lacking_bounds(requirement)


@pytest.mark.parametrize(
    ("requirement", "lacking"),
    [
        ("numpy", ["lower", "upper"]),
        ("numpy>=1.26", ["upper"]),
        ("numpy<3,!=2.1", ["lower"]),
        ("numpy>=1.26,<3", []),
        ("numpy==2.4.*", []),
    ],
)
def test_a_missing_bound_is_named(requirement, lacking):
    assert lacking_bounds(requirement) == lacking
