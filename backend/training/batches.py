"""Batches of samples that are drawn one by one."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor

from layerpeel.backend.image import Float32
from layerpeel.backend.training.recipe import TrainingRecipe

# Batches that are made ahead.
_AHEAD = 3


def batches_of(
    sample: Callable[[int], dict[str, Float32]],
    recipe: TrainingRecipe,
    numbers: range,
    device: torch.device,
) -> Iterator[dict[str, Tensor]]:
    """Make the batches of these numbers in other threads, a few ahead.

    sample: draws C×h×w planes, the same for the same index; called in several threads at once.
    """
    # The samples are small, and there are threads enough at work.
    cv2.setNumThreads(1)
    size, made = recipe.training.batch_size, deque[list[Future[dict[str, Float32]]]]()
    pool = ThreadPoolExecutor(recipe.run.num_workers)
    try:
        for place in range(len(numbers) + _AHEAD):
            if place < len(numbers):
                first = numbers[place] * size
                made.append([pool.submit(sample, index) for index in range(first, first + size)])
            if place >= _AHEAD and made:
                yield stacked([future.result() for future in made.popleft()], device)
    finally:
        pool.shutdown(cancel_futures=True)


def stacked(samples: list[dict[str, Float32]], device: torch.device) -> dict[str, Tensor]:
    """Stack C×h×w planes to [N, C, h, w], on a device."""
    batch = {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}
    return {
        name: torch.from_numpy(planes).to(device, memory_format=torch.channels_last)
        for name, planes in batch.items()
    }
