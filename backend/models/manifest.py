"""The model manifest: the models, their sources, and the files that each must hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.file_names import is_safe, is_taken, matches
from layerpeel.backend.toml_table import TomlTable, read_toml


@dataclass(frozen=True)
class MirrorSource:
    """A mirror, a folder of the user's choice that holds the model under its name."""


@dataclass(frozen=True)
class HubSource:
    """A file in a hub repository, at one commit."""

    repository: str
    revision: str
    file: str


@dataclass(frozen=True)
class HubFolderSource:
    """A hub repository at one commit; without a revision, at its newest when pulled."""

    repository: str
    revision: str | None


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


@dataclass(frozen=True)
class NpmFolderSource:
    """Files in a folder of one version of an npm package.

    folder: path in the package, with slashes. bytes: size of the package as it is downloaded.
    """

    package: str
    version: str
    folder: str
    bytes: int


FileSource = MirrorSource | HubSource | NpmSource
FolderSource = MirrorSource | HubFolderSource | NpmFolderSource
Source = FileSource | FolderSource


@dataclass(frozen=True, kw_only=True)
class _About:
    """What file and folder models have in common.

    licence: its short name. licence_note: who states it; may be empty.
    how_to_get: a sentence for models that `pull` alone cannot get, else empty.
    """

    id: str
    title: str
    stage: str
    engines: tuple[str, ...]
    licence: str
    licence_note: str
    trained_on: str
    how_to_get: str

    @property
    def pull_command(self) -> str:
        """The command that gets it."""
        return f"`layerpeel models pull {self.id}`"


@dataclass(frozen=True, kw_only=True)
class FileModel(_About):
    """A model that is one file.

    bytes, sha256: of that file. sources: in the order in which they are tried.
    """

    file: str
    bytes: int
    sha256: str
    sources: tuple[FileSource, ...]

    @property
    def name(self) -> str:
        """Its name in the model folder."""
        return self.file

    @property
    def size(self) -> str:
        """Its size, for messages."""
        return spoken_size(self.bytes)


@dataclass(frozen=True, kw_only=True)
class FolderModel(_About):
    """A model that is a folder of files.

    files: patterns (`file_names.matches`) of its files; each must match one.
    bytes: of all files, about; None where that depends on who made it.
    sha256: by file path, of those files whose hash is known beforehand.
    sources: in the order in which they are tried.
    """

    files: tuple[str, ...]
    bytes: int | None
    sha256: Mapping[str, str] = field(hash=False)
    sources: tuple[FolderSource, ...]

    @property
    def is_one_version(self) -> bool:
        """Whether every file's hash is known, so that a user's own weights cannot be this model."""
        return set(self.files) <= set(self.sha256)

    @property
    def name(self) -> str:
        """Its name in the model folder."""
        return self.id

    @property
    def size(self) -> str:
        """Its size, for messages."""
        return "size unknown" if self.bytes is None else spoken_size(self.bytes)


Model = FileModel | FolderModel


@dataclass(frozen=True)
class Manifest:
    """All models, in the manifest's order."""

    models: tuple[Model, ...]

    def usable(self, model_id: str) -> Model:
        """Return the model of an id. Raises ModelError, naming the known ids, if there is none."""
        for model in self.models:
            if model.id == model_id:
                return model
        ids = ", ".join(model.id for model in self.models)
        raise ModelError(f"There is no model called {model_id!r}. Known are: {ids}.")

    def chosen(self, names: Iterable[str]) -> tuple[Model, ...]:
        """Return the models of ids and engines, each model once.

        Raises ModelError, naming the known ones, when a name is neither.
        """
        found: dict[str, Model] = {}
        for name in names:
            of_engine = [model for model in self.models if name in model.engines]
            for model in of_engine or [self._by_id_or_engine(name)]:
                found[model.id] = model
        return tuple(found.values())

    def _by_id_or_engine(self, name: str) -> Model:
        try:
            return self.usable(name)
        except ModelError as error:
            engines = dict.fromkeys(engine for model in self.models for engine in model.engines)
            raise ModelError(f"{error} Engines are: {', '.join(engines)}.") from error


