"""What a request lacks, in one line, and what would bring it."""

from collections.abc import Iterable, Sequence

from layerpeel.backend.engines.full_install import what_lacks_packages
from layerpeel.backend.engines.means import Means
from layerpeel.backend.engines.used_models import is_there
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import Model, spoken_size
from layerpeel.backend.models.model_store import ModelStore


def require_all(chosen: Iterable[Means[object]], store: ModelStore, otherwise: str = "") -> None:
    """Find out whether all that was chosen can run, with what takes longest last.

    otherwise: a sentence for those who lack something.

    Raises ModelError, in one line, for everything that is missing, or for the first model that is
    not whole; DeviceError when the device that is wanted is not there.
    """
    taken = list(chosen)
    told = what_is_lacking(taken, store)
    if told:
        raise ModelError(" ".join(part for part in (told, otherwise) if part))
    for model_id in _models_of(taken):
        store.path_of(model_id)
    if any(means.needs_torch for means in taken):
        from layerpeel.backend.devices.compute import compute_on

        compute_on()


def what_is_lacking(chosen: Sequence[Means[object]], store: ModelStore) -> str:
    """Say in one line which models and packages are missing; empty when none is."""
    missing = [each for each in _models_of(chosen) if not is_there(each, store)]
    titles = dict.fromkeys(means.title for means in chosen if means.needs_torch)
    packages = what_lacks_packages(_listed(list(titles))) if titles else ""
    return " ".join([*_missing_models(missing, store), *([packages] if packages else [])])


def _models_of(chosen: Sequence[Means[object]]) -> list[str]:
    return list(dict.fromkeys(each for means in chosen for each in means.models))


def _missing_models(ids: Sequence[str], store: ModelStore) -> list[str]:
    models = [store.manifest.usable(model_id) for model_id in ids]
    pulled = [model for model in models if not model.how_to_get]
    made = [model for model in models if model.how_to_get]
    told = []
    if pulled:
        command = f"`layerpeel models pull {' '.join(model.id for model in pulled)}`"
        total = spoken_size(sum(model.bytes or 0 for model in pulled))
        licences = _listed(list(dict.fromkeys(model.licence for model in pulled)))
        told.append(f"{_not_installed(pulled)}: run {command} ({total}, {licences}).")
    told += [f"{_not_installed([model])}: {model.how_to_get}." for model in made]
    return told


def _not_installed(models: Sequence[Model]) -> str:
    verb = "is" if len(models) == 1 else "are"
    return f"{_listed([model.title for model in models])} {verb} not installed"


def _listed(titles: Sequence[str]) -> str:
    """Join with commas and an “and”."""
    return " and ".join([*([", ".join(titles[:-1])] if titles[:-1] else []), *titles[-1:]])
