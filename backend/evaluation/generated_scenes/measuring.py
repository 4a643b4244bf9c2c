"""Paints scenes, takes them apart, and measures them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from layerpeel.backend.evaluation.generated_scenes.painted_scenes import (
    SceneLayers,
    ScenePlan,
    painted_scene,
    prepare_folder,
)
from layerpeel.backend.evaluation.generated_scenes.reference_pictures import ReferencePictures
from layerpeel.backend.evaluation.generated_scenes.scene_figures import SceneFigures, SceneMeter
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress, first_part, rest

# Of the time; the rest goes by comparing with folders.
_PAINTING_SHARE = 0.9


def measure_scenes(
    plan: ScenePlan,
    folder: Path,
    references: Mapping[str, ReferencePictures],
    store: ModelStore,
    report: ReportProgress,
    keep: Callable[[SceneLayers], None],
) -> SceneFigures:
    """Measure the scenes of a plan; those that are in the folder already are not painted again.

    references: pictures to compare with, by layer. keep: gets each scene once.

    Raises as `prepare_folder` and `painted_scene` do.
    """
    prepare_folder(folder, plan)
    meter = SceneMeter(references, store)
    count = len(plan.prompts)
    paint = first_part(report, _PAINTING_SHARE)
    for number in range(count):

        def tell(stage: str, done: float, number: int = number) -> None:
            paint(f"Scene {number + 1} of {count}: {stage}", (number + done) / count)

        tell("Loading", 0.0)
        scene = painted_scene(folder, plan, number, store, tell)
        meter.add(scene)
        keep(scene)
    return meter.finish(rest(report, _PAINTING_SHARE))
