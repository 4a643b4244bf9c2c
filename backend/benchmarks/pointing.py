"""How well the compact engine lifts off one of several objects that is pointed at.

`python -m layerpeel.backend.benchmarks.pointing --art FOLDER [--count 24] [--objects 3] [--seed 0]`

By a box, and by one to three clicks, in scenes whose objects are known; after matting.
"""

import argparse
import statistics
import sys
from pathlib import Path

from layerpeel.backend.composites.art import Art
from layerpeel.backend.composites.object_scenes import draw_object_scenes
from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.evaluation.pointing_figures import PointingFigures, measure_pointing
from layerpeel.backend.models.model_store import ModelStore


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True, help="cut-outs in fg, backgrounds in bg")
    parser.add_argument("--count", type=int, default=24, help="scenes (24)")
    parser.add_argument("--objects", type=int, default=3, help="in each scene, 2 to 5 (3)")
    parser.add_argument("--seed", type=int, default=0, help="of the scenes (0)")
    parser.add_argument("--size", type=int, default=512, help="side of the scenes in pixels (512)")
    given = parser.parse_args(words)
    try:
        engine = CompactEngine(ModelStore())
        figures: list[PointingFigures] = []
        art = Art(given.art)
        for scene in draw_object_scenes(art, given.count, given.seed, given.objects, given.size):
            figures += measure_pointing(scene, engine)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    _tell(figures)
    return 0


def _tell(figures: list[PointingFigures]) -> None:
    for shown in dict.fromkeys(each.shown for each in figures):
        of_all = [each for each in figures if each.shown == shown]
        ious = [each.iou for each in of_all]
        mean, median = statistics.mean(ious), statistics.median(ious)
        fog = statistics.mean(each.undecided for each in of_all)
        print(
            f"{shown:9} IoU mean {mean:.3f}, median {median:.3f}; undecided {fog:.1f} per mille; "
            f"{len(ious)} objects"
        )


if __name__ == "__main__":
    sys.exit(main())
