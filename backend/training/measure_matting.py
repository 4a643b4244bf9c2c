"""Measure a trained matting network beside the classical chain, on pictures kept back for that.

`python -m layerpeel.backend.training.measure_matting --art FOLDER --run FOLDER [--count 24]`
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from layerpeel.backend.composites.composite import draw_composites
from layerpeel.backend.errors import LayerpeelError, NoEdgeError
from layerpeel.backend.evaluation.classical import separate_classically
from layerpeel.backend.training.comparison import FIGURES, figures_of, median_ratios
from layerpeel.backend.training.matting_network import load_matting_network, separate_by
from layerpeel.backend.training.opened_art import art_to_check_on
from layerpeel.backend.training.training_checkpoint import WEIGHTS


@dataclass
class _Method:
    figures: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code (README, “Exit codes”)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True, help="what the network was trained on")
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--count", type=int, default=24, help="composites (24)")
    parser.add_argument("--seed", type=int, default=1, help="of the composites (1)")
    given = parser.parse_args(words)
    try:
        _measure(given.art, given.run, given.count, given.seed)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure(art: Path, run: Path, count: int, seed: int) -> None:
    network, about = load_matting_network(run / WEIGHTS)
    ours, chain = _Method(), _Method()
    for composite in draw_composites(art_to_check_on(art), count, seed):
        begun = time.perf_counter()
        try:
            classical = separate_classically(composite.picture, composite.trimap)
        except NoEdgeError:
            print(f"left out, the chain has no answer: {composite.name}", flush=True)
            continue
        chained = time.perf_counter()
        separation = separate_by(network, composite)
        chain.seconds.append(chained - begun)
        ours.seconds.append(time.perf_counter() - chained)
        chain.figures.append(figures_of(classical, composite))
        ours.figures.append(figures_of(separation, composite))
        print(_line(composite.name, ours.figures[-1], chain.figures[-1]), flush=True)
    iteration, all_of_them = (
        about["iteration"],
        json.loads(about["recipe"])["training"]["iterations"],
    )
    print(f"\niteration {iteration} of {all_of_them}, {len(ours.figures)} composites, seed {seed}")
    for name, ratio in median_ratios(ours.figures, chain.figures).items():
        means = [np.mean([each[name] for each in method.figures]) for method in (ours, chain)]
        print(f"{name:10} × {ratio:.2f} (median of ratios), mean {means[0]:.2f} : {means[1]:.2f}")
    print(f"seconds    {np.median(ours.seconds):.2f} : {np.median(chain.seconds):.2f} (medians)")


def _line(name: str, ours: dict[str, float], chain: dict[str, float]) -> str:
    pairs = (f"{figure} {ours[figure]:.2f}:{chain[figure]:.2f}" for figure in FIGURES)
    return f"{name[:60]:60} {'  '.join(pairs)}"


if __name__ == "__main__":
    sys.exit(main())
