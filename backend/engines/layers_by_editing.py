"""Behind the foreground, what an editing network puts there when told to take the thing away."""

import numpy as np

from layerpeel.backend.engines.layers_by_inpainting import LayersByInpainting, window_to_see
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Bool, Float32, Image
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.generation.references import fault_of_size
from layerpeel.backend.stages.generation.request import GenerationRequest
from layerpeel.backend.stages.isnet import shown_over_grey

# It is shown a flat shape where the thing was. Of the thing nothing is left to be seen, so that
# nothing of it can come back; and there is no question which of several things is meant.
INSTRUCTION = (
    "Remove the flat {colour} shape. Where it was, show what lies behind it: continue the "
    "surroundings with the same light, texture and grain, and add nothing new. Keep everything "
    "else exactly as it is."
)
COLOURS: dict[str, Float32] = {
    "magenta": np.array([1, 0, 1], np.float32),
    "green": np.array([0, 1, 0], np.float32),
}

# How near the surroundings come to a colour: of all their distances, this quantile; of so many
# pixels, which takes a moment also in a large picture.
NEAREST, ASKED = 0.02, 100_000

# A fill that holds more than this share of the shape's own colour, give or take so much in each
# channel, was not told from it.
STILL_THERE, LIKE_SHAPE = 0.1, 0.15


class LayersByEditing(LayersByInpainting):
    """Fills in by a generator that edits: it sees all round the hole, and paints the whole anew.

    What it paints outside the hole is not taken.
    """

    def fill(
        self, image: Image, hole: Bool, later: Bool, seed: int, report: ReportFraction
    ) -> Float32:
        """Paint a hole (H×W) in a picture's proxy anew: H×W×3, RGB, 0–1.

        Raises BadInputError where the picture is too small or too long round the hole, and as
        `LayersByInpainting.fill` does.
        """
        window = window_to_see(hole, self._config)
        size = (window.right - window.left, window.bottom - window.top)
        fault = fault_of_size(size, self._config)
        if fault is not None:
            raise BadInputError(
                f"Of the picture {self._config.title} would see what lies round the thing that "
                f"comes off, and that is {fault}. Have it filled in otherwise, or take a larger "
                "picture."
            )
        filled = super().fill(image, hole, later, seed, report)
        seen = shown_over_grey(image.proxy, image.alpha)[window.slices]
        colour = COLOURS[colour_for(seen, hole[window.slices])]
        like = np.abs(filled[hole] - colour).max(axis=-1) <= LIKE_SHAPE
        if like.mean() > STILL_THERE:
            self._used.note(
                f"{self._config.title} left some of the shape that marked the thing's place: try "
                "another seed, or have it filled in otherwise."
            )
        return filled

    def _asked(self, seen: Float32, hole: Bool, seed: int) -> GenerationRequest:
        name = colour_for(seen, hole)
        marked = seen.copy()
        marked[hole] = COLOURS[name]
        return GenerationRequest(INSTRUCTION.format(colour=name), seed=seed, edit=marked)


def colour_for(seen: Float32, hole: Bool) -> str:
    """Name the colour that is least like what lies round a hole (H×W) in a picture (H×W×3)."""
    surroundings = seen[~hole]
    surroundings = surroundings[:: max(1, len(surroundings) // ASKED)]
    if not surroundings.size:
        return next(iter(COLOURS))

    def distance(name: str) -> float:
        off = np.linalg.norm(surroundings - COLOURS[name], axis=-1)
        return float(np.quantile(off, NEAREST))

    return max(COLOURS, key=distance)
