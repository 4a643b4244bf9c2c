"""Samples for matting that are drawn once and learned from again and again, never twice alike.

They are kept where the network learns, and turned, mirrored and recoloured there. An affine map of
the colours keeps C = αF + (1−α)B as it is, and closed-form alpha too, whose model of colours is
affine.
"""

import os
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.small_networks.planes import named, planes_from
from layerpeel.backend.training.matting_network import DIFFERENTIABLE
from layerpeel.backend.training.opened_art import OpenedArt, UInt8
from layerpeel.backend.training.recipe import Recipe
from layerpeel.backend.training.samples import Sample, SampleSettings, draw_sample

# How often colours lose some of their saturation, and how often light becomes dark.
PALER, INVERTED = 0.5, 0.3

LEAST_CONTRAST = 0.6

COLOURS = 5
"""Colours that are kept: the picture's, F, B, and the two that its network is shown."""


PlanesOfSample = Callable[[Sample], Float32]
"""What a network is shown of a sample: stacked `planes.Planes`."""


class KeptSamples:
    """Batches of the first `distinct` samples of a recipe.

    Every `again`-th batch is of new ones until all are drawn; the others are of those that have
    been. Of n×n pixels each takes 19·n² bytes: in 8 bits, alpha in half floats.
    """

    def __init__(self, art: OpenedArt, recipe: Recipe, planes_of: PlanesOfSample) -> None:
        """planes_of: a function of a module, which other processes can import."""
        self._recipe = recipe
        self._drawn = _DrawnSamples(art, recipe.samples, recipe.training.seed, planes_of)

    def batches(self, numbers: range, device: torch.device) -> Iterator[dict[str, Tensor]]:
        """Give the batches of these numbers, each as `varied` does.

        What is in a batch depends on its number alone: what was drawn for those before is drawn.

        Raises BadInputError as `draw_sample` does, and when there is no room for the samples.
        """
        settings, samples = self._recipe.training, self._recipe.samples
        # Pictures of no use are told of here: errors of other processes come wrapped in much else.
        self._drawn.draw(0)
        steps, alpha = self._room(device)
        drawn, count = iter(self._drawing()), 0
        for number in range(numbers.stop):
            random = np.random.default_rng((settings.seed, number, 1))
            if number % samples.again == 0 and count < samples.distinct:
                new = slice(count, count + settings.batch_size)
                steps[new], alpha[new] = next(drawn)
                count, chosen = new.stop, torch.arange(new.start, new.stop)
            else:
                chosen = torch.from_numpy(random.integers(count, size=settings.batch_size))
            if number in numbers:
                chosen = chosen.to(device)
                yield varied(steps[chosen], alpha[chosen], random)

    def _room(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Make room for all samples: [distinct, 17, h, w] in 8 bits, [distinct, 1, h, w] in 16."""
        batch, samples = self._recipe.training.batch_size, self._recipe.samples
        count = -(-samples.distinct // batch) * batch
        pixels = (samples.side, samples.side)
        try:
            return (
                torch.empty(count, 3 * COLOURS + 2, *pixels, dtype=torch.uint8, device=device),
                torch.empty(count, 1, *pixels, dtype=torch.float16, device=device),
            )
        except RuntimeError as error:
            needed = count * (3 * COLOURS + 4) * samples.side**2 / 1e9
            raise BadInputError(
                f"The {samples.distinct} samples of the recipe take {needed:.0f} GB, which is not "
                "there: lower `distinct` in it."
            ) from error

    def _drawing(self) -> DataLoader[tuple[Tensor, Tensor]]:
        # There are as many processes as are to work at once. It is said before they begin: one that
        # is forked would wait for the threads of OpenCV for ever.
        cv2.setNumThreads(1)
        return DataLoader(
            # Arrays become tensors on the way.
            self._drawn,  # type: ignore[arg-type]
            self._recipe.training.batch_size,
            num_workers=min(self._recipe.run.num_workers, os.cpu_count() or 1),
        )


class _DrawnSamples(Dataset[tuple[UInt8, npt.NDArray[np.float16]]]):
    """Without an end: how many are asked for is the recipe's business."""

    def __init__(
        self, art: OpenedArt, settings: SampleSettings, seed: int, planes_of: PlanesOfSample
    ) -> None:
        self._art, self._settings, self._seed, self._planes_of = art, settings, seed, planes_of

    def __len__(self) -> int:
        return 1 << 40

    def draw(self, number: int) -> Sample:
        return draw_sample(self._art, self._settings, self._seed, number)

    def __getitem__(self, number: int) -> tuple[UInt8, npt.NDArray[np.float16]]:
        sample = self.draw(number)
        shown = named(self._planes_of(sample))
        truth = (sample.picture, sample.foreground, sample.background)
        planes = (
            *(colours.transpose(2, 0, 1) for colours in truth),
            *(shown.foreground, shown.background, sample.trimap[None], shown.coarse_alpha),
        )
        steps = np.floor(np.concatenate(planes) * 255 + 0.5).astype(np.uint8)
        return steps, sample.alpha[None].astype(np.float16)


def varied(steps: Tensor, alpha: Tensor, random: np.random.Generator) -> dict[str, Tensor]:
    """Turn and mirror samples, alike for all, and recolour each in its own way.

    steps: [N, 17, h, w], 8 bits: picture, F, B, both colours that the network is shown, trimap,
    coarse alpha. alpha: [N, 1, h, w], half floats. Gives `planes`, stacked `Planes`, and the truth:
    `composite`, `alpha`, `foreground`, `background`, all [N, C, h, w], float32.
    """
    quarters, mirrored = int(random.integers(4)), random.random() < 0.5

    def turned(planes: Tensor) -> Tensor:
        planes = planes.rot90(quarters, (-2, -1))
        return planes.flip(-1) if mirrored else planes

    shown, alpha = turned(steps).float() / 255, turned(alpha).float()
    maps = [_other_colours(random) for _ in range(len(steps))]
    mixing, shift = (
        torch.from_numpy(np.stack(part)).to(shown.device) for part in zip(*maps, strict=True)
    )
    colours = shown[:, : 3 * COLOURS].reshape(len(shown), COLOURS, 3, *shown.shape[2:])
    colours = torch.einsum("nskhw,nkc->nschw", colours, mixing) + shift[:, None, :, None, None]
    picture, foreground, background, near_foreground, near_background = colours.unbind(1)
    # In 8 bits a half is 128/255.
    trimap = (shown[:, -2:-1] * 2).round() / 2
    planes = planes_from(
        picture, trimap, near_foreground, near_background, shown[:, -1:], DIFFERENTIABLE
    )
    batch = {
        "planes": torch.cat(planes, dim=1),
        "composite": alpha * foreground + (1 - alpha) * background,
        "alpha": alpha,
        "foreground": foreground,
        "background": background,
    }
    return {
        name: each.contiguous(memory_format=torch.channels_last) for name, each in batch.items()
    }


def _other_colours(random: np.random.Generator) -> tuple[Float32, Float32]:
    """Draw an affine map of colours (a row RGB @ 3×3 + 3) that keeps 0–1 within 0–1."""
    mixing = np.eye(3)[random.permutation(3)]
    if random.random() < PALER:
        grey = random.random() ** 2
        mixing = (1 - grey) * mixing + grey / 3
    contrast = random.uniform(LEAST_CONTRAST, 1)
    shift = random.uniform(0, 1 - contrast)
    if random.random() < INVERTED:
        mixing, shift = -mixing, shift + contrast
    return (contrast * mixing).astype(np.float32), np.full(3, shift, np.float32)
