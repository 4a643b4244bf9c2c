"""Which models can be added to what set-up brings, and which of them are there."""

from layerpeel.backend.engines.full_install import what_lacks_packages
from layerpeel.backend.models.file_names import is_weights
from layerpeel.backend.models.manifest import FileModel, Model
from layerpeel.backend.models.model_store import ModelState, ModelStore
from layerpeel.shared.generators import Download
from layerpeel.shared.model_offers import ModelOffer, ModelOffers, Presence

# Set-up brings what this engine needs, and removes nothing of it.
_BROUGHT = "compact"
_TO_PAINT, _TO_TRAIN = "generate", "train"

_PRESENCE = {
    ModelState.MISSING: Presence.MISSING,
    ModelState.INSTALLED: Presence.INSTALLED,
    ModelState.DAMAGED: Presence.DAMAGED,
}


def model_offers(models: ModelStore, pulling: str) -> ModelOffers:
    """List models as they are now. A new one is hashed first, which may take a while.

    pulling: id of the model that is being pulled; may be empty.

    Raises ModelError when one cannot be read.
    """
    chosen = [
        model
        for model in models.manifest.models
        if can_be_removed(model) and model.stage != _TO_TRAIN and not model.how_to_get
    ]
    return ModelOffers(tuple(_offer(model, models, pulling) for model in chosen), pulling)


def can_be_removed(model: Model) -> bool:
    """Whether a model may go without that a backend as set-up brings it lacks anything."""
    return _BROUGHT not in model.engines


def download_of(model: Model, models: ModelStore) -> Download:
    """Say what is to be known before a model is downloaded. Raises ModelError."""
    note = f" ({model.licence_note})" if model.licence_note else ""
    files = (model.file,) if isinstance(model, FileModel) else model.files
    size = model.bytes or 0
    paints = model.stage == _TO_PAINT and any(map(is_weights, files))
    return Download(
        model=model.id,
        title=model.title,
        bytes=size,
        # Weights take as much memory as they take on disk.
        memory=size if paints else 0,
        licence=f"{model.licence}{note}",
        trained_on=model.trained_on,
        source=", else ".join(models.sources_of(model.id)),
    )


def _offer(model: Model, models: ModelStore, pulling: str) -> ModelOffer:
    lacks = what_lacks_packages(f"“{model.title}”")
    return ModelOffer(download_of(model, models), _presence(model, models, pulling), lacks)


def _presence(model: Model, models: ModelStore, pulling: str) -> Presence:
    if models.import_of(model.id) is not None:
        return Presence.OWN
    state = models.state(model.id)
    if state is ModelState.MISSING and model.id != pulling and models.has_part(model.id):
        return Presence.PARTLY
    return _PRESENCE[state]
