"""An editable install, a wheel and the type checker must all see one `layerpeel`."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import layerpeel.backend
import layerpeel.plugin
import layerpeel.shared

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("place", ["plugin", "shared", "backend"])
def test_import_root_is_this_checkout(place):
    package = getattr(layerpeel, place)
    assert Path(package.__file__).resolve() == ROOT / place / "__init__.py"


def test_wheel_holds_every_module(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("layerpeel/")}
    wanted = {
        f"layerpeel/{path.relative_to(ROOT).as_posix()}"
        for place in ("plugin", "shared", "backend")
        for path in (ROOT / place).rglob("*.py")
    }
    assert wanted <= packed
    assert "layerpeel/py.typed" in packed
    (about,) = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("/METADATA")]
    told = zipfile.ZipFile(wheel).read(about).decode()
    assert "License-Expression: GPL-3.0-or-later AND MIT\n" in told
    for licence in ("LICENSE", "backend/stages/generation/descriptions/clip_merges.LICENSE.txt"):
        assert f"License-File: {licence}\n" in told


@pytest.mark.parametrize("place", ["plugin", "shared"])
def test_krita_can_parse_what_it_runs(place):
    for path in (ROOT / place).rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))
