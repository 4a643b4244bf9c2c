"""Layerpeel for scripts: what the command line does, on arrays."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from layerpeel.backend.adjusted_edges import adjust_edges
from layerpeel.backend.answering import answer
from layerpeel.backend.engines.stage_wishes import with_stages
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.formats.reading import read_picture
from layerpeel.backend.formats.writing import write_stack
from layerpeel.backend.image import DEPTH_OF_DTYPE, FULL_SCALE, DocumentArray, block_of
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import ReportProgress, ShowFound, say_nothing, show_nobody
from layerpeel.shared.protocol import (
    AdjustRequest,
    Coverage,
    LayerStack,
    Lift,
    Outcome,
    PeelRequest,
    Picture,
    Subject,
)
from layerpeel.shared.scenes import Guide, GuideKind, Painting, SceneRequest

__all__ = ["adjust", "edit", "peel", "read_picture", "write_stack"]


def peel(
    image: Picture | npt.NDArray[np.generic],
    *,
    lift: Lift | None = None,
    layers: int = 1,
    band: float | None = None,
    seed: int = 0,
    engine: str = "compact",
    stages: Mapping[str, str] | None = None,
    outcome: Outcome = Outcome.LAYERS,
    fill_variants: int = 0,
    store: ModelStore | None = None,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Peel layers off a picture; flattened, the stack is the picture.

    Other outcomes than layers: see `Outcome`.

    image: a `Picture`, or an array in sRGB of H×W (grey), H×W×2 (grey, alpha), H×W×3 (RGB) or
        H×W×4 (RGB, alpha), straight alpha, uint8, uint16, float16 or float32.
    lift: what to lift off first, a `Subject` unless given; see `layerpeel.shared.protocol`.
    layers, band, seed, engine, outcome, fill_variants: see `PeelRequest`.
    stages: what to take for a stage, of the engine “auto” alone: {"edge": "vitmatte"}; see `Stage`.
    store: where models are; the user's own unless given. Nothing is ever downloaded.
    report: hears about progress and may raise to cancel.
    show: sees what will be lifted off, layer by layer, as soon as that is known.

    Raises BadInputError, NothingFoundError, ModelError or DeviceError, as `peel_picture` does.
    """
    picture = image if isinstance(image, Picture) else _picture_of(image)
    chosen = with_stages(engine, (f"{stage}={name}" for stage, name in (stages or {}).items()))
    request = PeelRequest(
        lift or Subject(), layers, band, seed, chosen, outcome, fill_variants=fill_variants
    )
    return answer(picture, request, store or ModelStore(), report, show)


def adjust(
    stack: LayerStack,
    *,
    shift: float = 0.0,
    soften: float = 0.0,
    clean: bool = False,
    report: ReportProgress = say_nothing,
) -> LayerStack:
    """Adjust the edges of all foregrounds of a stack; it flattens to the same.

    shift, soften, clean: see `AdjustRequest`. report: hears about progress and may raise to cancel.

    Raises BadInputError as `adjust_edges` does.
    """
    return adjust_edges(AdjustRequest(stack, shift, soften, clean), report)


def edit(
    image: Picture | npt.NDArray[np.generic],
    prompt: str,
    *,
    references: Sequence[Picture | npt.NDArray[np.generic]] = (),
    within: Coverage | None = None,
    style: str = "flux2-klein",
    seed: int = 0,
    engine: str = "auto",
    store: ModelStore | None = None,
    report: ReportProgress = say_nothing,
    show: ShowFound = show_nobody,
) -> LayerStack:
    """Change a picture by words; the result is of its size, depth and profile, and opaque.

    image, references: pictures as `peel` takes them, which the prompt may call image 1, image 2 …
    prompt: what is to change. What is in brackets comes as a layer of its own, lifted off by
        `engine`; without brackets there is one layer.
    within: where alone it is changed: then the result is one layer, clear outside.
    style: a style, or its TOML file, whose generator edits. seed: another one, another picture.
    store, report, show: as of `peel`.

    Raises BadInputError, NothingFoundError, ModelError or DeviceError, as `paint_scene` does.
    """
    first, *others = (
        each if isinstance(each, Picture) else _picture_of(each) for each in (image, *references)
    )
    guide = Guide(GuideKind.EDIT, references=tuple(others), within=within)
    request = SceneRequest(prompt, Painting(seed, style), guide, engine)
    return answer(first, request, store or ModelStore(), report, show)


def _picture_of(array: npt.NDArray[np.generic]) -> Picture:
    depths = {str(dtype.newbyteorder("=")): depth for dtype, depth in DEPTH_OF_DTYPE.items()}
    depth = depths.get(str(array.dtype.newbyteorder("=")))
    pixels: DocumentArray = np.atleast_3d(array)
    fits = array.ndim in (2, 3) and pixels.shape[2] in (1, 2, 3, 4) and pixels.size > 0
    if depth is None or not fits:
        raise BadInputError(
            f"An array of {array.dtype} and shape {array.shape} is no picture: give H×W, H×W×2, "
            "H×W×3 or H×W×4 of uint8, uint16, float16 or float32."
        )
    if pixels.shape[2] in (1, 3):
        full = np.full((*pixels.shape[:2], 1), FULL_SCALE[depth], pixels.dtype)
        pixels = np.concatenate([pixels, full], axis=-1)
    return Picture(block_of(pixels))
