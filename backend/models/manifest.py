"""The model manifest: which models there are, where each comes from, what it must hold."""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from layerpeel.backend.errors import ModelError


@dataclass(frozen=True)
class FolderSource:
    """A mirror folder, chosen by the user, that holds the model under its file name."""


@dataclass(frozen=True)
class HubSource:
    """A file in a hub repository, at one commit."""

    repository: str
    revision: str
    file: str


@dataclass(frozen=True)
class NpmSource:
    """A file kept in chunks inside one version of an npm package.

    resource: its key in the package's dist/resources.json.
    bytes: size of the package as it is downloaded.
    """

    package: str
    version: str
    resource: str
    bytes: int


Source = FolderSource | HubSource | NpmSource


@dataclass(frozen=True)
class Model:
    """A model that this version can use.

    bytes, sha256: of its file.
    licence: short; licence_note: who says so, may be empty.
    sources: in the order in which they are tried.
    """

    id: str
    title: str
    stage: str
    engines: tuple[str, ...]
    licence: str
    licence_note: str
    trained_on: str
    file: str
    bytes: int
    sha256: str
    sources: tuple[Source, ...]

    @property
    def pull_command(self) -> str:
        """What a person types to get it."""
        return f"`layerpeel models pull {self.id}`"


@dataclass(frozen=True)
class PlannedModel:
    """A model that a later version will use."""

    id: str
    title: str
    stage: str
    engines: tuple[str, ...]
    licence: str


@dataclass(frozen=True)
class Manifest:
    """All models, in the manifest's order."""

    models: tuple[Model, ...]
    planned: tuple[PlannedModel, ...]

    @property
    def known(self) -> tuple[Model | PlannedModel, ...]:
        """Usable models, then planned ones."""
        return (*self.models, *self.planned)

    def find(self, model_id: str) -> Model | PlannedModel:
        """Look a model up. Raises ModelError, naming the known ids, when there is none."""
        for model in self.known:
            if model.id == model_id:
                return model
        ids = ", ".join(model.id for model in self.known)
        raise ModelError(f"There is no model called {model_id!r}. Known are: {ids}.")

    def usable(self, model_id: str) -> Model:
        """Look up a model that this version can use. Raises ModelError when it is none."""
        model = self.find(model_id)
        if isinstance(model, PlannedModel):
            usable = ", ".join(m.id for m in self.models)
            raise ModelError(
                f"{model.title} cannot be used by this version of Layerpeel yet, so there is "
                f"nothing to pull or check. This version uses: {usable}."
            )
        return model


def load_manifest(path: Path | None = None) -> Manifest:
    """Read a manifest; without a path, the one that Layerpeel ships.

    Raises ModelError when it cannot be read or says something else than a manifest may.
    """
    shipped = resources.files("layerpeel") / "models.toml"
    place = shipped if path is None else path
    try:
        values = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The model manifest {place} cannot be read: {error}.") from error
    root = _Table("The model manifest", values)
    models = tuple(_model(table) for table in root.tables("model"))
    planned = tuple(_planned(table) for table in root.tables("planned"))
    root.finish()
    manifest = Manifest(models, planned)
    ids = [model.id for model in manifest.known]
    for model_id in ids:
        if ids.count(model_id) > 1:
            raise ModelError(f"The model manifest has two models called {model_id}.")
    return manifest


def spoken_size(number_of_bytes: int) -> str:
    """Say a size as people do, in decimal units: 88 MB."""
    size = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


class _Table:
    """A TOML table whose keys are taken out one by one, so that a misspelt one is noticed."""

    def __init__(self, where: str, values: dict[str, object]) -> None:
        self.where = where
        self._values = dict(values)

    def text(self, key: str, pattern: str = r"[^\n]+", default: str | None = None) -> str:
        value = self._values.pop(key, default)
        if not isinstance(value, str) or (value != default and not re.fullmatch(pattern, value)):
            raise self._wrong(key, value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.pop(key, None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, value)
        return tuple(value)

    def size(self, key: str) -> int:
        value = self._values.pop(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(key, value)
        return value

    def tables(self, key: str) -> list["_Table"]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, value)
        return [
            _Table(f"{self.where}, {key} {item.get('id', number)}", item)
            for number, item in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        for key, value in self._values.items():
            raise self._wrong(key, value)

    def _wrong(self, key: str, value: object) -> ModelError:
        said = "is missing" if value is None else f"may not be {value!r}"
        return ModelError(f"{self.where}: `{key}` {said}.")


_ID = r"[a-z0-9][a-z0-9-]*"
# The file's name is joined to a folder, so it may not lead out of it.
_FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_SHA256 = r"[0-9a-f]{64}"
# A branch or tag can be moved to other content; a commit cannot.
_COMMIT = r"[0-9a-f]{40}"
# Goes into npm's command line, where a leading dash would be an option.
_NPM_PACKAGE = r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_NPM_VERSION = r"\d+\.\d+\.\d+[A-Za-z0-9.+-]*"


def _model(table: _Table) -> Model:
    sources = tuple(_source(source) for source in table.tables("source"))
    model = Model(
        id=table.text("id", _ID),
        title=table.text("title"),
        stage=table.text("stage"),
        engines=table.texts("engines"),
        licence=table.text("licence"),
        licence_note=table.text("licence_note", default=""),
        trained_on=table.text("trained_on"),
        file=table.text("file", _FILE_NAME),
        bytes=table.size("bytes"),
        sha256=table.text("sha256", _SHA256),
        sources=sources,
    )
    table.finish()
    return model


def _planned(table: _Table) -> PlannedModel:
    planned = PlannedModel(
        id=table.text("id", _ID),
        title=table.text("title"),
        stage=table.text("stage"),
        engines=table.texts("engines"),
        licence=table.text("licence"),
    )
    table.finish()
    return planned


def _source(table: _Table) -> Source:
    source: Source
    match table.text("kind"):
        case "folder":
            source = FolderSource()
        case "hub":
            source = HubSource(
                table.text("repository"), table.text("revision", _COMMIT), table.text("file")
            )
        case "npm":
            source = NpmSource(
                table.text("package", _NPM_PACKAGE),
                table.text("version", _NPM_VERSION),
                table.text("resource"),
                table.size("bytes"),
            )
        case other:
            raise ModelError(f"{table.where}: there is no kind of source called {other!r}.")
    table.finish()
    return source
