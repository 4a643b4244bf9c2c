"""`layerpeel models`: list, pull, import and check models."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from layerpeel.backend.cli.find_command import find
from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.delivery import Progress as ReportFraction
from layerpeel.backend.models.manifest import FileModel, Model, spoken_size
from layerpeel.backend.models.model_store import ModelState, ModelStore

Result = TypeVar("Result")

app = typer.Typer(
    help="List, pull, import and check the models that find subjects, edges and backgrounds.",
    no_args_is_help=True,
)
app.command()(find)


def _store(context: typer.Context) -> ModelStore:
    """Return the store that the caller put into the context, else the user's own."""
    return context.find_object(ModelStore) or ModelStore()


@app.command("list")
def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show every model: id, kind, engines, state, size, licence, title."""
    store = _store(context)
    models = store.manifest.models
    if as_json:
        typer.echo(json.dumps([_record(store, model) for model in models], indent=2))
        return
    rows = [_row(store, model) for model in models]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


@app.command()
def pull(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Model ids as `list` shows them, or engines."),
    ],
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Accepted for scripts; this command never asks."),
    ] = False,
    mirror: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Take the models from this folder only."),
    ] = None,
) -> None:
    """Get models, after showing their sizes, licences and sources.

    The name of an engine stands for all of its models.
    """
    store = _store(context)
    # All names are looked up before the first download, so that a mistyped one costs nothing.
    missing = []
    for model in store.manifest.chosen(names):
        if store.state(model.id) is ModelState.INSTALLED:
            typer.echo(f"{model.title} is installed and whole: {store.path_of(model.id)}")
        else:
            missing.append(model)
    _announce_together(store, missing, mirror)
    failed = []
    for model in missing:
        try:
            path = _announced_pull(store, model, mirror)
        except ModelError as error:
            if len(missing) == 1:
                raise
            typer.echo(str(error), err=True)
            failed.append(model.id)
        else:
            typer.echo(f"{model.title} is installed: {path}")
    if failed:
        raise ModelError(
            f"{len(failed)} of {len(missing)} models were not pulled: {', '.join(failed)}. "
            "The messages above say why, and what to do."
        )


@app.command("import")
def import_model(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="A folder, a .safetensors checkpoint, or SAM's .pth.")
    ],
    stated: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="ID", help="Which model it is, where its content does not tell."
        ),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Use it where it is: nothing is copied.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is installed under this id.")
    ] = False,
    licence: Annotated[
        str, typer.Option(help="The licence of these weights, to be named in what they make.")
    ] = "",
) -> None:
    """Import weights that you have, after checking what they are."""
    store = _store(context)
    candidate = store.recognise(path, stated)
    model = candidate.model
    fate = "It is used where it is" if in_place else f"It is copied into {store.folder}"
    stated_licence = " ".join(licence.split())
    if isinstance(model, FileModel):
        terms = f" Licence: {model.licence}."  # By its hash it is the manifest's own file.
    elif stated_licence:
        terms = f" Licence, as you state it: {stated_licence}."
    else:
        terms = " Licence: not stated (--licence states it)."
    typer.echo(
        f"{candidate.path} is {candidate.found.what}: {spoken_size(candidate.bytes)}, the model "
        f"{model.id}.{terms} {fate}.",
        err=True,
    )

    def take_in(report: ReportFraction) -> Path:
        return store.take_in(
            candidate,
            in_place=in_place,
            force=force,
            licence=stated_licence,
            progress=report,
        )

    typer.echo(f"{model.id} is imported: {_with_bar(model.id, take_in)}")


@app.command()
def verify(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help="Without ids: all that are installed."),
    ] = None,
) -> None:
    """Hash models afresh and compare them with the manifest, or with what was imported."""
    store = _store(context)
    chosen = ids or [
        m.id for m in store.manifest.models if store.state(m.id) is not ModelState.MISSING
    ]
    if not chosen:
        typer.echo(f"No model is installed in {store.folder}, so there is nothing to check.")
    faults = []
    for model_id in chosen:

        def check(report: ReportFraction, model_id: str = model_id) -> Path:
            return store.verify(model_id, report)

        try:
            path = _with_bar(model_id, check)
        except ModelError as error:
            faults.append(str(error))
            continue
        typer.echo(f"{model_id} is whole: {path}")
    if faults:
        raise ModelError(" ".join(faults))


@app.command("path")
def show_path(
    context: typer.Context,
    model_id: Annotated[str, typer.Argument(metavar="ID", help="A model id, as in `list`.")],
) -> None:
    """Print where a model's file or folder is, after checking that it is whole."""
    typer.echo(str(_store(context).path_of(model_id)))


