"""Who answers here, and what each engine lacks, without loading any engine.

The manifest says which models an engine takes: those of the stage "detect" for finding things by
words, all others to run at all.
"""

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import Model
from layerpeel.backend.models.store import ModelStore
from layerpeel.shared.protocol import EngineInfo, Health
from layerpeel.shared.version import PROTOCOL, VERSION

NO_DETECTOR = (
    "Finding by words needs models that this version cannot use yet. Use the subject, a box or a "
    "selection instead."
)


def health_of(store: ModelStore) -> Health:
    """Look afresh at what is installed. A new model file is hashed, which may take a second."""
    names = dict.fromkeys(name for model in store.manifest.models for name in model.engines)
    return Health(VERSION, PROTOCOL, tuple(_engine(name, store) for name in names))


def _engine(name: str, store: ModelStore) -> EngineInfo:
    models = [model for model in store.manifest.models if name in model.engines]
    detectors = [model for model in models if model.stage == "detect"]
    others = [model for model in models if model.stage != "detect"]
    words_hint = _what_is_missing(detectors, store) if detectors else NO_DETECTOR
    return EngineInfo(name, _what_is_missing(others, store), not words_hint, words_hint)


def _what_is_missing(models: list[Model], store: ModelStore) -> str:
    """One line about the models that are not installed and whole; empty when all are."""
    missing = []
    for model in models:
        try:
            store.path_of(model.id)
        except ModelError as error:
            missing.append(str(error))
    return " ".join(missing)
