"""Requests to a generator, and whether it can answer them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.generation.config import GeneratorConfig
from layerpeel.backend.stages.generation.references import check_references

SMALLEST_SIDE = 64
LARGEST_SIDE = 8192
MOST_STEPS = 200
MOST_GUIDANCE = 50.0
MOST_STRENGTH = 2.0
SEEDS = 2**63

# A control picture of another aspect would be stretched; this little is invisible, and rounding to
# whole pixels causes as much.
MOST_OFF_SHAPE = 0.02


class ControlKind(StrEnum):
    """Kinds of control pictures.

    `EDGE`: any picture, whose edges are found here. `SCRIBBLE`: rough strokes.
    """

    EDGE = "edge"
    LINES = "lines"
    SCRIBBLE = "scribble"
    DEPTH = "depth"


@dataclass(frozen=True)
class Control:
    """A picture that shows where things are, and the ControlNet trained to follow it.

    picture: H×W×3, RGB, 0–1. A line drawing is dark on light or light on dark; of depth, what is
        near is light.
    network: folder of the ControlNet, as on the model hub.
    strength: 0 (no effect) to `MOST_STRENGTH`; None leaves it to the generator.
    """

    kind: ControlKind
    picture: Float32
    network: Path
    strength: float | None = None


@dataclass(frozen=True)
class Start:
    """A picture to begin from.

    picture: H×W×3, RGB, 0–1.
    strength: 0–1, how much is painted anew: the share of the steps that run, one at least.
    mask: H×W, 0–1, where it is painted anew: wherever it is not 0, and a little round it. Outside
        the picture comes back nearly as it was. None: everywhere.
    """

    picture: Float32
    strength: float = 1.0
    mask: Float32 | None = None


@dataclass(frozen=True)
class GenerationRequest:
    """A request; None leaves a choice to the generator.

    size: width, height; None takes the control, start or edited picture's, else the generator's.
    edit: H×W×3, RGB, 0–1, a picture in which the prompt says what is to change.
    references: pictures like it that the prompt may speak of. It calls them image 1, image 2 … in
        this order, the edited one first. Sides from 64 pixels; what has more than a million is
        shown scaled down (`references`).
    """

    prompt: str
    size: tuple[int, int] | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str = ""
    seed: int = 0
    control: Control | None = None
    start: Start | None = None
    edit: Float32 | None = None
    references: tuple[Float32, ...] = ()

    @property
    def shown(self) -> tuple[Float32, ...]:
        """All pictures that the generator is shown, the edited one first."""
        return self.references if self.edit is None else (self.edit, *self.references)


@dataclass(frozen=True)
class PaintingSettings:
    """A request with all choices made.

    guidance: None when the generator has none.
    steps_to_run: fewer than `steps` when it begins from a picture.
    strength: the ControlNet's.
    shown: pictures that it is shown. edits: whether the first of them is edited, and of this shape.
    """

    prompt: str
    size: tuple[int, int]
    steps: int
    guidance: float | None
    negative_prompt: str
    seed: int
    control: Control | None
    strength: float
    start: Start | None
    steps_to_run: int
    shown: tuple[Float32, ...]
    edits: bool


def settle(request: GenerationRequest, config: GeneratorConfig) -> PaintingSettings:
    """Make the choices that a request leaves open.

    Raises BadInputError for what this generator cannot do: no prompt, a size, shape, number of
    steps, guidance, strength or seed outside the limits, a negative prompt, control picture or
    start picture that it would ignore, a mask of another size or an empty one, pictures to edit or
    to look at that it cannot be shown.
    """
    prompt, negative_prompt = request.prompt.strip(), request.negative_prompt.strip()
    if not prompt:
        raise BadInputError("The prompt is empty: describe what should be in the picture.")
    steps = config.steps if request.steps is None else request.steps
    _check_range("steps", steps, 1, MOST_STEPS)
    _check_range("the seed", request.seed, 0, SEEDS - 1)
    guidance = _guidance(request, config)
    if negative_prompt:
        _check_negative(config, guidance)
    strength = config.control_strength
    if request.control is not None:
        if config.control_pipeline is None:
            raise BadInputError(f"{config.title} cannot follow a control picture: leave it out.")
        if request.control.strength is not None:
            strength = request.control.strength
        _check_range("the strength", strength, 0, MOST_STRENGTH)
    if request.shown:
        _check_shown(request, config)
    start = request.start
    if start is not None:
        _check_start(start, request, config)
    size = _size(request, config)
    return PaintingSettings(
        prompt,
        size,
        steps,
        guidance,
        negative_prompt,
        request.seed,
        request.control,
        strength,
        start,
        steps if start is None else max(1, math.floor(steps * start.strength + 0.5)),
        request.shown,
        request.edit is not None and not _is_off_shape(size, _size_of(request.edit)),
    )


def check_length(text: str, what: str, tokenizers: Mapping[str, Any], limit: int) -> None:
    """Raise BadInputError, quoting the words that would be cut off, when a text is too long.

    what: the text's name, at the beginning of a sentence. tokenizers: by name; fast ones, which
    know a token's place in the text. limit: tokens for each of them.
    """
    for name, tokenizer in tokenizers.items():
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        places = encoded["offset_mapping"]
        if len(places) > limit:
            # From the beginning of a word, of which a part may fit.
            begin = max(text.rfind(space, 0, places[limit][0] + 1) for space in " \t\r\n") + 1
            raise BadInputError(
                f"{what} is too long: it has {len(places)} tokens (for {name}), and the generator "
                f"takes {limit}. It would ignore: “{text[begin:]}”. Say it in fewer words."
            )


def _check_range(what: str, value: float, least: float, most: float) -> None:
    # Written so that NaN, which is neither less nor more, is refused.
    if not least <= value <= most:
        raise BadInputError(f"{value} cannot be used for {what}: choose from {least} to {most}.")


def _guidance(request: GenerationRequest, config: GeneratorConfig) -> float | None:
    if request.guidance is None:
        return config.guidance
    if config.guidance is None:
        raise BadInputError(f"{config.title} is distilled and has no guidance: leave it out.")
    _check_range("guidance", request.guidance, 0, MOST_GUIDANCE)
    return request.guidance


def _check_start(start: Start, request: GenerationRequest, config: GeneratorConfig) -> None:
    if request.control is not None:
        raise BadInputError(
            "A control picture and one to begin from cannot be followed together: choose one."
        )
    mask = start.mask
    if mask is None and config.start_pipeline is None:
        instead = "have it edited (--edit)" if config.references else "leave it out"
        raise BadInputError(f"{config.title} cannot begin from a picture: {instead}.")
    if mask is not None and config.inpaint_pipeline is None:
        raise BadInputError(f"{config.title} cannot paint within a mask: leave it out.")
    _check_range("the strength of the start picture", start.strength, 0, 1)
    height, width = start.picture.shape[:2]
    if mask is None:
        return
    if mask.shape != (height, width):
        raise BadInputError(
            f"The mask is {mask.shape[1]} × {mask.shape[0]} pixels, and the picture to begin from "
            f"{width} × {height}: they must be alike."
        )
    if not np.any(mask > 0):
        raise BadInputError("The mask is empty: mark where the picture is to be painted anew.")


def _check_shown(request: GenerationRequest, config: GeneratorConfig) -> None:
    if request.control is not None or request.start is not None:
        raise BadInputError(
            "Pictures to edit or to look at do not go with a control picture or one to begin from: "
            "choose one."
        )
    check_references(request.shown, config)


def _check_negative(config: GeneratorConfig, guidance: float | None) -> None:
    if config.negative_above is None:
        raise BadInputError(f"{config.title} takes no negative prompt: leave it out.")
    if guidance is None or guidance <= config.negative_above:
        raise BadInputError(
            f"With a guidance of {guidance} a negative prompt changes nothing: leave it out, or "
            f"ask for more guidance than {config.negative_above}."
        )


def _size(request: GenerationRequest, config: GeneratorConfig) -> tuple[int, int]:
    given = request.control or request.start
    what = "control" if request.control else "start"
    shown = None if given is None else _size_of(given.picture)
    edited = None if request.edit is None else _size_of(request.edit)
    width, height = request.size or shown or edited or (config.side, config.side)
    for side in (width, height):
        if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            raise BadInputError(
                f"{width} × {height} pixels cannot be made: each side may have {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE}."
            )
    if max(width / height, height / width) > config.longest_ratio:
        raise BadInputError(
            f"{width} × {height} pixels cannot be made: {config.title} makes pictures whose longer "
            f"side is at most {config.longest_ratio:g} times the shorter. Ask for less, or cut it "
            "out of a larger one."
        )
    if shown and _is_off_shape((width, height), shown):
        raise BadInputError(
            f"The {what} picture is {shown[0]} × {shown[1]} pixels and would be stretched to "
            f"{width} × {height}: ask for a size of its shape, or cut it to this one."
        )
    return width, height


def _size_of(picture: Float32) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


def _is_off_shape(size: tuple[int, int], shown: tuple[int, int]) -> bool:
    """Whether a picture would be stretched, from one (width, height) to the other."""
    return abs(math.log(size[0] / size[1] * shown[1] / shown[0])) > MOST_OFF_SHAPE
