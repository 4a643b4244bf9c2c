"""What Automatic is told to take for its stages, as text: `edge=vitmatte+layers=fbdd`."""

from typing import Dict, Mapping

AUTOMATIC = "auto"
"""Lets the backend choose the best that can run: as an engine, and for a stage."""

POINTING, OUTLINING_MEANS = "pointing", "minisam"
"""The stage that takes what is pointed at, and what draws the outlines in the docker."""


def read_wishes(text: str) -> Dict[str, str]:
    """Return what is wished, by stages; what is no wish is left out."""
    pairs = (each.partition("=") for each in text.split("+"))
    return {stage: name for stage, _, name in pairs if stage and name and name != AUTOMATIC}


def write_wishes(wishes: Mapping[str, str]) -> str:
    """Return wishes as text; empty where all is left to the backend."""
    return "+".join(f"{stage}={name}" for stage, name in wishes.items() if name != AUTOMATIC)


def engine_with(engine: str, stages: str) -> str:
    """Return the engine of a request: Automatic knows the wishes, any other is a fixed choice."""
    return f"{engine}+{stages}" if engine == AUTOMATIC and stages else engine


def is_automatic(engine: str) -> bool:
    """Whether an engine of a request takes what is installed."""
    return engine.split("+")[0] == AUTOMATIC


def as_outlined(engine: str) -> str:
    """Return an automatic engine that takes what the docker has outlined.

    Another answer might be something else; it is given where the artist has chosen who answers.
    """
    _, _, stages = engine.partition("+")
    wishes = read_wishes(stages)
    return engine_with(AUTOMATIC, write_wishes({POINTING: OUTLINING_MEANS, **wishes}))
