"""The protocol's pictures as numpy arrays, and back.

Inside the backend a pixel is float32, straight alpha, H×W×C, RGB order. `Image` is what the stages
work on; arrays in the document's own type (uint8, uint16, float16, float32) are what goes out.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from layerpeel.shared.protocol import ChannelOrder, ColourModel, Depth, PixelBlock

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Slices = tuple[slice, slice]
"""Rows and columns of a part."""
DocumentArray = npt.NDArray[np.uint8 | np.uint16 | np.float16 | np.float32]

DTYPE_OF_DEPTH: dict[Depth, np.dtype[np.uint8 | np.uint16 | np.float16 | np.float32]] = {
    Depth.U8: np.dtype("u1"),
    Depth.U16: np.dtype("<u2"),
    Depth.F16: np.dtype("<f2"),
    Depth.F32: np.dtype("<f4"),
}
DEPTH_OF_DTYPE = {dtype: depth for depth, dtype in DTYPE_OF_DEPTH.items()}
FULL_SCALE = {Depth.U8: 255.0, Depth.U16: 65535.0, Depth.F16: 1.0, Depth.F32: 1.0}


@dataclass(frozen=True)
class Image:
    """A picture as the stages see it.

    values: H×W×C, C = 3 (RGB) or 1 (grey), the document's own values; integers scaled to 0–1,
        floats as they are, possibly below 0 or above 1.
    alpha: H×W, 0–1, the picture's own transparency.
    proxy: H×W×3, RGB, display-referred sRGB in 0–1: what networks see.
    depth: the document's depth, to which results are rounded in the end.
    icc_profile: what the values mean; empty for sRGB.
    cut_from: the picture that this is a part of, and which rows and columns; None for a whole one.
    """

    values: Float32
    alpha: Float32
    proxy: Float32
    depth: Depth
    icc_profile: bytes = b""
    cut_from: "tuple[Image, Slices] | None" = None

    def part(self, slices: Slices) -> "Image":
        """A part of this whole picture, by rows and columns; its arrays are views."""
        return replace(
            self,
            values=self.values[slices],
            alpha=self.alpha[slices],
            proxy=self.proxy[slices],
            cut_from=(self, slices),
        )

    @property
    def side(self) -> float:
        """Of a square as large as the whole picture, in pixels."""
        whole = self if self.cut_from is None else self.cut_from[0]
        return float(np.sqrt(whole.shape[0] * whole.shape[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Height, width."""
        return self.values.shape[0], self.values.shape[1]


def array_of(block: PixelBlock) -> DocumentArray:
    """Return a block as H×W×channels of the document's type, RGB or grey, alpha last.

    A read-only view; a copy where the block keeps its channels in another order.
    """
    array = np.frombuffer(block.data, DTYPE_OF_DEPTH[block.depth])
    array = array.reshape(block.height, block.width, block.model.channels)
    return array if _is_in_order(block.model, block.order) else _red_and_blue_swapped(array)


def block_of(array: DocumentArray, order: ChannelOrder = ChannelOrder.RGBA) -> PixelBlock:
    """Pack H×W×2 (grey, alpha) or H×W×4 (RGB, alpha) of a document's type, coloured in `order`.

    Raises ValueError for another shape, KeyError for another type.
    """
    height, width, channels = array.shape
    model = {2: ColourModel.GRAYA, 4: ColourModel.RGBA}.get(channels)
    if model is None:
        raise ValueError(f"{channels} channels: expected 2 (grey, alpha) or 4 (RGB, alpha).")
    depth = DEPTH_OF_DTYPE[array.dtype.newbyteorder("<")]
    if not _is_in_order(model, order):
        array = _red_and_blue_swapped(array)
    data = array.astype(DTYPE_OF_DEPTH[depth], copy=False).tobytes()
    return PixelBlock(width, height, model, depth, data, order)


def _is_in_order(model: ColourModel, order: ChannelOrder) -> bool:
    return model is ColourModel.GRAYA or order is ChannelOrder.RGBA


def _red_and_blue_swapped(array: DocumentArray) -> DocumentArray:
    # Not by an index, which would lay out each channel as a plane of its own: slow to read.
    return np.take(array, [2, 1, 0, 3], axis=-1)


def to_float(array: DocumentArray) -> Float32:
    """Scale a document's integers to 0–1 and leave floats as they are."""
    depth = DEPTH_OF_DTYPE[array.dtype.newbyteorder("<")]
    scaled: Float32 = array.astype(np.float32)
    if not depth.is_float:
        scaled /= np.float32(FULL_SCALE[depth])
    return scaled


def from_float(array: Float32, depth: Depth) -> DocumentArray:
    """Round (half up) to the document's type. Integers are clipped to 0–1 first, floats are not."""
    if depth.is_float:
        return array.astype(DTYPE_OF_DEPTH[depth])
    scale = FULL_SCALE[depth]
    rounded = np.floor(np.clip(array, 0, 1).astype(np.float64) * scale + 0.5)
    return rounded.astype(DTYPE_OF_DEPTH[depth])