def _row(store: ModelStore, model: Model) -> tuple[str, ...]:
    state = store.state(model.id)
    imported = store.import_of(model.id)
    words = "not installed" if state is ModelState.MISSING else state.value
    return (
        model.id,
        _kind(model),
        ", ".join(model.engines) or "–",
        f"{words} (imported)" if imported else words,
        spoken_size(imported.bytes) if imported else model.size,
        store.licence_of(model.id),
        model.title,
    )


def _kind(model: Model) -> str:
    return "file" if isinstance(model, FileModel) else "folder"


def _record(store: ModelStore, model: Model) -> dict[str, object]:
    """Describe a model for --json; of an imported one the manifest knows nothing."""
    state = store.state(model.id)
    imported = store.import_of(model.id)
    installed = state is ModelState.INSTALLED
    problem = None
    if state is ModelState.DAMAGED:
        try:
            store.path_of(model.id)
        except ModelError as error:
            problem = str(error)
    record: dict[str, object] = {
        "id": model.id,
        "title": model.title,
        "kind": _kind(model),
        "stage": model.stage,
        "engines": model.engines,
        "licence": (imported.licence or None) if imported else model.licence,
        "licence_note": None if imported else model.licence_note,
        "trained_on": None if imported else model.trained_on,
        "bytes": imported.bytes if imported else model.bytes,
        "state": state.value,
        "imported": imported is not None,
        "imported_from": imported.origin.place if imported else None,
        "problem": problem,
        "sources": store.sources_of(model.id),
        "path": str(store.path_of(model.id)) if installed else None,
    }
    if isinstance(model, FileModel):
        return record | {"file": model.file, "sha256": model.sha256}
    return record | {
        "files": model.files,
        "sha256": store.digest_of(model.id) if installed else None,
    }


def pull_missing(store: ModelStore, model_ids: Iterable[str]) -> None:
    """Pull the models that are not installed and whole, as the command `pull` does."""
    missing = [each for each in model_ids if store.state(each) is not ModelState.INSTALLED]
    models = [store.manifest.usable(model_id) for model_id in missing]
    for model in models:
        if model.how_to_get:
            # Said before gigabytes of other models are downloaded in vain.
            raise ModelError(f"{model.title} is not installed: {model.how_to_get}.")
    for model in models:
        _announced_pull(store, model, None)


def _announce_together(store: ModelStore, models: list[Model], mirror: Path | None) -> None:
    coming = [model for model in models if store.sources_of(model.id, mirror)]
    if len(coming) > 1:
        total = spoken_size(sum(model.bytes or 0 for model in coming))
        typer.echo(f"{len(coming)} models, together {total}:", err=True)


def _announced_pull(store: ModelStore, model: Model, mirror: Path | None) -> Path:
    sources = store.sources_of(model.id, mirror)
    if sources:
        note = f" ({model.licence_note})" if model.licence_note else ""
        typer.echo(
            f"{model.title}: {model.size}, licence {model.licence}{note}. "
            f"Trained on: {model.trained_on}. "
            f"From: {', else '.join(sources)}. Into: {store.folder}.",
            err=True,
        )
    return _with_bar(model.id, lambda report: store.pull(model.id, report, mirror))


def _with_bar(label: str, run: Callable[[ReportFraction], Result]) -> Result:
    """Run something that takes a while, with a progress bar on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        # Without a total the bar only shows activity, as while npm reports nothing.
        task = bar.add_task(label, total=None)

        def show(fraction: float) -> None:
            bar.update(task, completed=fraction, total=1.0 if fraction else None)

        return run(show)
