"""The model store: a folder of models, each whole or not used.

Only `ModelStore.pull` downloads anything, and only `ModelStore.take_in` copies a user's files.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from layerpeel.backend.errors import ModelError, reason_of
from layerpeel.backend.files.disk import is_there, remove
from layerpeel.backend.models.content import memory_of
from layerpeel.backend.models.delivery import Progress, SourceError, no_progress
from layerpeel.backend.models.folder_record import FolderRecord
from layerpeel.backend.models.importing import Candidate, copy_in, identify, keep_in_place
from layerpeel.backend.models.installed import Installed, part_of, place_of
from layerpeel.backend.models.manifest import (
    FileModel,
    Manifest,
    MirrorSource,
    Model,
    load_manifest,
)
from layerpeel.backend.models.pulling import pull_model
from layerpeel.backend.models.sources import describe, mirror_folder

NOT_STATED = "not stated"
"""The licence of weights whose importer stated none."""


class ModelState(StrEnum):
    """Whether a model is installed."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"


def default_folder() -> Path:
    """Return the model folder: LAYERPEEL_MODELS, else `models` in the user's data folder."""
    named = os.environ.get("LAYERPEEL_MODELS")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("layerpeel", appauthor=False)) / "models"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other pulls and imports, of this process and of others, out of a model folder.

    The system releases the lock when a process ends, however it ends.

    Raises ModelError when another one is going on, OSError when the folder cannot be written.
    """
    lock = FileLock(folder / ".pull.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ModelError(
            f"Models are already being pulled or imported into {folder}. Wait until that has "
            "ended, then try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


class ModelStore:
    """The models of a manifest in a folder, which need not exist yet.

    folder: `default_folder()` unless given. manifest: the one that Layerpeel ships unless given.

    Each `progress` is called with the fraction done, 0–1, and may raise to cancel.
    """

    def __init__(self, folder: Path | None = None, manifest: Manifest | None = None) -> None:
        self.folder = default_folder() if folder is None else folder
        self.manifest = load_manifest() if manifest is None else manifest

    def state(self, model_id: str) -> ModelState:
        """Return whether a model is installed. A file that has not changed is hashed only once.

        Raises ModelError when the id is unknown or the model cannot be read.
        """
        model = self.manifest.usable(model_id)
        if not self._place(model).exists:
            return ModelState.MISSING
        return ModelState.INSTALLED if self._fault_in(model) is None else ModelState.DAMAGED

    def has_part(self, model_id: str) -> bool:
        """Whether a pull that stopped has left something. Raises ModelError for an unknown id."""
        return is_there(part_of(self.manifest.usable(model_id), self.folder))

    def path_of(self, model_id: str) -> Path:
        """Return the path of a model's file or folder, after checking sizes, and hashes if new.

        Raises ModelError when the model is unknown, missing or damaged.
        """
        return self._checked(model_id).path

    def digest_of(self, model_id: str) -> str:
        """Return the hash that identifies a model: sha256 of its file, or of the list of its files.

        Raises ModelError as `path_of` does.
        """
        return self._checked(model_id).sha256

    def import_of(self, model_id: str) -> FolderRecord | None:
        """The record of a user's own weights; None of the manifest's, or where there are none.

        Raises ModelError when the id is unknown.
        """
        return self._place(self.manifest.usable(model_id)).imported

    def licence_of(self, model_id: str) -> str:
        """The licence of what is, or would be, installed under an id.

        Of a user's own weights it is what they stated at the import: the manifest's is that of
        another file. Raises ModelError when the id is unknown.
        """
        record = self.import_of(model_id)
        if record is not None:
            return record.licence or NOT_STATED
        return self.manifest.usable(model_id).licence

    def verify(self, model_id: str, progress: Progress = no_progress) -> Path:
        """Hash a model afresh, ignoring saved hashes, and return its path.

        Raises ModelError as `path_of` does.
        """
        return self._checked(model_id, fresh=True, progress=progress).path

    def sources_of(self, model_id: str, mirror: Path | None = None) -> tuple[str, ...]:
        """Name the sources of `pull`, in order, without a mirror folder when none is set.

        Raises ModelError when the id is unknown.
        """
        model = self.manifest.usable(model_id)
        folder = mirror or mirror_folder()
        return tuple(
            describe(source, folder)
            for source in (model.sources if mirror is None else (MirrorSource(),))
            if folder is not None or not isinstance(source, MirrorSource)
        )

    def models_to_peel(self, engine: str) -> list[Model]:
        """Return the models that an engine may use for a peel, without those that only generate."""
        return [
            model
            for model in self.manifest.models
            if engine in model.engines and model.stage != "generate"
        ]

    def what_is_missing(self, engine: str) -> str:
        """Say which models of an engine are not installed and whole, and what to do.

        One line; empty when all are, or when nothing but clicks would go unanswered.
        """
        missing: dict[str, str] = {}
        models = self.models_to_peel(engine)
        for model in models:
            try:
                self.path_of(model.id)
            except ModelError as error:
                missing[model.id] = str(error)
        if not any(model.id in missing and model.stage != "point" for model in models):
            return ""
        if len(missing) < 2:
            return "".join(missing.values())
        pulled = [model.id for model in models if model.id in missing and not model.how_to_get]
        made = [model.id for model in models if model.id in missing and model.how_to_get]
        steps = []
        if pulled:
            steps.append(f"run `layerpeel models pull {engine}`, which brings {', '.join(pulled)}")
        if made:
            steps.append(
                f"train {' and '.join(made)}, or get them from someone who has them "
                "(`layerpeel models import FOLDER`)"
            )
        return f"Models are missing for “{engine}”: {'; '.join(steps)}."

    def pull(
        self, model_id: str, progress: Progress = no_progress, mirror: Path | None = None
    ) -> Path:
        """Get a model from the first source that delivers it whole, and return its path.

        Calling this is consent: it does not ask. A model that is installed and whole is left alone,
        a damaged one is replaced only once the new one is whole.

        progress: starts from 0 again at each source; when it cancels, what has arrived is kept for
            the next pull.
        mirror: a folder to be the only source. Without it the manifest's sources are tried in
            order, among them the folder LAYERPEEL_MODEL_MIRROR.

        Raises ModelError when the model is unknown, when no source delivers it, when another pull
        is going on, or when the model folder cannot be written.
        """
        model = self.manifest.usable(model_id)
        with self._writing():
            if self.state(model_id) is not ModelState.INSTALLED:
                pull_model(model, self.folder, mirror, progress)
        return self._place(model).path

    def remove(self, model_id: str) -> None:
        """Remove a model that was pulled, whole or not, and what a stopped pull has left of it.

        One that is not there is none to remove.

        Raises ModelError when it is unknown, is or may be a user's own, cannot be removed, or when
        a pull is going on.
        """
        model = self.manifest.usable(model_id)
        place = self._place(model)
        path = self.folder / model.name
        if place.imported is not None or place.path != path or path.is_symlink():
            raise ModelError(
                f"{model.title} was imported, not pulled: these weights are your own, and stay. "
                f"They are at {place.path}."
            )
        if place.doubt is not None:
            raise ModelError(
                f"{model.title} stays: {place.doubt}, which says whether these weights are your "
                f"own. If you do not need them, delete {model.id} and {model.id}.place.json in "
                f"{self.folder} yourself, whichever are there."
            )
        with self._writing():
            for each in (path, part_of(model, self.folder)):
                remove(each)
                memory_of(each).unlink(missing_ok=True)

    def recognise(self, path: Path, stated: str | None = None) -> Candidate:
        """Find out which model a user's file or folder is; nothing is written.

        stated: the id that the user gave.

        Raises ModelError when it is no model, is damaged, or is another one than stated.
        """
        return identify(path, stated, self.manifest)

    def take_in(
        self,
        candidate: Candidate,
        *,
        in_place: bool = False,
        force: bool = False,
        licence: str = "",
        progress: Progress = no_progress,
    ) -> Path:
        """Copy a user's own weights into the model folder, and return their path there.

        in_place: use them where they are, and only save where that is.
        licence: theirs, as the user states it; empty where nobody does.
        force: replace what is installed under this id.

        Raises ModelError when something is installed, when it cannot be read, when there is no
        room, when a pull is going on, or when the model folder cannot be written.
        """
        model = candidate.model
        with self._writing():
            if self._place(model).exists and not force:
                raise ModelError(
                    f"There is a model {model.id} already in {self.folder}: nothing was imported. "
                    "Replace it with --force."
                )
            take = keep_in_place if in_place else copy_in
            try:
                take(candidate, self.folder, licence, progress)
            except SourceError as error:
                raise ModelError(f"{candidate.path} was not imported: {error}.") from error
        return self._place(model).path

    def _place(self, model: Model) -> Installed:
        return place_of(model, self.folder)

    def _checked(
        self, model_id: str, fresh: bool = False, progress: Progress = no_progress
    ) -> Installed:
        model = self.manifest.usable(model_id)
        place = self._place(model)
        if not place.exists:
            raise ModelError(f"{model.title} is not installed: {_how_to_get(model)}.")
        fault = self._fault_in(model, fresh, progress)
        if fault is not None:
            raise ModelError(
                f"{model.title} is damaged and cannot be used: {place.path} is not what it should "
                f"be, {fault}. {_how_to_replace(model)}"
            )
        return place

    def _fault_in(
        self, model: Model, fresh: bool = False, progress: Progress = no_progress
    ) -> str | None:
        place = self._place(model)
        try:
            return place.fault(fresh, progress)
        except OSError as error:
            raise ModelError(
                f"{model.title} cannot be read from {place.path}: {reason_of(error)}. "
                "Make it readable for you."
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with alone_in(self.folder):
                yield
        except OSError as error:
            raise ModelError(
                f"The model folder {self.folder} cannot be written: {reason_of(error)}. "
                "Make room there or set LAYERPEEL_MODELS to another folder."
            ) from error


def _how_to_get(model: Model) -> str:
    return model.how_to_get or f"run {model.pull_command} ({model.size}, {model.licence})"


def _how_to_replace(model: Model) -> str:
    if isinstance(model, FileModel) or model.is_one_version:
        return f"Run {model.pull_command} again, which replaces it."
    if model.how_to_get:
        return "Import it again with --force."
    return (
        f"Run {model.pull_command} again, or import your own again with --force: both replace it."
    )
