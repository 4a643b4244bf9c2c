"""The tracks by name, and the methods that can be measured in each."""

from collections.abc import Iterable

from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.evaluation.track import Track
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS, SUBJECT
from layerpeel.backend.evaluation.tracks.object_questions import BOX, CLICK
from layerpeel.backend.evaluation.tracks.see_through_questions import SEE_THROUGH
from layerpeel.backend.evaluation.tracks.thing_questions import THINGS

TRACKS = {track.name: track for track in (LAYERS, SEE_THROUGH, SUBJECT, BOX, CLICK, THINGS)}


def track_named(name: str) -> Track:
    """Look up a track. Raises BadInputError, which lists the known names, for an unknown one."""
    if name not in TRACKS:
        raise BadInputError(f"There is no track “{name}”. Tracks are: {', '.join(TRACKS)}.")
    return TRACKS[name]


def methods_named(track: Track, names: Iterable[str]) -> tuple[Baseline, ...]:
    """Look up engines and baselines, each once, in the order asked for.

    Raises BadInputError, which lists the known names, for one that the track has not.
    """
    return tuple(_method_named(track, name) for name in dict.fromkeys(names))


def _method_named(track: Track, name: str) -> Baseline:
    if name in ENGINES:
        return track.engine(name)
    if name not in track.baselines:
        raise BadInputError(
            f"The track “{track.name}” has no engine or baseline “{name}”. Engines are: "
            f"{', '.join(ENGINES)}; baselines are: {', '.join(track.baselines)}."
        )
    return track.baselines[name]
