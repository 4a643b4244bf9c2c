"""Version and protocol of this backend, what each engine lacks, and what can be told to `auto`.

No engine is loaded for it.

The manifest says which models an engine needs. Models that generate pictures are not needed to
peel; models that detect are needed only to find things by words.
"""

from layerpeel.backend.engines.best_choice import ANSWERING, BestChoice, room_by_signs
from layerpeel.backend.engines.full_install import what_full_install_lacks
from layerpeel.backend.engines.lacking import what_is_lacking
from layerpeel.backend.engines.means import Means
from layerpeel.backend.engines.stage_choice import Question
from layerpeel.backend.engines.stage_wishes import Stage, choices_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.jobs import AutoInfo, EngineInfo, Health, StageInfo, StageMeans
from layerpeel.shared.protocol import PeelRequest, Point, Points, Words
from layerpeel.shared.version import PROTOCOL, VERSION

NO_DETECTOR = (
    "This engine finds nothing by words: choose “Automatic” in Settings. Or use the subject, a box "
    "or a selection."
)

# What `auto` is asked about, and of which of its questions is told.
_ASKED = {
    "Words": (PeelRequest(Words("a thing")), (Question.WORDS, Question.MASKS)),
    "Subject": (PeelRequest(), (Question.SUBJECT,)),
    "Clicks": (PeelRequest(Points((Point(0, 0),))), (Question.POINTS,)),
    "Edge": (PeelRequest(), (Question.EDGE,)),
    "Layers": (PeelRequest(), (Question.LAYERS,)),
}


def health_of(store: ModelStore) -> Health:
    """Describe what is installed now. A new model file is hashed, which may take a second.

    The first engine is `auto`, which uses the best of what there is.
    """
    names = dict.fromkeys(name for model in store.manifest.models for name in model.engines)
    engines = {name: _engine(name, store) for name in names}
    return Health(VERSION, PROTOCOL, (_best_of(engines, store), *engines.values()))


def auto_info_of(store: ModelStore) -> AutoInfo:
    """Describe what `auto` would take for each question, what it passes over, and why."""
    best = BestChoice(store, see_room=room_by_signs)
    told = []
    for title in _ASKED:
        taken = _taken(title, best)
        if not what_is_lacking(taken, store):
            told.append(f"{title}: {', '.join(means.title for means in taken)}.")
    about = " ".join([*told, *best.faults, *([best.not_taken] if best.not_taken else [])])
    return AutoInfo(about, tuple(_stage(stage, store) for stage in Stage))


def _stage(stage: Stage, store: ModelStore) -> StageInfo:
    choices = choices_of(stage, ANSWERING)
    told = [(each.name, each.title, what_is_lacking([each], store)) for each in choices]
    return StageInfo(stage.value, tuple(StageMeans(*each) for each in told))


def _best_of(engines: dict[str, EngineInfo], store: ModelStore) -> EngineInfo:
    missing = [engine.missing for engine in engines.values()]
    words = _taken("Words", BestChoice(store, see_room=room_by_signs))
    lacking = what_is_lacking(words, store)
    return EngineInfo(
        "auto",
        missing="" if "" in missing else missing[0],
        words=not lacking,
        words_hint=lacking,
    )


def _taken(title: str, best: BestChoice) -> list[Means[object]]:
    request, questions = _ASKED[title]
    choice = best.for_request(request)
    return [means for each in questions if (means := choice.of(each)) is not None]


def _engine(name: str, store: ModelStore) -> EngineInfo:
    missing = what_full_install_lacks(name) or store.what_is_missing(name)
    if not any(model.stage == "detect" for model in store.models_to_peel(name)):
        return EngineInfo(name, missing, words=False, words_hint=NO_DETECTOR)
    return EngineInfo(name, missing, words=not missing, words_hint=missing)
