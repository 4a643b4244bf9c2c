"""Which engines there are."""

from collections.abc import Callable

from layerpeel.backend.engines.compact import CompactEngine
from layerpeel.backend.engines.engine import Engine
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.models.store import ModelStore

ENGINES: dict[str, Callable[[ModelStore], Engine]] = {"compact": CompactEngine}


def engine_named(name: str, store: ModelStore) -> Engine:
    """Make the engine of that name. Raises BadInputError, with the names there are."""
    if name not in ENGINES:
        raise BadInputError(f"There is no engine “{name}”. There are: {', '.join(ENGINES)}.")
    return ENGINES[name](store)
