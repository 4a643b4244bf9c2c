"""`layerpeel models`: which models there are, getting them, checking them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.manifest import Model, PlannedModel, spoken_size
from layerpeel.backend.models.store import ModelStore, State

app = typer.Typer(
    help="List, pull and check the models that find subjects, edges and backgrounds.",
    no_args_is_help=True,
)

_STATE_WORDS = {State.PLANNED: "not in this version yet", State.MISSING: "not installed"}

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Model ids, as `list` shows them.")]


def _store(context: typer.Context) -> ModelStore:
    """The store that the caller put into the context, else the user's own."""
    return context.find_object(ModelStore) or ModelStore()


@app.command("list")
def list_models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show every model: id, state, size, licence, title."""
    store = _store(context)
    known = store.manifest.known
    if as_json:
        typer.echo(json.dumps([_record(store, model) for model in known], indent=2))
        return
    rows = [_row(store, model) for model in known]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)]
        typer.echo("  ".join([*cells, row[4]]))


@app.command()
def pull(
    context: typer.Context,
    ids: Ids,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Accepted for scripts. This command never asks: it is the yes."),
    ] = False,
    mirror: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Take the files from this folder only."),
    ] = None,
) -> None:
    """Get models, saying first how big they are, under which licence and where from."""
    store = _store(context)
    # All ids are looked up before the first byte is fetched: a typing mistake costs no download.
    for model in [store.manifest.usable(model_id) for model_id in ids]:
        if store.state(model.id) is State.INSTALLED:
            typer.echo(f"{model.title} is installed and whole: {store.path_of(model.id)}")
            continue
        path = _announced_pull(store, model, mirror)
        typer.echo(f"{model.title} is installed: {path}")


@app.command()
def verify(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help="Without ids: all that are installed."),
    ] = None,
) -> None:
    """Hash models afresh and compare them with the manifest."""
    store = _store(context)
    chosen = ids or [m.id for m in store.manifest.models if store.state(m.id) is not State.MISSING]
    if not chosen:
        typer.echo(f"No model is installed in {store.folder}, so there is nothing to check.")
    faults = []
    for model_id in chosen:
        try:
            path = store.verify(model_id)
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
    """Print where a model's file is, once it is known to be whole."""
    typer.echo(str(_store(context).path_of(model_id)))


def _row(store: ModelStore, model: Model | PlannedModel) -> tuple[str, str, str, str, str]:
    state = store.state(model.id)
    size = spoken_size(model.bytes) if isinstance(model, Model) else "–"
    return (model.id, _STATE_WORDS.get(state, state.value), size, model.licence, model.title)


def _record(store: ModelStore, model: Model | PlannedModel) -> dict[str, object]:
    state = store.state(model.id)
    record: dict[str, object] = {
        "id": model.id,
        "title": model.title,
        "stage": model.stage,
        "engines": model.engines,
        "licence": model.licence,
        "state": state.value,
    }
    if isinstance(model, Model):
        record |= {
            "licence_note": model.licence_note,
            "trained_on": model.trained_on,
            "file": model.file,
            "bytes": model.bytes,
            "sha256": model.sha256,
            "path": str(store.path_of(model.id)) if state is State.INSTALLED else None,
        }
    return record


def pull_missing(store: ModelStore, model_ids: Iterable[str]) -> None:
    """Pull, as `pull` does, those of the models that are not installed and whole."""
    for model_id in model_ids:
        if store.state(model_id) is not State.INSTALLED:
            _announced_pull(store, store.manifest.usable(model_id), None)


def _announced_pull(store: ModelStore, model: Model, mirror: Path | None) -> Path:
    typer.echo(_announcement(store, model, mirror), err=True)
    return _pull_with_bar(store, model, mirror)


def _announcement(store: ModelStore, model: Model, mirror: Path | None) -> str:
    note = f" ({model.licence_note})" if model.licence_note else ""
    sources = ", else ".join(store.sources_of(model.id, mirror)) or "nowhere yet, no source is set"
    return (
        f"{model.title}: {spoken_size(model.bytes)}, licence {model.licence}{note}. "
        f"Trained on: {model.trained_on}. "
        f"From: {sources}. Into: {store.folder}."
    )


def _pull_with_bar(store: ModelStore, model: Model, mirror: Path | None) -> Path:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        # Without a total the bar only shows that something goes on, as while npm says nothing.
        task = bar.add_task(model.id, total=None)

        def show(fraction: float) -> None:
            total = model.bytes if fraction else None
            bar.update(task, completed=fraction * model.bytes, total=total)

        return store.pull(model.id, show, mirror)
