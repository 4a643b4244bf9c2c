"""Which engines there are, and which one a request gets."""

from collections.abc import Callable, Sequence

from layerpeel.backend.engines.engine import AnyEngine, Engine, WholeEngine
from layerpeel.backend.engines.full_install import require_full_install
from layerpeel.backend.engines.stage_wishes import AUTO
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.protocol import PeelRequest


def _compact(store: ModelStore) -> Engine:
    from layerpeel.backend.engines.compact import CompactEngine

    return CompactEngine(store)


def _layeringdiff(store: ModelStore) -> Engine:
    require_full_install("layeringdiff")
    from layerpeel.backend.engines.layeringdiff import LayeringDiffEngine

    return LayeringDiffEngine(store)


def _qwen(store: ModelStore) -> WholeEngine:
    require_full_install("qwen")
    from layerpeel.backend.engines.qwen import QwenEngine

    return QwenEngine(store)


# Made only when asked for: torch alone takes seconds to load, and need not be installed.
ENGINES: dict[str, Callable[[ModelStore], AnyEngine]] = {
    "compact": _compact,
    "layeringdiff": _layeringdiff,
    "qwen": _qwen,
}


def engine_named(name: str, store: ModelStore) -> AnyEngine:
    """Make the engine of that name.

    Raises BadInputError, with the names there are, and ModelError when it needs the full install.
    """
    if name not in ENGINES:
        raise BadInputError(
            f"There is no engine “{name}”. There are: {', '.join([*ENGINES, AUTO])}."
        )
    return ENGINES[name](store)


def engine_for(request: PeelRequest, store: ModelStore) -> tuple[AnyEngine, tuple[str, ...]]:
    """Make the engine that a request gets, and say what a person should be told of the choice.

    `auto` takes for each question the best that is installed and fits the device; `auto+NAME` takes
    the implementation of that name whatever speaks against it, `auto+STAGE=NAME` that one for one
    stage. The result says what was taken (`MadeWith.engine` and `stages`).

    Raises as `engine_named` does, and DeviceError when a device that was asked for by name is not
    there: it is not replaced by another.
    """
    if not is_automatic(request.engine):
        return engine_named(request.engine, store), ()
    return best_engine(request, store, request.engine.split("+")[1:])


def is_automatic(name: str) -> bool:
    """Whether an engine of that name takes what is installed."""
    return name.split("+")[0] == AUTO


def best_engine(
    request: PeelRequest, store: ModelStore, wanted: Sequence[str] = ()
) -> tuple[Engine, tuple[str, ...]]:
    """Make the engine that `auto` gives a request, whichever it names; see `engine_for`."""
    from layerpeel.backend.engines.best_choice import BestChoice
    from layerpeel.backend.engines.compact import compact_choice
    from layerpeel.backend.engines.layeringdiff import LAYERINGDIFF_CHOICE
    from layerpeel.backend.engines.staged_engine import StagedEngine

    best = BestChoice(store, wanted)
    choice = best.for_request(request)
    presets = {"compact": compact_choice(store), "layeringdiff": LAYERINGDIFF_CHOICE}
    taken = choice.taken_for(request)
    why = " ".join(best.hindrances)
    same = [name for name, preset in presets.items() if preset.taken_for(request) == taken]
    if same:
        return StagedEngine(same[0], store, lambda: choice, why), tuple(best.notes)
    titles = list(dict.fromkeys(means.title for means in taken.values()))
    by = " and ".join([", ".join(titles[:-1]), titles[-1]] if titles[:-1] else titles)
    return StagedEngine(AUTO, store, lambda: choice, why), (*best.notes, f"Done by {by}.")


def lacks(name: str, request: PeelRequest, store: ModelStore) -> str | None:
    """Say in one line why the engine of that name cannot answer a request, None when it can."""
    try:
        engine_named(name, store).check(request)
    except (ModelError, DeviceError) as error:
        return str(error)
    return None
