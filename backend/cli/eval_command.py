"""`layerpeel eval`: quality in figures and on a page."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from layerpeel.backend.cli.common_options import QuietOption
from layerpeel.backend.composites.art import Art, own_art
from layerpeel.backend.composites.composite import SIZE
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.evaluation.evaluate import Evaluation, Plan, evaluate
from layerpeel.backend.evaluation.machine import machine_facts
from layerpeel.backend.evaluation.networks import NETWORK_FIGURES
from layerpeel.backend.evaluation.report.gallery import Gallery
from layerpeel.backend.evaluation.report.history import check_history, record_release
from layerpeel.backend.evaluation.report.lines import closing_lines
from layerpeel.backend.evaluation.report.output import REPORT, check_report, write_report
from layerpeel.backend.evaluation.report.record import record_of
from layerpeel.backend.evaluation.tracks.composite_questions import LAYERS
from layerpeel.backend.evaluation.tracks.track_registry import TRACKS, methods_named, track_named

_BASELINES = "; ".join(f"{name}: {', '.join(TRACKS[name].baselines)}" for name in TRACKS)


def evaluate_methods(
    track: Annotated[
        str, typer.Option(help=f"What is asked for: {', '.join(TRACKS)}.")
    ] = LAYERS.name,
    art: Annotated[
        Path | None,
        typer.Option(help="Holds cut-outs in fg, backgrounds in bg; else the clone's small set."),
    ] = None,
    count: Annotated[int, typer.Option(help="How many composites or scenes to draw.")] = 24,
    objects: Annotated[
        int | None,
        typer.Option(
            help="How many objects are in a scene, 2 to 5; 3 unless given (things: 2 to 5 in turn)."
        ),
    ] = None,
    size: Annotated[int, typer.Option(help="Side of the pictures, in pixels.")] = SIZE,
    seed: Annotated[
        int, typer.Option(help="Another seed draws other pictures and fills in differently.")
    ] = 0,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="An engine to measure; may be repeated. All unless given."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            help="What to measure it beside; may be repeated. All of the track unless given "
            f"({_BASELINES})."
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            help="Over which baseline or engine ratios are taken; each track has its own."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for figures.csv, figures.json and report.html.")
    ] = Path("evaluated"),
    record: Annotated[
        bool, typer.Option("--record", help="Also enter this version into docs/quality.md.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing result.")] = False,
    quiet: QuietOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Measure engines and baselines on the same pictures, whose layers are known.

    Tracks: layers gives all the true trimap, subject nothing; box and click point at an object of a
    scene, and things asks for all of them.

    Writes every figure and one page to look at: tables, plots, the layers side by side, worst
    first, and a blind comparison.
    """
    folder = Path(out).resolve()
    check_report(folder, force)
    asked = track_named(track)
    if record:
        check_history(asked)
    beside = reference or asked.reference
    methods = methods_named(asked, [*(engine or ENGINES), *(baseline or asked.baselines), beside])
    plan = Plan(
        asked,
        Art(art or own_art()),
        methods,
        beside,
        count,
        size,
        seed,
        objects,
        # Theirs are figures of layers.
        () if asked.scenes else NETWORK_FIGURES,
    )
    gallery = Gallery(plan)
    evaluation = _with_bar(plan, gallery, quiet=quiet or as_json)
    facts = _facts(plan)
    figures = record_of(evaluation, facts)
    write_report(evaluation, figures, gallery, folder, force)
    if record:
        record_release(evaluation, facts)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    elif not quiet:
        typer.echo("\n".join(closing_lines(evaluation)))
        typer.echo(f"The page to look at: {out / REPORT}")


def _facts(plan: Plan) -> dict[str, str]:
    objects = {} if plan.objects is None else {"objects": str(plan.objects)}
    return machine_facts() | {
        "track": plan.track.name,
        "art": plan.art.name,
        "scenes" if plan.track.scenes else "composites": str(plan.count),
        **objects,
        "size": str(plan.size),
        "seed": str(plan.seed),
    }


def _with_bar(plan: Plan, gallery: Gallery, quiet: bool) -> Evaluation:
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    shown = console.is_terminal and not quiet
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("Loading", total=1.0)

        def report(words: str, done: float) -> None:
            bar.update(task, description=words, completed=done)

        return evaluate(plan, report, gallery.add)
