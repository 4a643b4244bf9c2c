"""Train the network that finds what is left of an object along its edge.

`python -m layerpeel.backend.training.leftovers --art FOLDER --out leftovers.onnx`

It sees what the compact engine made of composites that the matting network has not learned from,
whose answers to what it knows are too good. Minutes, most of them for the engine.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from layerpeel.backend.colour import image_of
from layerpeel.backend.composites.composite import Composite, draw_composites
from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.image import Bool, Float32, block_of, from_float
from layerpeel.backend.networks.fact_scorer import FactScorer, FactScorerShape
from layerpeel.backend.progress import ReportFraction
from layerpeel.backend.stages.classical_separation import edge_colours
from layerpeel.backend.stages.patchmatch import fill_hole
from layerpeel.backend.stages.small_networks.leftovers import FACTS, facts_of
from layerpeel.backend.stages.small_networks.matting import matte_by_small_network
from layerpeel.backend.training.degradation import degraded
from layerpeel.backend.training.export import onnx_of_leftovers
from layerpeel.backend.training.opened_art import art_to_check_on
from layerpeel.shared.protocol import Depth, Picture

# What is left of the object counts as so many times its opposite.
CARE = 3.0
# And what is left is worse by this where it is seen: from about so much of full scale on, give or
# take. `residue` counts such pixels from 20/255 on.
SEEN, SEEN_FROM, GIVE_OR_TAKE = 0.15, 17 / 255, 4 / 255

WIDTHS, MEMBERS, DROPOUT = (96, 48), 2, 0.0
EPOCHS, BATCH, RATE, DECAY = 5, 4096, 4e-3, 1e-5

# A picture with next to no edge counts no more than this many times the usual; of one with much,
# so many pixels are drawn.
MOST_WEIGHT = 3.0
MOST_PIXELS = 8000

# Share of the composites that are degraded as pictures of the web are: JPEG's ringing beside an
# edge is no part of the object.
DEGRADED = 0.25


@dataclass(frozen=True)
class EdgePixels:
    """Of where the background of one composite is in doubt, N pixels.

    facts: N×FACTS. missing: N, the step along the line from the estimated background to the true
    one. weight: how much each pixel counts.
    """

    facts: Float32
    missing: Float32
    weight: float


def main(words: list[str] | None = None) -> int:
    """Train, write the file, and return the exit code (README, “Exit codes”)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--art", type=Path, required=True, help="as the matting network's")
    parser.add_argument("--count", type=int, default=110, help="composites of each seed (110)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="(1 2)")
    parser.add_argument("--out", type=Path, required=True, help="NAME.onnx")
    given = parser.parse_args(words)
    try:
        pixels = [
            each for seed in given.seeds for each in edge_pixels(given.art, given.count, seed)
        ]
        with new_file(given.out, force=True) as file:
            file.write(onnx_of_leftovers(trained(pixels)))
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def edge_pixels(art: Path, count: int, seed: int) -> Iterator[EdgePixels]:
    """Draw composites, and see what is made of their edges.

    Raises BadInputError as `draw_composites` does.
    """
    for index, composite in enumerate(draw_composites(art_to_check_on(art), count, seed)):
        random = np.random.default_rng((seed, index))
        picture = composite.picture
        if random.random() < DEGRADED:
            picture = degraded(picture, random)
        steps = from_float(picture, Depth.U8)
        opaque = np.full((*steps.shape[:2], 1), 255, np.uint8)
        image = image_of(Picture(block_of(np.dstack([steps, opaque]))))
        matte = matte_by_small_network(image.proxy, composite.trimap)
        colours, in_doubt, _ = edge_colours(image, matte, composite.trimap, _fill)
        region = in_doubt & (matte.alpha < 1)
        drawn = min(1.0, MOST_PIXELS / max(1, int(np.count_nonzero(region))))
        region &= random.random(region.shape) < drawn
        facts, line = facts_of(colours, region)
        error = (composite.background - colours.background)[region]
        yield EdgePixels(facts, (error * line).sum(axis=-1), 1 / edge_of(composite) / drawn)


def _fill(values: Float32, hole: Bool, _report: ReportFraction) -> Float32:
    return fill_hole(values, hole, np.ones_like(hole), seed=0)


def edge_of(composite: Composite) -> int:
    """How many pixels the object's edge has, at least 1."""
    solid = (composite.alpha > 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return max(1, int(np.count_nonzero(outline)))


def trained(pixels: Sequence[EdgePixels], care: float = CARE, seed: int = 0) -> FactScorer:
    """Learn to say how far along its line each pixel's background is off."""
    torch.manual_seed(seed)
    facts = torch.from_numpy(np.concatenate([each.facts for each in pixels]))
    missing = torch.from_numpy(np.concatenate([each.missing for each in pixels]))
    counts = [len(each.facts) for each in pixels]
    weights = np.repeat([each.weight for each in pixels], counts).astype(np.float32)
    weights = np.minimum(weights, MOST_WEIGHT * np.median(weights))
    weight = torch.from_numpy(weights / weights.mean())
    scorer = FactScorer(FactScorerShape(FACTS, WIDTHS, MEMBERS, DROPOUT))
    scorer.expect(facts)
    for member in scorer.members:
        *_, last = member.parameters()
        nn.init.zeros_(last)
    optimiser = torch.optim.Adam(scorer.parameters(), weight_decay=DECAY)
    steps = EPOCHS * len(facts) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    for _ in range(steps):
        chosen = torch.randint(0, len(facts), (BATCH,))
        left = scorer.logits(facts[chosen]) - missing[chosen]
        loss = (_seen(left, care) * weight[chosen]).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return scorer.eval()


def _seen(left: Tensor, care: float) -> Tensor:
    """How much an error counts: `care` times as much towards the object, and more where seen."""
    stands_out = torch.sigmoid((left - SEEN_FROM) / GIVE_OR_TAKE)
    return torch.where(left > 0, care * left, -left) + SEEN * stands_out


if __name__ == "__main__":
    sys.exit(main())
