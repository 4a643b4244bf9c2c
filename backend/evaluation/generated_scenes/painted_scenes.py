"""The scenes that are measured: painted once, each kept in a folder of its own.

Painting some hundreds takes hours, so a run that was stopped goes on where it was.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from layerpeel.backend.answering import answer
from layerpeel.backend.errors import BadInputError, OutputError, reason_of
from layerpeel.backend.evaluation.generated_scenes.prompt_set import PromptTriplet
from layerpeel.backend.evaluation.showing import on_canvas
from layerpeel.backend.files.disk import write_new_file
from layerpeel.backend.flatten import flatten
from layerpeel.backend.formats.folder import read_folder, write_folder
from layerpeel.backend.image import Float32, block_of, to_float
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress
from layerpeel.shared.protocol import LayerStack, Picture, Role
from layerpeel.shared.scenes import Painting, SceneRequest
from layerpeel.shared.strict_json import read_json

SETTINGS = "settings.json"


@dataclass(frozen=True)
class ScenePlan:
    """What to paint.

    painting: how; the first scene has its seed, each further one the next. size: width and height.
    engine: what takes the scenes apart.
    """

    prompts: tuple[PromptTriplet, ...]
    painting: Painting
    size: tuple[int, int]
    engine: str

    @property
    def settings(self) -> dict[str, Any]:
        """All but the prompts, as JSON has it: scenes of other settings do not mix."""
        return {**asdict(self.painting), "size": list(self.size), "engine": self.engine}

    def request(self, number: int) -> SceneRequest:
        """What the scene of a number, from 0 on, is asked for by."""
        painting = replace(self.painting, seed=self.painting.seed + number)
        return SceneRequest(self.prompts[number].prompt, painting, engine=self.engine)


@dataclass(frozen=True)
class SceneLayers:
    """A scene that was painted and taken apart.

    foreground: H×W×4, straight alpha, 0–1; None where nothing came off. background, composite:
    H×W×3. All are RGB. stages, models: as in `MadeWith`. notes: what was said of it.
    """

    prompts: PromptTriplet
    foreground: Float32 | None
    background: Float32
    composite: Float32
    stages: dict[str, str]
    models: dict[str, str]
    notes: tuple[str, ...]


def prepare_folder(folder: Path, plan: ScenePlan) -> None:
    """Make a folder for a plan's scenes, or see that those that are there are of the same settings.

    Raises BadInputError where they are of others, OutputError when it cannot be made.
    """
    try:
        folder.mkdir(exist_ok=True)
        kept = folder / SETTINGS
        if not kept.exists():
            write_new_file(kept, (json.dumps(plan.settings, indent=2) + "\n").encode())
            return
        before = read_json(kept.read_bytes())
    except OSError as error:
        raise OutputError(f"{folder} cannot be used for scenes: {reason_of(error)}.") from error
    except ValueError as error:
        raise BadInputError(f"{folder / SETTINGS} is damaged: {error}. Delete {folder}.") from error
    if before != plan.settings:
        raise BadInputError(
            f"{folder} holds scenes that were painted by other settings: give another --out, or "
            "delete it."
        )


def painted_scene(
    folder: Path, plan: ScenePlan, number: int, store: ModelStore, report: ReportProgress
) -> SceneLayers:
    """Return the scene of a number, from 0 on, of a plan; it is painted if it was not before.

    Raises BadInputError when another scene is in its place, or what is kept of it cannot be read,
    and as `answer` does.
    """
    request, place = plan.request(number), folder / f"{number + 1:04}"
    if not place.exists():
        width, height = plan.size
        canvas = Picture(block_of(np.full((height, width, 4), 255, np.uint8)))
        write_folder(answer(canvas, request, store, report), place, force=False)
    stack = read_folder(place)
    if stack.made_with.painted.get("prompt") != request.prompt:
        raise BadInputError(
            f"{place} is of another prompt than “{request.prompt}”: give another --out, or delete "
            "it."
        )
    return _layers_of(stack, plan.prompts[number])


def _layers_of(stack: LayerStack, prompts: PromptTriplet) -> SceneLayers:
    background, *others = (on_canvas(layer, stack.size) for layer in stack.layers)
    found = [
        pixels
        for layer, pixels in zip(stack.layers[1:], others, strict=True)
        if layer.role is Role.FOREGROUND
    ]
    return SceneLayers(
        prompts,
        found[0] if found else None,
        background[..., :3],
        to_float(flatten(stack))[..., :3],
        dict(stack.made_with.stages),
        dict(stack.made_with.models),
        stack.notes,
    )
