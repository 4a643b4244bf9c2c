"""The thing that boxes and points show, as a mask; a picture is looked at once for all prompts."""

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from layerpeel.backend.devices.pool import NetworkPool, smaller_until_it_fits
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.box import BoxEdges
from layerpeel.backend.stages.hub_folder import CONFIG, unusable
from layerpeel.backend.stages.segment_anything.by_hub import HubSam, load_hub_sam
from layerpeel.backend.stages.segment_anything.by_meta import MetaSam, load_meta_sam
from layerpeel.backend.stages.segment_anything.frame import Frame
from layerpeel.backend.stages.segment_anything.sam import Prompt, Sam
from layerpeel.shared.protocol import Point

NAME = "SAM"

# Embeddings that are kept, 4 MB each: of the picture, and of what is left of it after a peel.
KEPT = 2

# More points than this are a stroke: they mean the same, and are said at once.
MOST_CLICKS = 8

_Shown = tuple[BoxEdges | None, Sequence[Point]]


class SegmentAnything:
    """Makes masks from prompts. The network is loaded at the first call.

    folder: a SAM as transformers keeps it, or with one of Meta's `.pth` files.
    """

    def __init__(self, folder: Path, pool: NetworkPool) -> None:
        self._folder = folder
        self._pool = pool
        self._name = f"{NAME} ({folder})"
        self._embeddings: OrderedDict[bytes, Tensor] = OrderedDict()

    def in_boxes(self, proxy: Float32, boxes: Sequence[BoxEdges]) -> Float32:
        """How surely each pixel of H×W×3 (RGB, 0–1) is of the things in boxes: H×W, 0–1, soft.

        boxes: at least one; the things in all of them are in the mask (MatteAnything takes the
            first only).

        Raises ModelError when the model is not whole, DeviceError when memory does not suffice.
        """
        mask, _ = self._union(proxy, [(box, ()) for box in boxes])
        return mask

    def at_points(
        self, proxy: Float32, points: Sequence[Point], box: BoxEdges | None = None
    ) -> Float32:
        """How surely each pixel of H×W×3 (RGB, 0–1) is of the thing at points: H×W, 0–1, soft.

        points: at least one, on the thing or beside it. A single one may mean the thing or a part
            of it: the mask that SAM itself thinks best is taken. Each further one corrects that
            mask, as in Meta's own examples (facebookresearch/segment-anything).
        box: what the thing lies in; with one, there may be no point on the thing.

        Raises as `in_boxes` does.
        """
        mask, _ = self._union(proxy, [(box, points)])
        return mask

    def best_at(self, proxy: Float32, point: Point) -> tuple[Float32, float]:
        """The mask (H×W, 0–1) that SAM thinks best for one point, and what IoU it expects of it.

        proxy: H×W×3, RGB, 0–1. Raises as `in_boxes` does.
        """
        return self._union(proxy, [(None, [point])])

    def _union(self, proxy: Float32, shown: Sequence[_Shown]) -> tuple[Float32, float]:
        """The best masks for each of what is shown, together, and the best quality of any."""

        def answer(_side: int) -> tuple[Float32, float]:
            with self._pool.using(self._name, self._load) as sam, torch.inference_mode():
                frame = Frame(proxy.shape[0], proxy.shape[1], sam.side)
                embedding = self._embedding(sam, frame, proxy)
                asked = ([self._prompt(frame, step) for step in _steps(each)] for each in shown)
                # One after the other: all at once would take the memory of as many pictures.
                answers = (_best(sam, frame, embedding, prompts) for prompts in asked)
                mask, quality = functools.reduce(_both, answers)
                return mask.sigmoid().cpu().numpy(), float(quality)

        # It has one size only, but is tried twice: then with the device to itself.
        side = max(proxy.shape[:2])
        answered, _ = smaller_until_it_fits(
            self._pool, [side, side], answer, "the mask of what is shown"
        )
        return answered

    def _load(self) -> HubSam | MetaSam:
        return load_sam(self._folder)

    def _embedding(self, sam: Sam, frame: Frame, proxy: Float32) -> Tensor:
        pixels = np.ascontiguousarray(proxy)
        content = hashlib.blake2b(repr(pixels.shape).encode())
        content.update(pixels.data)
        key = content.digest()
        device = self._pool.compute.device
        if key not in self._embeddings:
            self._embeddings[key] = sam.encode(frame.pixels(pixels).to(device)).cpu()
            if len(self._embeddings) > KEPT:
                self._embeddings.popitem(last=False)
        self._embeddings.move_to_end(key)
        return self._embeddings[key].to(device)

    def _prompt(self, frame: Frame, shown: _Shown) -> Prompt:
        device = self._pool.compute.device
        box, points = shown
        edges = coordinates = labels = None
        if box is not None:
            corners = torch.tensor(box, dtype=torch.float32).reshape(2, 2)
            edges = frame.places(corners).reshape(1, 4).to(device)
        if points:
            places = torch.tensor([(point.x, point.y) for point in points], dtype=torch.float32)
            coordinates = frame.places(places)[None].to(device)  # [1, N, 2]
            labels = torch.tensor([[int(point.inside) for point in points]], device=device)
        alone = len(points) == 1 and box is None
        return Prompt(edges, coordinates, labels, several=alone)


def _steps(shown: _Shown) -> list[_Shown]:
    """What is said step by step, in its order: each click beside those before it.

    Without a box the first has to be on the thing: what is beside it shows none.
    """
    box, points = shown
    if not 1 < len(points) <= MOST_CLICKS:
        return [shown]
    said = list(points)
    first = next((number for number, point in enumerate(said) if point.inside), 0)
    if box is None:
        said.insert(0, said.pop(first))
    return [(box, said[: count + 1]) for count in range(len(said))]


def _best(
    sam: Sam, frame: Frame, embedding: Tensor, prompts: Sequence[Prompt]
) -> tuple[Tensor, Tensor]:
    """Logits of the best mask for the last prompt, [H, W], and its quality.

    Each prompt is told the best mask for the one before it.
    """
    masks, qualities = sam.decode(embedding, prompts[0])
    for prompt in prompts[1:]:
        earlier = masks[qualities.argmax()][None, None]  # [1, 1, m, m]
        masks, qualities = sam.decode(embedding, replace(prompt, mask=earlier))
    return frame.upscaled(masks[qualities.argmax()]), qualities.max()


def _both(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return torch.maximum(one[0], other[0]), torch.maximum(one[1], other[1])


def load_sam(folder: Path) -> HubSam | MetaSam:
    """Load the SAM that lies in a folder, transformers' where there are both.

    Raises ModelError when there is none, more than one of Meta's, or it is not whole.
    """
    if (folder / CONFIG).exists():
        return load_hub_sam(folder)
    files = sorted(folder.glob("*.pth"))
    if len(files) != 1:
        named = ", ".join(file.name for file in files) or "none"
        raise unusable(
            folder, f"there has to be {CONFIG}, or one .pth file and no other (there are: {named})"
        )
    return load_meta_sam(files[0])
