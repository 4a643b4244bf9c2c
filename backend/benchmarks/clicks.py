"""How long the answer to a click takes.

`python -m layerpeel.backend.benchmarks.clicks [--art FOLDER] [--count 4] [--size 1024] [--seed 0]`

In scenes of three objects, each of which is clicked at and then, twice, what is wrong is corrected;
within one process, as the server's pointing process answers. “Looking ahead” is done before the
first click, “looking closer” when a small thing is asked for exactly the first time.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.object_scenes import ObjectScene, draw_object_scenes
from layerpeel.backend.errors import LayerpeelError, NothingFoundError
from layerpeel.backend.evaluation.simulated_pointing import simulated_click
from layerpeel.backend.image import Float32, block_of, from_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import say_no_fraction
from layerpeel.backend.server.pointing_answers import PointingAnswers
from layerpeel.shared.pointing import Outlined, WhatIsAt
from layerpeel.shared.protocol import Depth, Picture, Point, Points
from layerpeel.shared.wire import pack

CLICKS = 3

Result = TypeVar("Result")


@dataclass
class Times:
    """Seconds by the clock and of the processor, by what was done."""

    clock: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def of(self, what: str, work: Callable[[], Result]) -> Result:
        """Do some work, and note how long it takes."""
        clock, processor = time.perf_counter(), time.process_time()
        result = work()
        self.clock[what].append(time.perf_counter() - clock)
        self.processor[what].append(time.process_time() - processor)
        return result


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, help="holds fg and bg; the clone's own unless given")
    parser.add_argument("--count", type=int, default=4, help="scenes (4)")
    parser.add_argument(
        "--size", type=int, default=1024, help="side of the scenes in pixels (1024)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the scenes (0)")
    given = parser.parse_args(words)
    times = Times()
    try:
        answers = PointingAnswers(ModelStore())
        art = Art(given.art or own_art())
        with tempfile.TemporaryDirectory(prefix="layerpeel-benchmark-") as folder:
            scenes = draw_object_scenes(art, given.count, given.seed, 3, given.size)
            for number, scene in enumerate(scenes):
                _click_in(scene, Path(folder) / str(number), answers, times)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{'seconds, medians':20} {'clock':>8} {'worst':>8} {'processor':>10}")
    for what, clock in times.clock.items():
        processor = statistics.median(times.processor[what])
        middle, worst = statistics.median(clock), max(clock)
        print(f"{what:20} {middle:8.2f} {worst:8.2f} {processor:10.2f}   of {len(clock)}")
    return 0


def _click_in(scene: ObjectScene, file: Path, answers: PointingAnswers, times: Times) -> None:
    opaque = np.ones((*scene.picture.shape[:2], 1), np.float32)
    rgba = from_float(np.concatenate([scene.picture, opaque], axis=2), Depth.U8)
    file.write_bytes(pack(Picture(block_of(rgba))))
    times.of("looking ahead", lambda: answers.look(file))
    for thing in scene.objects:
        points: list[Point] = []
        found = np.zeros_like(thing.visible)
        for _ in range(CLICKS):
            point = simulated_click(found, thing.visible)
            if point is None:
                break
            points.append(point)
            try:
                outlined = _ask(file, points, answers, times)
            except NothingFoundError:
                break
            found = _filled(outlined, found.shape)


def _ask(file: Path, points: list[Point], answers: PointingAnswers, times: Times) -> Outlined:
    """Ask as the docker does: at once, then, if that was rough, exactly."""

    def ask(at_once: bool) -> Outlined:
        question = WhatIsAt(Points(tuple(points)), at_once)
        answer = answers.answer(file, question, say_no_fraction)
        if not isinstance(answer, Outlined):
            raise TypeError(answer)
        return answer

    which = "first click" if len(points) == 1 else "further click"
    outlined = times.of(which, lambda: ask(at_once=True))
    if outlined.is_rough:
        return times.of("looking closer", lambda: ask(at_once=False))
    return outlined


def _filled(outlined: Outlined, shape: tuple[int, ...]) -> Float32:
    """What lies within the rings (H×W, 0 or 1), by the even-odd rule."""
    filled = np.zeros(shape, np.float32)
    rings = [np.floor(np.array(ring)).astype(np.int32) for ring in outlined.rings]
    cv2.fillPoly(filled, rings, 1)
    return filled


if __name__ == "__main__":
    sys.exit(main())
