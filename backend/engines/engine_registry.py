"""Which engines there are, and which one a request gets."""

from collections.abc import Callable

from layerpeel.backend.engines.engine import AnyEngine, Engine, WholeEngine
from layerpeel.backend.engines.full_install import require_full_install
from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.protocol import PeelRequest

AUTO = "auto"

PAPER_MODELS = ("vitmatte", "fbdd", "hfa")
"""Models without which the paper's engine separates nothing."""


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

    `auto` takes the paper's engine where its models are installed and a GPU is there, or where
    nothing else can do what is asked for; otherwise the compact one. Which one ran is in the result
    (`MadeWith.engine`).

    Raises as `engine_named` does, and DeviceError when a device that was asked for by name is not
    there: it is not replaced by another.
    """
    if request.engine != AUTO:
        return engine_named(request.engine, store), ()
    # Looked for on disk first: only to find a model missing, torch need not be loaded.
    states = {store.state(model_id) for model_id in PAPER_MODELS}
    if ModelState.MISSING in states:
        return engine_named("compact", store), ()
    why_not = _why_not_the_papers(request, store)
    if not why_not:
        return engine_named("layeringdiff", store), ()
    if lacks("compact", request, store) is None:
        note = f"The engine “compact” was taken instead of “layeringdiff”. {why_not}"
        return engine_named("compact", store), (note,)
    note = f"The engine “layeringdiff” was taken, which alone can do this. {why_not}"
    return engine_named("layeringdiff", store), (note,)


def _why_not_the_papers(request: PeelRequest, store: ModelStore) -> str:
    """Say in a sentence why `auto` does not take the paper's engine; empty when it does."""
    try:
        engine_named("layeringdiff", store).check(request)
    except ModelError as error:
        return str(error)
    from layerpeel.backend.devices.compute import compute_on

    if compute_on().device.type == "cpu":
        return "No GPU is used, and on the processor “layeringdiff” takes minutes."
    return ""


def lacks(name: str, request: PeelRequest, store: ModelStore) -> str | None:
    """Say in one line why the engine of that name cannot answer a request, None when it can."""
    try:
        engine_named(name, store).check(request)
    except (ModelError, DeviceError) as error:
        return str(error)
    return None
