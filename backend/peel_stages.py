"""The stages of a peel, and how long each takes beside the others (docs/decisions.md)."""

import math
from collections.abc import Sequence
from dataclasses import replace

from layerpeel.backend.progress import Stage
from layerpeel.shared.protocol import Lift, Mask, Subject, Things, Trimap
from layerpeel.shared.translatable import Translatable

# With their shares of the time for the subject of a picture of a million pixels.
DETERMINE = Stage("determine", Translatable("Finding what to lift off"), 1.0)
MATTE = Stage("matte", Translatable("Finding its edge"), 0.57)
SEPARATE = Stage("separate", Translatable("Filling in behind it"), 0.28)
EXACT = Stage("exact", Translatable("Making it exact"), 0.015)
FINDING, LIFTING = (DETERMINE, MATTE), (SEPARATE, EXACT)

# Before all layers, where several things are wanted.
THINGS = Stage("things", Translatable("Finding what stands out"), 1.3)

# Instead of finding, and once for all layers.
DECOMPOSE = Stage("decompose", Translatable("Taking it apart"), 20)

# Of finding what somebody has shown, as a share of finding the subject; and of what takes no time.
SHOWN, NONE = 0.3, 0.01


def weighed(stages: Sequence[Stage], lift: Lift, pixels: int) -> tuple[Stage, ...]:
    """Give stages of a round the shares that they have in a picture of so many pixels.

    lift: what is lifted off; `Things` were found before.
    """
    # An edge gets longer with the picture's side, while finding looks at no more than 2048 pixels.
    growth = math.sqrt(pixels / 1e6)
    is_exact = isinstance(lift, Mask) and lift.exact
    finding = 1.0 if isinstance(lift, Subject) else SHOWN
    if is_exact or isinstance(lift, Trimap | Things):
        finding = NONE
    shares = {each.name: each.share * growth for each in (MATTE, *LIFTING)}
    shares[DETERMINE.name] = DETERMINE.share * finding
    if is_exact:
        shares[MATTE.name] = NONE
    return tuple(replace(stage, share=shares[stage.name]) for stage in stages)


def opening_of(stage: Stage, round_of: Sequence[Stage], rounds: int) -> Stage:
    """Make the share of a stage that comes once a share of the whole, of so many rounds."""
    others = rounds * sum(each.share for each in round_of)
    return replace(stage, share=stage.share / (stage.share + others))