def load_manifest(path: Path | None = None) -> Manifest:
    """Read a manifest; without a path, the one that Layerpeel ships.

    Raises ModelError when it cannot be read or is not a valid manifest.
    """
    shipped = resources.files("layerpeel") / "models.toml"
    root = read_toml(shipped if path is None else path, "The model manifest", ModelError)
    models = tuple(_model(table) for table in root.tables("model"))
    root.finish()
    ids = [model.id for model in models]
    for model_id in ids:
        if ids.count(model_id) > 1:
            raise ModelError(f"The model manifest has two models called {model_id}.")
    return Manifest(models)


def spoken_size(number_of_bytes: int) -> str:
    """Format a size in decimal units: 88 MB."""
    size = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


_ID = r"[a-z0-9][a-z0-9-]*"
# The file's name is joined to a folder, so it may not lead out of it.
_FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_SHA256 = r"[0-9a-f]{64}"
# A branch or tag can be moved to other content; a commit cannot.
_COMMIT = r"[0-9a-f]{40}"
# It becomes a part of addresses.
_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*"
# Goes into npm's command line, where a leading dash would be an option.
_NPM_PACKAGE = r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_NPM_VERSION = r"\d+\.\d+\.\d+[A-Za-z0-9.+-]*"


def _model(table: TomlTable) -> Model:
    about = {
        "id": table.text("id", _ID),
        "title": table.text("title"),
        "stage": table.text("stage"),
        "licence": table.text("licence"),
        "licence_note": table.text("licence_note", default=""),
        "trained_on": table.text("trained_on"),
        "how_to_get": table.text("how_to_get", default=""),
    }
    engines = table.texts("engines", _ID)
    sources = table.tables("source")
    model: Model
    if table.has("files"):
        patterns = _patterns(table)
        model = FolderModel(
            **about,
            engines=engines,
            files=patterns,
            bytes=table.optional("bytes", table.count),
            sha256=_known_hashes(table, patterns),
            sources=tuple(_folder_source(source) for source in sources),
        )
    else:
        model = FileModel(
            **about,
            engines=engines,
            file=table.text("file", _FILE_NAME),
            bytes=table.count("bytes"),
            sha256=table.text("sha256", _SHA256),
            sources=tuple(_file_source(source) for source in sources),
        )
    table.finish()
    return model


def _patterns(table: TomlTable) -> tuple[str, ...]:
    patterns = table.texts("files")
    for pattern in patterns:
        if not is_taken(pattern) or not is_safe(pattern.replace("*", "x")):
            raise table.wrong(
                f"`files` may not have {pattern!r}: models consist of safetensors, ONNX, JSON and "
                "text"
            )
    return patterns


def _known_hashes(table: TomlTable, patterns: tuple[str, ...]) -> dict[str, str]:
    known = table.texts_by_name("sha256", _SHA256)
    for path in known:
        if not any(matches(path, pattern) for pattern in patterns):
            raise table.wrong(f"`sha256` may not have {path!r}: `files` lacks it")
    return known


def _file_source(table: TomlTable) -> FileSource:
    source: FileSource
    match table.text("kind"):
        case "mirror":
            source = MirrorSource()
        case "hub":
            source = HubSource(
                table.text("repository", _REPOSITORY),
                table.text("revision", _COMMIT),
                table.text("file"),
            )
        case "npm":
            source = NpmSource(
                table.text("package", _NPM_PACKAGE),
                table.text("version", _NPM_VERSION),
                table.text("resource"),
                table.count("bytes"),
            )
        case other:
            raise table.wrong(f"there is no kind of source called {other!r}")
    table.finish()
    return source


def _folder_source(table: TomlTable) -> FolderSource:
    source: FolderSource
    match table.text("kind"):
        case "mirror":
            source = MirrorSource()
        case "hub":
            revision = table.optional("revision", partial(table.text, pattern=_COMMIT))
            source = HubFolderSource(table.text("repository", _REPOSITORY), revision)
        case "npm":
            source = NpmFolderSource(
                table.text("package", _NPM_PACKAGE),
                table.text("version", _NPM_VERSION),
                table.text("folder"),
                table.count("bytes"),
            )
        case other:
            raise table.wrong(f"folders have no kind of source called {other!r}")
    table.finish()
    return source
