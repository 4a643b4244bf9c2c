"""Time and memory of `layerpeel peel` from 1024² to 33 million pixels, beside an earlier version.

`python -m layerpeel.backend.benchmarks.sizes [--against REF] [--only 1024x1024] [--art FOLDER]`

Each picture is a composite enlarged to the size, with grain, so that there is something to see at
full size; one has a thing of 70×88 pixels in a box. REF is any commit: it is checked out beside the
clone, run by the same interpreter, and the two take turns.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from layerpeel.backend.benchmarks.speed import DRAWS, Run, run_measured
from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.errors import BadInputError, LayerpeelError
from layerpeel.backend.image import Float32, from_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.crop import resized
from layerpeel.shared.protocol import Depth

GRAIN = 0.01
CLONE = Path(__file__).parents[2]
_START = "from layerpeel.backend.cli.main import run; run()"


@dataclass(frozen=True)
class Case:
    """A picture of width × height; thing: of these pixels, in a box, instead of the subject.

    seconds, gigabytes: at most so much, on two idle cores.
    """

    width: int
    height: int
    seconds: float
    gigabytes: float
    thing: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Of the size, as it is chosen by."""
        inside = "" if self.thing is None else f"{self.thing[0]}x{self.thing[1]}in"
        return f"{inside}{self.width}x{self.height}"


CASES = (
    Case(3840, 2160, 6, 1.2, (70, 88)),
    Case(1024, 1024, 7, 1.6),
    Case(3000, 2000, 15, 2.2),
    Case(6000, 4000, 40, 3.5),
    Case(7680, 4320, 60, 4.0),
)


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, help="holds fg and bg; the clone's own unless given")
    parser.add_argument("--seed", type=int, default=0, help="of the composites (0)")
    parser.add_argument("--against", metavar="REF", help="a commit to compare with, as v0.2.0")
    parser.add_argument("--only", metavar="NAME", help=", ".join(case.name for case in CASES))
    given = parser.parse_args(words)
    try:
        chosen = [case for case in CASES if given.only in (None, case.name)]
        if not chosen:
            raise BadInputError(f"“{given.only}” is none of the sizes that are measured.")
        ModelStore().path_of("isnet")
        composite = max(
            draw_composites(Art(given.art or own_art()), DRAWS, given.seed),
            key=lambda each: float(each.alpha.mean()),
        )
        with _checked_out(given.against) as other:
            print(f"{'':<22}{'seconds':>9}{'cpu':>8}{'GB':>7}{_ratios_to(given.against)}")
            for case in chosen:
                _measure(case, composite, other)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _ratios_to(ref: str | None) -> str:
    return "" if ref is None else f"  ratios to {ref}"


def _measure(case: Case, composite: Composite, other: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="layerpeel-benchmark-") as name:
        folder = Path(name)
        picture, box = picture_of(case, composite)
        PillowImage.fromarray(from_float(picture, Depth.U8)).save(folder / "picture.png")
        words = ["peel", str(folder / "picture.png"), "--out", str(folder / "layers"), "--force"]
        words += ["--quiet", *([] if box is None else ["--box", box])]
        theirs = None if other is None else _run(other, words, folder)
        print(line_of(case, _run(CLONE, words, folder), theirs), flush=True)


def line_of(case: Case, ours: Run, theirs: Run | None) -> str:
    """One line of the table: ours, the ratios to theirs, and whether the aims are met."""
    figures = ours.seconds, ours.cpu_seconds, ours.peak_bytes / 1e9
    line = f"{case.name:<22}{figures[0]:>9.1f}{figures[1]:>8.1f}{figures[2]:>7.2f}"
    if theirs is not None:
        others = theirs.seconds, theirs.cpu_seconds, theirs.peak_bytes / 1e9
        pairs = zip(figures, others, strict=True)
        line += "".join(f"{one / other:>8.2f}" for one, other in pairs)
    met = figures[0] <= case.seconds and figures[2] <= case.gigabytes
    return f"{line}  ≤ {case.seconds:g} s, {case.gigabytes:g} GB: {'met' if met else 'missed'}"


def picture_of(case: Case, composite: Composite) -> tuple[Float32, str | None]:
    """Make the picture, H×W×3 in 0–1, and the box (left,top,width,height) to lift off."""
    height, width = case.height, case.width
    size = case.thing or (min(width, height),) * 2
    back = composite.background
    scale = max(height / back.shape[0], width / back.shape[1])
    large = resized(back, (round(back.shape[0] * scale), round(back.shape[1] * scale)))
    picture = large[:height, :width].copy()
    share = resized(composite.alpha, size[::-1])[..., None]
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    place = np.s_[top : top + size[1], left : left + size[0]]
    picture[place] += share * (resized(composite.foreground, size[::-1]) - picture[place])
    box = None if case.thing is None else f"{left},{top},{size[0]},{size[1]}"
    grain = np.random.default_rng(0).normal(0, GRAIN, (height, width, 1)).astype(np.float32)
    return np.clip(picture + grain, 0, 1), box


def _run(clone: Path, words: list[str], folder: Path) -> Run:
    """Run `layerpeel` as a clone has it."""
    root = clone / "packaging" / "import_root"
    # Before the interpreter's own path, which leads to this clone.
    start = f"import sys; sys.path.insert(0, {str(root)!r}); {_START}"
    run, _ = run_measured([sys.executable, "-c", start, *words], folder)
    return run


@contextmanager
def _checked_out(ref: str | None) -> Iterator[Path | None]:
    """Check a commit out into a folder of its own for a while.

    Raises BadInputError when git does not know it.
    """
    if ref is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="layerpeel-earlier-") as name:
        folder = Path(name) / "clone"
        _git("worktree", "add", "--detach", str(folder), ref)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*words: str) -> None:
    ended = subprocess.run(  # noqa: S603 - our own words
        ["git", "-C", str(CLONE), *words],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if ended.returncode != 0:
        raise BadInputError(f"git could not do it: {ended.stderr.strip().splitlines()[-1]}")


if __name__ == "__main__":
    sys.exit(main())
