"""The model store: a folder of models, each whole or not used.

Nothing is ever downloaded but by `ModelStore.pull`.
"""

import os
from enum import StrEnum
from pathlib import Path

import platformdirs

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.content import fault_in, fresh_digest, remembered_digest
from layerpeel.backend.models.delivery import Progress, SourceError
from layerpeel.backend.models.lock import pulling
from layerpeel.backend.models.manifest import (
    FolderSource,
    Manifest,
    Model,
    PlannedModel,
    Source,
    load_manifest,
    spoken_size,
)
from layerpeel.backend.models.sources import describe, fetch, mirror_folder


class State(StrEnum):
    """How it stands with a model here."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"
    PLANNED = "planned"


def default_folder() -> Path:
    """Where models live: LAYERPEEL_MODELS, else `models` in the user's data folder."""
    named = os.environ.get("LAYERPEEL_MODELS")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("layerpeel", appauthor=False)) / "models"


def no_progress(_fraction: float) -> None:
    """For who does not want to hear how far a pull is."""


class ModelStore:
    """The models of a manifest in a folder, which need not exist yet.

    folder: `default_folder()` unless given. manifest: the one that Layerpeel ships unless given.
    """

    def __init__(self, folder: Path | None = None, manifest: Manifest | None = None) -> None:
        self.folder = default_folder() if folder is None else folder
        self.manifest = load_manifest() if manifest is None else manifest

    def state(self, model_id: str) -> State:
        """How it stands with a model. A file that has not changed is hashed once only.

        Raises ModelError when the id is unknown or the file cannot be read.
        """
        model = self.manifest.find(model_id)
        if isinstance(model, PlannedModel):
            return State.PLANNED
        path = self._place_of(model)
        if not path.exists():
            return State.MISSING
        return State.DAMAGED if self._fault_in(path, model) else State.INSTALLED

    def path_of(self, model_id: str) -> Path:
        """Path of a model's file, known to be whole: size always, hash when the file is new.

        Raises ModelError when the model is unknown, planned, missing or damaged.
        """
        return self._checked(model_id, trust_memory=True)

    def verify(self, model_id: str) -> Path:
        """Hash a model's file afresh, whatever is remembered of it, and give back its path.

        Raises ModelError as `path_of` does.
        """
        return self._checked(model_id, trust_memory=False)

    def sources_of(self, model_id: str, mirror: Path | None = None) -> tuple[str, ...]:
        """Say where `pull` would look, in order; no mirror folder is named when none is set.

        Raises ModelError as `pull` does for the id.
        """
        model = self.manifest.usable(model_id)
        folder = mirror or mirror_folder()
        return tuple(
            describe(source, folder)
            for source in _sources(model, mirror)
            if folder is not None or not isinstance(source, FolderSource)
        )

    def pull(
        self, model_id: str, progress: Progress = no_progress, mirror: Path | None = None
    ) -> Path:
        """Get a model from the first source that delivers it whole, and give back its path.

        Calling this is consent: nothing is asked. A model that is here and whole is left alone, a
        damaged one is replaced only once the new file is whole.

        progress: hears the fraction 0–1, from 0 again at each source, and may raise to cancel; what
            has come by then is kept for the next pull.
        mirror: a folder that is then the only source. Without it the manifest's sources are tried
            in order, LAYERPEEL_MODEL_MIRROR being the folder among them.

        Raises ModelError when the model is unknown or planned, when no source delivers it, when
        another pull is going on, or when the model folder cannot be written.
        """
        model = self.manifest.usable(model_id)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with pulling(self.folder):
                if self.state(model_id) is not State.INSTALLED:
                    self._pull(model, progress, mirror)
        except OSError as error:
            raise ModelError(
                f"The model folder {self.folder} cannot be written: {error.strerror or error}. "
                "Make room there or set LAYERPEEL_MODELS to another folder."
            ) from error
        return self._place_of(model)

    def _pull(self, model: Model, progress: Progress, mirror: Path | None) -> None:
        path = self._place_of(model)
        # Named after the content too: a piece of one version never becomes part of another.
        part = path.with_name(f"{path.name}.{model.sha256[:8]}.part")
        folder = mirror or mirror_folder()
        refusals = []
        for source in _sources(model, mirror):
            try:
                fetch(source, model, part, folder, progress)
                _require_whole(part, model)
            except SourceError as error:
                refusals.append(f"{describe(source, folder)}: {error}")
                continue
            _put_in_place(part, path)
            fresh_digest(path)
            return
        raise ModelError(
            f"{model.title} could not be pulled. {_sentence(refusals)} {_advice(model, mirror)}"
        )

    def _place_of(self, model: Model) -> Path:
        return self.folder / model.file

    def _checked(self, model_id: str, trust_memory: bool) -> Path:
        model = self.manifest.usable(model_id)
        path = self._place_of(model)
        if not path.exists():
            raise ModelError(
                f"{model.title} is not installed: run {model.pull_command} "
                f"({spoken_size(model.bytes)}, {model.licence})."
            )
        fault = self._fault_in(path, model, trust_memory)
        if fault is not None:
            raise ModelError(
                f"{model.title} is damaged and cannot be used: {path} is not what it should be, "
                f"{fault}. Run {model.pull_command} again, which replaces it."
            )
        return path

    def _fault_in(self, path: Path, model: Model, trust_memory: bool = True) -> str | None:
        try:
            return fault_in(path, model, remembered_digest if trust_memory else fresh_digest)
        except OSError as error:
            raise ModelError(
                f"{model.title} cannot be read from {path}: {error.strerror or error}. "
                "Make it readable for you."
            ) from error


def _sources(model: Model, mirror: Path | None) -> tuple[Source, ...]:
    # Who names a folder wants what lies there, not a download in its place.
    return model.sources if mirror is None else (FolderSource(),)


def _require_whole(part: Path, model: Model) -> None:
    """Delete what came and raise SourceError if it is not the model."""
    fault = fault_in(part, model)
    if fault is not None:
        part.unlink()
        raise SourceError(f"what came from there is another file, {fault}; it was deleted")


def _put_in_place(part: Path, path: Path) -> None:
    # Forced to disk first: after a power cut no file of the right name may hold anything else.
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _sentence(refusals: list[str]) -> str:
    joined = "; ".join(refusals)
    return f"{joined[:1].upper()}{joined[1:]}." if joined else "The manifest names no source."


def _advice(model: Model, mirror: Path | None) -> str:
    if mirror is not None:
        return (
            f"Put {model.file} ({spoken_size(model.bytes)}, sha256 {model.sha256}) into that "
            "folder, or pull without --from."
        )
    return (
        f"Mend what stopped one of these and run {model.pull_command} again, or copy {model.file} "
        "from the model folder of another computer and add --from FOLDER."
    )
