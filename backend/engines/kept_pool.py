"""The networks that stay loaded from one peel to the next: one pool for all engines."""

from functools import lru_cache

from layerpeel.backend.devices.compute import compute_on, wanted_device
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.engines.full_install import NEEDS_FULL_INSTALL
from layerpeel.backend.models.store import ModelStore, State


def kept_pool(store: ModelStore) -> NetworkPool:
    """The pool on `wanted_device()`; a new one when that, or a model on disk, has changed.

    Raises DeviceError when there is no such device, ModelError when a model cannot be read.
    """
    installed = tuple(
        (model.id, store.digest_of(model.id))
        for model in store.manifest.models
        if set(model.engines) & set(NEEDS_FULL_INSTALL) and store.state(model.id) is State.INSTALLED
    )
    return _pool_for(wanted_device(), installed)


# Loading networks takes longer than using them.
@lru_cache(maxsize=1)
def _pool_for(device: str, models: tuple[tuple[str, str], ...]) -> NetworkPool:
    return NetworkPool(compute_on(device))
