"""Alpha by ViTMatte through transformers, in the unknown band of a trimap.

Yao, Wang, Yang and Wang, "ViTMatte: Boosting Image Matting with Pre-trained Plain Vision
Transformers", 2023.
"""

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import VitMatteForImageMatting, VitMatteImageProcessor

from layerpeel.backend.devices.pool import NetworkPool, smaller_until_it_fits
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.crop import resized, shrink_factor, window_round
from layerpeel.backend.stages.guided_upsampling import smaller_trimap, upsample_along
from layerpeel.backend.stages.hub_folder import load_network, load_processor

NAME = "ViTMatte"

# Round the band the network sees this many pixels of what is sure.
MARGIN = 64

# Its attention takes memory as the square of the pixels. A square of the first side fits beside the
# weights on any card that is used at all, the second is for cards with so many bytes
# (docs/decisions.md). What is larger is matted smaller, and brought back to full size along the
# picture's edges.
SIDE = 1024
LARGE_SIDE, LARGE_NEEDS = 1536, 13_000_000_000
SMALLER_SIDES = (768, 512)


class VitMatte:
    """Finds alpha. The network is loaded at the first call.

    folder: the model as transformers keeps it.
    notes: what a person should be told of how it was done so far; each a sentence.
    """

    def __init__(self, folder: Path, pool: NetworkPool) -> None:
        self._folder = folder
        self._pool = pool
        self._name = f"{NAME} ({folder})"
        self.notes: list[str] = []

    @property
    def sides(self) -> list[int]:
        """Sides of the squares whose pixels are matted at once, in the order they are tried in.

        The first twice: if need be, the second time with the device to itself.
        """
        compute = self._pool.compute
        large = compute.device.type != "cpu" and compute.budget >= LARGE_NEEDS
        first = LARGE_SIDE if large else SIDE
        return [first, first, *(side for side in (SIDE, *SMALLER_SIDES) if side < first)]

    def matte(self, proxy: Float32, trimap: Float32) -> Float32:
        """Alpha (H×W, 0–1) of H×W×3 (RGB, 0–1): the trimap (1, 0, 0.5), and an answer in its band.

        Raises ModelError when the model is not whole, DeviceError when memory does not suffice.
        """
        unknown = (trimap > 0) & (trimap < 1)
        alpha = trimap.copy()
        if not unknown.any():
            return alpha
        window = window_round(unknown, MARGIN)
        picture, known = proxy[window.slices], trimap[window.slices]

        def answer(side: int) -> Float32:
            factor = shrink_factor(window.pixels, side * side)
            if factor == 1:
                return self._answer(picture, known)
            shape = (max(1, round(known.shape[0] * factor)), max(1, round(known.shape[1] * factor)))
            small_picture = resized(picture, shape)
            small_alpha = self._answer(small_picture, smaller_trimap(known, shape))
            return upsample_along(small_picture, small_alpha, picture)

        sides = self.sides
        found, side = smaller_until_it_fits(self._pool, sides, answer, "the edge")
        if side < sides[0]:
            self.notes.append(
                f"The edge was found at {side} pixels instead of {sides[0]}: the memory of the "
                f"{self._pool.compute.words} did not suffice for more."
            )
        inside = unknown[window.slices]
        alpha[window.slices][inside] = found[inside]
        return alpha

    def _answer(self, picture: Float32, trimap: Float32) -> Float32:
        """The network's alpha for a picture (h×w, 0–1), also where the trimap is sure."""
        height, width = trimap.shape
        inputs = self._inputs(picture, trimap).to(self._pool.compute.device)
        with self._pool.using(self._name, self._load) as network, torch.inference_mode():
            alphas = network(inputs).alphas  # [1, 1, h + beyond, w + beyond]
            answer: Float32 = alphas[0, 0, :height, :width].cpu().numpy()
        return answer

    def _inputs(self, picture: Float32, trimap: Float32) -> Tensor:
        """RGB and trimap as [1, 4, h, w], filled up to multiples of 32 at bottom and right."""
        planes = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)
        prepared = self._processor(
            images=planes,
            trimaps=torch.from_numpy(np.ascontiguousarray(trimap)),
            do_rescale=False,
            input_data_format="channels_first",
            return_tensors="pt",
        )
        inputs: Tensor = prepared["pixel_values"]
        return inputs

    def _load(self) -> VitMatteForImageMatting:
        return load_network(self._folder, "vitmatte", VitMatteForImageMatting.from_pretrained)

    @cached_property
    def _processor(self) -> VitMatteImageProcessor:
        return load_processor(self._folder, VitMatteImageProcessor.from_pretrained)
