"""Layers and pixels read from Krita."""

import base64
from dataclasses import dataclass

import numpy as np

DTYPE = {"U8": np.uint8, "U16": np.uint16, "F16": np.float16, "F32": np.float32}


@dataclass(frozen=True)
class KritaLayer:
    """A layer or mask of the open document.

    type: Krita's, such as "paintlayer" or "grouplayer". bounds: left, top, width, height.
    children: bottom to top.
    """

    name: str
    id: str
    type: str
    opacity: int
    blending_mode: str
    visible: bool
    bounds: tuple[int, int, int, int]
    children: tuple["KritaLayer", ...]


def layer_from(told):
    """Make a KritaLayer, with its children, of what the driver returned."""
    return KritaLayer(
        **{
            **told,
            "bounds": tuple(told["bounds"]),
            "children": tuple(layer_from(child) for child in told["children"]),
        }
    )


def pixels_from(told):
    """Make H×W×channels in the document's depth of what the driver returned; R, G, B, A."""
    raw = np.frombuffer(base64.b64decode(told["data"]), DTYPE[told["depth"]])
    pixels = raw.reshape(told["height"], told["width"], -1)
    is_bgra = told["model"] == "RGBA" and told["depth"].startswith("U")
    return pixels[..., [2, 1, 0, 3]] if is_bgra else pixels.copy()
