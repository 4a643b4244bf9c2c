"""What an engine lacks, in a line that says what to do."""

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import Model
from layerpeel.backend.models.model_store import ModelStore


def models_to_peel(engine: str, store: ModelStore) -> list[Model]:
    """All models that an engine may take for a peel; what only generates is not among them."""
    return [
        model
        for model in store.manifest.models
        if engine in model.engines and model.stage != "generate"
    ]


def what_is_missing(engine: str, store: ModelStore) -> str:
    """Say which models of an engine are not installed and whole; empty when all are."""
    missing: dict[str, str] = {}
    models = models_to_peel(engine, store)
    for model in models:
        try:
            store.path_of(model.id)
        except ModelError as error:
            missing[model.id] = str(error)
    if len(missing) < 2:
        return "".join(missing.values())
    pulled = [model.id for model in models if model.id in missing and not model.how_to_get]
    made = [model.id for model in models if model.id in missing and model.how_to_get]
    steps = []
    if pulled:
        steps.append(f"run `layerpeel models pull {engine}`, which brings {', '.join(pulled)}")
    if made:
        steps.append(
            f"train {' and '.join(made)}, or get them from who has "
            "(`layerpeel models import FOLDER`)"
        )
    return f"Models are missing for “{engine}”: {'; '.join(steps)}."
