"""What stays loaded from one peel to the next: one pool of networks for all engines."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from layerpeel.backend.devices.compute import compute_on
from layerpeel.backend.devices.gpu_signs import wanted_device
from layerpeel.backend.devices.pool import NetworkPool
from layerpeel.backend.engines.full_install import NEEDS_FULL_INSTALL
from layerpeel.backend.models.model_store import ModelState, ModelStore

Stage = TypeVar("Stage")


def kept_pool(store: ModelStore) -> NetworkPool:
    """The pool on `wanted_device()`; a new one when that, or a model on disk, has changed.

    Raises DeviceError when there is no such device, ModelError when a model cannot be read.
    """
    installed = {
        model.id: store.digest_of(model.id)
        for engine in NEEDS_FULL_INSTALL
        for model in store.models_to_peel(engine)
        if store.state(model.id) is ModelState.INSTALLED
    }
    return pool_for(wanted_device(), tuple(installed.items()))


def kept_with(pool: NetworkPool, make: Callable[[Path, NetworkPool], Stage], folder: Path) -> Stage:
    """Return the stage of that kind and folder that was made for this pool, else make one.

    It goes with the pool.
    """
    key = (make, folder)
    if key not in pool.companions:
        pool.companions[key] = make(folder, pool)
    return pool.companions[key]  # type: ignore[return-value]  # what `make` made


# Loading networks takes longer than using them.
@lru_cache(maxsize=1)
def pool_for(device: str, models: tuple[tuple[str, str], ...]) -> NetworkPool:
    """Make the pool for a device and for models by id and sha256; the last one is kept."""
    return NetworkPool(compute_on(device))
