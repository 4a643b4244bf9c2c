"""Runs `make bench`: quality, speed and memory compared with the classical chain."""

import argparse
import json
import sys
from pathlib import Path

from layerpeel.backend.benchmarks.quality import measure_quality
from layerpeel.backend.benchmarks.report import quality_lines, record_of, speed_lines
from layerpeel.backend.benchmarks.speed import measure_speed
from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.composite import SIZE
from layerpeel.backend.errors import BadInputError, LayerpeelError, StoppedError
from layerpeel.backend.evaluation.machine import machine_facts
from layerpeel.backend.formats.destination import check_file, new_file
from layerpeel.backend.models.model_store import ModelStore


def main(words: list[str] | None = None) -> int:
    """Measure, print, and return the exit code that the README lists."""
    try:
        _measure(_options(words))
    except LayerpeelError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return _failed(StoppedError("Stopped."))
    return 0


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, help="holds fg and bg; the clone's own unless given")
    parser.add_argument("--count", type=int, default=24, help="composites for quality (24)")
    parser.add_argument("--seed", type=int, default=0, help="of the composites (0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    return parser.parse_args(words)


def _measure(given: argparse.Namespace) -> None:
    """Check the options first, then print each part as soon as it is measured."""
    if given.count < 1:
        raise BadInputError(f"{given.count} composites measure nothing: give 1 or more.")
    if given.seed < 0:
        raise BadInputError(f"The seed {given.seed} cannot be used: give 0 or more.")
    if given.json is not None:
        check_file(given.json, force=True)
    ModelStore().path_of("isnet")
    art = Art(given.art or own_art())
    facts = machine_facts() | {"art": art.name, "seed": str(given.seed)}
    print("\n".join(f"{name}: {fact}" for name, fact in facts.items()), flush=True)
    quality = measure_quality(art.folder, given.count, given.seed, _say)
    print("", *quality_lines(quality, SIZE), sep="\n", flush=True)
    speed = measure_speed(art.folder, given.seed, _say)
    print("", *speed_lines(speed), sep="\n", flush=True)
    if given.json is not None:
        record = json.dumps(record_of(facts, quality, speed), ensure_ascii=False, indent=2)
        with new_file(given.json, force=True) as file:
            file.write(record.encode())


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _failed(error: LayerpeelError) -> int:
    _say(f"layerpeel: {error}")
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
