"""`layerpeel eval-scenes`: generated scenes in figures, as in the paper's Tables 1 and 2."""

import json
from pathlib import Path
from typing import Annotated

import typer

from layerpeel.backend.cli.common_options import DeviceOption, QuietOption, choose_device
from layerpeel.backend.cli.long_work import with_bar
from layerpeel.backend.cli.painting_options import (
    GuidanceOption,
    NegativeOption,
    SeedOption,
    StepsOption,
    StyleOption,
    size_in,
)
from layerpeel.backend.engines.engine_registry import ENGINES
from layerpeel.backend.engines.stage_wishes import AUTO
from layerpeel.backend.errors import BadInputError, OutputError
from layerpeel.backend.evaluation.generated_scenes.measuring import measure_scenes
from layerpeel.backend.evaluation.generated_scenes.painted_scenes import ScenePlan
from layerpeel.backend.evaluation.generated_scenes.prompt_set import own_prompts, read_prompts
from layerpeel.backend.evaluation.generated_scenes.reference_pictures import reference_pictures
from layerpeel.backend.evaluation.generated_scenes.scene_figures import (
    BACKGROUND,
    COMPOSITE,
    FOREGROUND,
)
from layerpeel.backend.evaluation.generated_scenes.scene_report import (
    FIGURES_JSON,
    SHEET,
    csv_of_scenes,
    lines_of_scenes,
    record_of_scenes,
    write_scene_figures,
)
from layerpeel.backend.evaluation.generated_scenes.scene_sheet import SceneSheet
from layerpeel.backend.evaluation.machine import machine_facts
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.shared.scenes import Painting

# The paper's.
USUAL_SIZE = "768x768"

_Reference = Annotated[
    Path | None, typer.Option(help="Folder of pictures to compare with by FID and KID.")
]


def evaluate_scenes(
    context: typer.Context,
    prompts: Annotated[
        Path | None,
        typer.Option(help="CSV of foreground, background, scene; else the set that ships."),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="How many of them, from the first on; all if left out."),
    ] = None,
    foregrounds: _Reference = None,
    backgrounds: _Reference = None,
    composites: _Reference = None,
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Of the scenes, in pixels.")
    ] = USUAL_SIZE,
    style: StyleOption = "",
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    negative: NegativeOption = "",
    seed: SeedOption = 0,
    engine: Annotated[
        str, typer.Option(help=f"What takes them apart: {', '.join(ENGINES)}, auto+NAME.")
    ] = AUTO,
    device: DeviceOption = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the scenes, figures.csv, figures.json, scenes.png.")
    ] = Path("evaluated-scenes"),
    quiet: QuietOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False,
) -> None:
    """Paint scenes, take them apart, and measure the layers: the paper's Tables 1 and 2.

    Scenes are kept: a run that was stopped goes on, and other folders are compared with at once.
    """
    choose_device(device)
    chosen = own_prompts() if prompts is None else read_prompts(prompts)
    if count is not None and count > len(chosen):
        raise BadInputError(f"There are {len(chosen)} prompts, not {count}: give fewer.")
    plan = ScenePlan(
        chosen[:count], Painting(seed, style, steps, guidance, negative), size_in(size), engine
    )
    folders = {FOREGROUND: foregrounds, BACKGROUND: backgrounds, COMPOSITE: composites}
    references = {
        layer: reference_pictures(folder) for layer, folder in folders.items() if folder is not None
    }
    _prepare(out)
    store = context.find_object(ModelStore) or ModelStore()
    sheet = SceneSheet()
    figures = with_bar(
        lambda report: measure_scenes(plan, out / "scenes", references, store, report, sheet.add),
        quiet=quiet or as_json,
    )
    unusable = {
        f"{layer}: {name}": why
        for layer, reference in references.items()
        for name, why in reference.unusable.items()
    }
    facts = machine_facts() | plan.settings | {"prompts": "own" if prompts is None else "given"}
    record = record_of_scenes(figures, facts, unusable)
    write_scene_figures(out, record, csv_of_scenes(figures, plan.prompts), sheet.png())
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2))
    elif not quiet:
        typer.echo("\n".join(lines_of_scenes(figures, unusable)))
        typer.echo(f"All figures: {out / FIGURES_JSON}; the first scenes to look at: {out / SHEET}")


def _prepare(folder: Path) -> None:
    if not folder.parent.is_dir():
        raise OutputError(f"{folder} cannot be made: there is no folder {folder.parent}.")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is no folder: choose another --out.")
    folder.mkdir(exist_ok=True)
