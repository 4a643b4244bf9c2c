"""Behind the foreground, what an inpainting network of diffusers paints there; all else as ever."""

import math
from dataclasses import replace

import numpy as np

from layerpeel.backend.engines.kept_pool import kept_pool
from layerpeel.backend.engines.separating_without_torch import LayersByPatchMatch
from layerpeel.backend.engines.used_models import UsedModels
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.crop import Window, window_round
from layerpeel.backend.stages.generation.config import GeneratorConfig, generator_config
from layerpeel.backend.stages.generation.generator import Generator
from layerpeel.backend.stages.generation.generator_checkpoint import find_checkpoint
from layerpeel.backend.stages.generation.request import SMALLEST_SIDE, GenerationRequest, Start
from layerpeel.backend.stages.isnet import shown_over_grey

# Such a network paints what it is told, and is told nothing of what was there.
PROMPT = "empty background"

# What it sees round the hole, as a share of the hole's longer side.
SURROUNDINGS = 0.5


class LayersByInpainting(LayersByPatchMatch):
    """Fills in by a generator that paints within a mask.

    A UNet may take the picture and the mask beside the latents (9 channels) or not (4).

    It computes on `wanted_device()`. It cannot be told what will be lifted off later.
    """

    filling = 20.0

    def __init__(self, used: UsedModels, model_id: str) -> None:
        self._used = used
        config = generator_config(model_id.removesuffix("-inpainting"))
        self._config = replace(config, checkpoint=model_id)

    def fill(
        self, image: Image, hole: Bool, later: Bool, seed: int, report: ReportFraction
    ) -> Float32:
        """Paint a hole (H×W) in a picture's proxy anew: H×W×3, RGB, 0–1.

        Raises BadInputError for a picture that is too small or too long, ModelError and DeviceError
        as `Generator.generate` does.
        """
        window = window_to_see(hole, self._config).slices
        seen = np.ascontiguousarray(shown_over_grey(image.proxy, image.alpha)[window])
        asked = self._asked(seen, hole[window], seed)
        made = self._generator().generate(asked, lambda _stage, done: report(done))
        self._used.note(*made.notes)
        filled = image.proxy.copy()
        filled[window][hole[window]] = made.picture[hole[window]]
        return filled

    def _asked(self, seen: Float32, hole: Bool, seed: int) -> GenerationRequest:
        """Ask for what is seen (H×W×3), with its hole (H×W) painted anew."""
        return GenerationRequest(PROMPT, seed=seed, start=Start(seen, 1.0, hole.astype(np.float32)))

    def _generator(self) -> Generator:
        pool = kept_pool(self._used.store)
        model_id = str(self._config.checkpoint)
        path = self._used.use(model_id)
        paints_as = LayersByInpainting, path, self._used.digests[model_id]
        # In the place of the one that paints scenes, so that two never lie side by side.
        kept = pool.companions.get(Generator)
        if isinstance(kept, tuple) and kept[0] == paints_as and isinstance(kept[1], Generator):
            return kept[1]
        pool.companions.pop(Generator, None)
        checkpoint = find_checkpoint(self._config, None, self._used.store)
        generator = Generator(self._config, checkpoint, pool)
        pool.companions[Generator] = (paints_as, generator)
        return generator


def window_to_see(hole: Bool, config: GeneratorConfig) -> Window:
    """The hole (H×W) and what lies round it, of a shape that the generator can paint, if it can."""
    bare = window_round(hole, 0)
    sides = bare.bottom - bare.top, bare.right - bare.left
    margin = math.ceil(SURROUNDINGS * max(sides))
    wanted = [max(side + 2 * margin, SMALLEST_SIDE) for side in sides]
    least = math.ceil(max(wanted) / config.longest_ratio)
    (top, bottom), (left, right) = (
        _span(begin, begin + side, max(length, least), extent)
        for begin, side, length, extent in zip(
            (bare.top, bare.left), sides, wanted, hole.shape, strict=True
        )
    )
    return Window(top, bottom, left, right)


def _span(begin: int, end: int, length: int, extent: int) -> tuple[int, int]:
    """Grow begin–end to `length` about its middle, moved to lie within 0–`extent`."""
    length = min(length, extent)
    first = min(max(0, (begin + end - length) // 2), extent - length)
    return first, first + length
