"""Version and protocol of this backend, and what each engine lacks, without loading any engine.

The manifest says which models an engine needs. Models that generate pictures are not needed to
peel; models that detect are needed only to find things by words.
"""

from layerpeel.backend.engines.full_install import what_full_install_lacks
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.jobs import EngineInfo, Health
from layerpeel.shared.version import PROTOCOL, VERSION

NO_DETECTOR = (
    "Finding by words is for the engine “layeringdiff”: choose it in Settings. Or use the subject, "
    "a box or a selection."
)


def health_of(store: ModelStore) -> Health:
    """Describe what is installed now. A new model file is hashed, which may take a second.

    The first engine is `auto`, which uses the best of the others.
    """
    names = dict.fromkeys(name for model in store.manifest.models for name in model.engines)
    engines = {name: _engine(name, store) for name in names}
    return Health(VERSION, PROTOCOL, (_best_of(engines), *engines.values()))


def _best_of(engines: dict[str, EngineInfo]) -> EngineInfo:
    """Describe `auto`, which can do what any of the engines can."""
    missing = [engine.missing for engine in engines.values()]
    hints = [engine.words_hint for engine in engines.values() if engine.words_hint != NO_DETECTOR]
    return EngineInfo(
        "auto",
        missing="" if "" in missing else missing[0],
        words=any(engine.words for engine in engines.values()),
        words_hint="" if "" in hints else next(iter(hints), NO_DETECTOR),
    )


def _engine(name: str, store: ModelStore) -> EngineInfo:
    missing = what_full_install_lacks(name) or store.what_is_missing(name)
    if not any(model.stage == "detect" for model in store.models_to_peel(name)):
        return EngineInfo(name, missing, words=False, words_hint=NO_DETECTOR)
    return EngineInfo(name, missing, words=not missing, words_hint=missing)
