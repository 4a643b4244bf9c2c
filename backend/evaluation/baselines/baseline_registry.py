"""The methods that can be measured, by name."""

from collections.abc import Iterable

from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.evaluation.baseline import Baseline
from layerpeel.backend.evaluation.baselines.by_engine import engine_baseline
from layerpeel.backend.evaluation.baselines.by_vitmatte import lacks_vitmatte, separate_by_vitmatte
from layerpeel.backend.evaluation.classical import (
    separate_classically,
    separate_over_blur,
    separate_without_fill,
)

CLASSICAL = Baseline(
    "classical", "Closed-form alpha, multi-level colours, PatchMatch", separate_classically
)

BASELINES = {
    baseline.name: baseline
    for baseline in (
        CLASSICAL,
        Baseline("colours", "Closed-form alpha, multi-level colours", separate_without_fill),
        Baseline(
            "vitmatte",
            "ViTMatte alpha, multi-level colours, PatchMatch",
            separate_by_vitmatte,
            lacks_vitmatte,
        ),
        Baseline("blur", "Closed-form alpha, multi-level colours, a wide blur", separate_over_blur),
    )
}


def methods_named(names: Iterable[str]) -> tuple[Baseline, ...]:
    """Look up engines and baselines, each once, in the order asked for.

    Raises BadInputError, which lists the known names, for an unknown one.
    """
    return tuple(_method_named(name) for name in dict.fromkeys(names))


def _method_named(name: str) -> Baseline:
    if name in ENGINES:
        return engine_baseline(name)
    if name not in BASELINES:
        raise BadInputError(
            f"There is no engine or baseline “{name}”. Engines are: {', '.join(ENGINES)}; "
            f"baselines are: {', '.join(BASELINES)}."
        )
    return BASELINES[name]
