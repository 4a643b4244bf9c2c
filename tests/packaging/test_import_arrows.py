"""Imports between folders go one way, as docs/architecture.md draws them."""

import ast
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "layerpeel"
TOPS = ("plugin", "shared", "backend")

# A folder, with all folders in it, imports only what stands on its own line or below. What is not
# listed lies below everything that is. Cycles are refused anywhere, also within a line.
ORDER = {
    "plugin": [
        ["registration"],
        ["docker"],
        ["results_menu", "settings", "scenes", "peel"],
        ["generators"],
        ["backend"],
        ["canvas", "widgets"],
        ["stored_settings"],
        ["engine_names"],
        ["qt", "texts", "turns"],
    ],
    "backend": [
        ["__init__"],
        ["cli", "server", "benchmarks"],
        ["training"],
        ["evaluation"],
        ["composites", "api"],
        ["answering"],
        ["scenes"],
        ["pipeline"],
        ["determine"],
        ["engines"],
        ["stages"],
        ["networks", "devices"],
    ],
}


@dataclass(frozen=True)
class Module:
    """A module of ours. name: dotted, without `layerpeel`. imports: see `imported_names`."""

    name: str
    path: Path
    imports: frozenset[str]

    @property
    def place(self) -> str:
        """Its folder; what lies directly in plugin/ or backend/ is a place of its own."""
        return place_of(self.path)


def place_of(path):
    folder = path.parent.relative_to(ROOT)
    is_place = len(folder.parts) > 1 or folder.name == "shared"
    return (folder if is_place else folder / path.stem).as_posix()


def dotted(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path):
    """Yield what a file imports, anywhere in it; for `from a import b` both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively, which no other module does"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def modules():
    paths = [path for top in TOPS for path in (ROOT / top).rglob("*.py")]
    assert len(paths) > 200
    return {
        dotted(path): Module(dotted(path), path, frozenset(imported_names(path))) for path in paths
    }


@pytest.fixture(scope="module")
def arrows(modules):
    """Names of the modules behind each import between places, by importer and imported."""
    drawn = {}
    for module in modules.values():
        for name in module.imports:
            imported = modules.get(name.removeprefix(PACKAGE + "."))
            if imported is not None and imported.place != module.place:
                drawn.setdefault((module.place, imported.place), set()).add(module.name)
    return drawn


def test_no_two_folders_import_each_other(arrows):
    graph = {}
    for importer, imported in arrows:
        graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        round_trip = error.args[1][::-1]
        drawn = [f"{a} → {b} by {', '.join(sorted(arrows[a, b]))}" for a, b in pairwise(round_trip)]
        pytest.fail("a cycle of imports:\n" + "\n".join(drawn))


@pytest.mark.parametrize("top", ORDER)
def test_folders_import_only_what_stands_below_them(arrows, top):
    line = {name: index for index, names in enumerate(ORDER[top]) for name in names}
    wrong = []
    for (importer, imported), by in arrows.items():
        (a_top, *a), (b_top, *b) = importer.split("/"), imported.split("/")
        if not a_top == b_top == top or b[0] not in line:
            continue
        if line.get(a[0], len(line)) > line[b[0]]:
            wrong.append(f"{importer} → {imported} by {', '.join(sorted(by))}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("top", ORDER)
def test_every_place_in_the_order_is_there(modules, top):
    there = {module.place.split("/")[1] for module in modules.values() if module.place != "shared"}
    assert {name for names in ORDER[top] for name in names} <= there


def test_plugin_and_backend_know_only_what_both_share(arrows):
    tops = {(importer.split("/")[0], imported.split("/")[0]) for importer, imported in arrows}
    assert {(a, b) for a, b in tops if a != b} == {("plugin", "shared"), ("backend", "shared")}


def test_the_pipeline_knows_no_file_and_no_http(arrows):
    below = ("scenes", "pipeline", "determine", "engines", "stages")
    outside = ("formats", "server", "cli")
    assert not [
        (importer, imported)
        for importer, imported in arrows
        if importer.startswith(tuple(f"backend/{name}" for name in below))
        and imported.startswith(tuple(f"backend/{name}" for name in outside))
    ]


def test_only_what_learns_or_measures_draws_composites(arrows):
    users = {a.split("/")[1] for a, b in arrows if b.startswith("backend/composites")}
    assert users <= {"composites", "training", "evaluation", "benchmarks", "cli"}


def test_only_the_plugin_talks_to_krita_and_qt(modules):
    for module in modules.values():
        packages = {name.split(".")[0] for name in module.imports}
        qt = packages & {"krita", "PyQt5", "PyQt6"}
        assert not qt or module.name.startswith("plugin."), module.name
        assert packages.isdisjoint({"PyQt5", "PyQt6"}) or module.name == "plugin.qt", module.name
