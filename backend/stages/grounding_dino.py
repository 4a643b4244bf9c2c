"""Boxes round what words name, by GroundingDINO through transformers.

Liu et al., "Grounding DINO", ECCV 2024; used as MatteAnything does: short side 800, long side at
most 1333 (as the processor's own file says), box and text threshold 0.25.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import GroundingDinoForObjectDetection, GroundingDinoProcessor
from transformers.image_transforms import get_size_with_aspect_ratio

from layerpeel.backend.devices.pool import NetworkPool, smaller_until_it_fits
from layerpeel.backend.errors import BadInputError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.hub_folder import load_network, load_processor, unusable

NAME = "GroundingDINO"
BOX_THRESHOLD = 0.25
TEXT_THRESHOLD = 0.25

# The network itself knows by these numbers what parts the words it is given.
DELIMITERS = {"[CLS]": 101, "[SEP]": 102, ".": 1012, "?": 1029}

# What parts one phrase from the next, also on the keyboards of other scripts.
_BETWEEN_PHRASES = re.compile(r"[.,;?\n。，、；？]+")


@dataclass(frozen=True)
class Detection:
    """A thing that was found: its box in pixels, the phrase that names it, and how surely (0–1)."""

    left: float
    top: float
    right: float
    bottom: float
    phrase: str
    score: float


def phrases_of(text: str) -> tuple[str, ...]:
    """Take what a person wrote apart: “a cat. a dog” and “cat, dog” are two phrases each."""
    parts = (" ".join(part.split()) for part in _BETWEEN_PHRASES.split(text))
    return tuple({part.lower(): part for part in parts if part}.values())


class GroundingDinoDetector:
    """Finds things by words. The network is loaded at the first call.

    folder: the model as transformers keeps it.
    """

    def __init__(self, folder: Path, pool: NetworkPool) -> None:
        self._folder = folder
        self._pool = pool
        self._name = f"{NAME} ({folder})"

    def find(
        self,
        proxy: Float32,
        text: str,
        box_threshold: float = BOX_THRESHOLD,
        text_threshold: float = TEXT_THRESHOLD,
    ) -> list[Detection]:
        """Find everything in H×W×3 (RGB, 0–1) that one of the phrases in `text` names.

        box_threshold: how sure the network has to be of a box. text_threshold: how sure that one of
        a phrase's own words names it. Surest first; boxes lie within the picture.

        Raises BadInputError when there are no words, more than the network takes, or none that it
        knows; ModelError when the model is not whole; DeviceError when memory does not suffice.
        """
        phrases = phrases_of(text)
        if not phrases:
            raise BadInputError("The words name nothing: say what is to be found.")
        pixels = self._pixels(proxy)
        device = self._pool.compute.device

        def answer(_side: int) -> tuple[Tensor, Tensor, Tensor]:
            with self._pool.using(self._name, self._load) as network, torch.inference_mode():
                tokens, words = self._read(phrases, network.config.max_text_len)
                inputs = {**pixels, **tokens}
                found = network(**{name: each.to(device) for name, each in inputs.items()})
                return found.logits[0].sigmoid().cpu(), found.pred_boxes[0].cpu(), words

        # It has one size only, but is tried twice: then with the device to itself.
        side = max(pixels["pixel_values"].shape[-2:])
        (likeness, boxes, words), _ = smaller_until_it_fits(
            self._pool, [side, side], answer, "looking for what the words name"
        )
        by_phrase = likeness[:, None, : words.shape[1]] * words  # [queries, phrases, tokens]
        best, which = by_phrase.amax(dim=-1).max(dim=-1)  # [queries] each
        scores = likeness.amax(dim=-1)
        kept = (scores > box_threshold) & (best > text_threshold)
        named = [phrases[place] for place in which[kept].tolist()]
        return _detections(boxes[kept], scores[kept], named, (proxy.shape[0], proxy.shape[1]))

    def _pixels(self, proxy: Float32) -> dict[str, Tensor]:
        """The picture as the network sees it: [1, 3, h, w], and a mask [1, h, w] of what is it."""
        prepare = self._processor.image_processor
        shape = get_size_with_aspect_ratio(
            proxy.shape[:2], prepare.size["shortest_edge"], prepare.size["longest_edge"]
        )
        # Of a picture that is very long and thin that would leave no pixel of its short side.
        height, width = (max(1, side) for side in shape)
        planes = torch.from_numpy(np.ascontiguousarray(proxy)).permute(2, 0, 1)
        return dict(
            prepare(
                planes,
                size={"height": height, "width": width},
                do_rescale=False,
                input_data_format="channels_first",
                return_tensors="pt",
            )
        )

    def _read(self, phrases: Sequence[str], most: int) -> tuple[dict[str, Tensor], Tensor]:
        """Turn phrases into tokens, [1, tokens] each, and say whose each is: [phrases, tokens]."""
        caption, spans = "", []
        for phrase in phrases:
            start = len(caption)
            caption += phrase.lower()
            spans.append((start, len(caption)))
            caption += ". "
        tokenizer = self._processor.tokenizer
        tokens = tokenizer(
            caption.strip(),
            return_tensors="pt",
            return_token_type_ids=True,
            return_offsets_mapping=True,
            verbose=False,
        )
        starts, ends = tokens.pop("offset_mapping")[0].unbind(-1)
        count = len(starts)
        if count > most:
            # The last two are a full stop and the end of the text.
            fit = int(ends[most - 3])
            fitting = sum(word.end() <= fit for word in re.finditer(r"[^\s.]+", caption))
            raise BadInputError(
                f"There are more words than can be looked for at once: the first {fitting} fit. "
                "Name fewer things."
            )
        words = torch.stack(
            [(starts >= start) & (ends <= end) & (ends > starts) for start, end in spans]
        )
        known = words & (tokens["input_ids"] != tokenizer.unk_token_id)
        for phrase, its_own in zip(phrases, known, strict=True):
            if not its_own.any():
                raise BadInputError(
                    f"“{phrase}” is not among the words that can be looked for: say it in English."
                )
        return dict(tokens), words

    def _load(self) -> GroundingDinoForObjectDetection:
        return load_network(
            self._folder, "grounding-dino", GroundingDinoForObjectDetection.from_pretrained
        )

    @cached_property
    def _processor(self) -> GroundingDinoProcessor:
        processor = load_processor(self._folder, GroundingDinoProcessor.from_pretrained)
        # Without its file a tokenizer is made that knows no word at all.
        if processor.tokenizer.convert_tokens_to_ids(list(DELIMITERS)) != [*DELIMITERS.values()]:
            raise unusable(
                self._folder, "tokenizer.json is missing, or holds the words of another network"
            )
        if not {"shortest_edge", "longest_edge"} <= dict(processor.image_processor.size).keys():
            raise unusable(
                self._folder, "the file of its processor does not say how large a picture may be"
            )
        return processor


def _detections(
    boxes: Tensor, scores: Tensor, phrases: Sequence[str], shape: tuple[int, int]
) -> list[Detection]:
    """Put boxes [N, 4] (centre x, y, width, height, as shares of the picture) into pixels."""
    height, width = shape
    centres, sizes = boxes[:, :2], boxes[:, 2:]
    corners = torch.cat([centres - sizes / 2, centres + sizes / 2], dim=-1).clamp(0, 1)
    pixels = corners * torch.tensor([width, height, width, height])
    found = [
        Detection(left, top, right, bottom, phrase, score)
        for (left, top, right, bottom), phrase, score in zip(
            pixels.tolist(), phrases, scores.tolist(), strict=True
        )
        if left < right and top < bottom
    ]
    return sorted(found, key=lambda each: -each.score)
