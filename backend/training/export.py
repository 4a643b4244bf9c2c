"""A trained network as the ONNX file that `stages.small_networks` runs.

`python -m layerpeel.backend.training.export --run FOLDER --outputs 4 --out NAME.onnx`
`python -m layerpeel.backend.training.export --run FOLDER --scorer --out subject.onnx`
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import Tensor, nn

from layerpeel.backend.errors import LayerpeelError
from layerpeel.backend.formats.destination import new_file
from layerpeel.backend.networks.fact_scorer import FactScorer
from layerpeel.backend.networks.local_unet import LocalUNet
from layerpeel.backend.stages.small_networks.band_layers import OUTPUTS
from layerpeel.backend.stages.small_networks.running import (
    FACTS_INPUT,
    INPUT,
    OUTPUT,
    REACH,
    STRIDE,
)
from layerpeel.backend.training.matting_network import load_matting_network
from layerpeel.backend.training.scorer_task import load_fact_scorer
from layerpeel.backend.training.training_checkpoint import WEIGHTS


def main(words: list[str] | None = None) -> int:
    """Export, and return the exit code (README, “Exit codes”)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--outputs", type=int, default=OUTPUTS, help=f"channels ({OUTPUTS})")
    parser.add_argument(
        "--scorer",
        action="store_true",
        help="the run is of `train subject`, `train pointing` or `train things`",
    )
    parser.add_argument("--out", type=Path, required=True, help="NAME.onnx")
    given = parser.parse_args(words)
    try:
        if given.scorer:
            written = onnx_of_scorer(load_fact_scorer(given.run / WEIGHTS))
        else:
            network, _ = load_matting_network(given.run / WEIGHTS, given.outputs)
            written = onnx_of(network)
        with new_file(given.out, force=True) as file:
            file.write(written)
    except LayerpeelError as error:
        print(f"layerpeel: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def onnx_of(network: LocalUNet) -> bytes:
    """Write a network as ONNX for [1, inputs, h, w] of any multiples of its stride."""
    stride = network.shape.stride
    planes = torch.zeros(1, network.shape.inputs, 4 * stride, 6 * stride)
    rows, columns = torch.export.Dim("rows"), torch.export.Dim("columns")
    model = _exported(
        _Answering(network), {INPUT: planes}, ({2: stride * rows, 3: stride * columns},)
    )
    facts = {REACH: str(network.shape.reach), STRIDE: str(stride)}
    onnx.helper.set_model_props(model, facts)
    written: bytes = model.SerializeToString()
    return written


def onnx_of_scorer(scorer: FactScorer) -> bytes:
    """Write a network that scores by facts as ONNX, for any number of things to score."""
    facts = torch.zeros(3, scorer.shape.facts)
    model = _exported(scorer, {FACTS_INPUT: facts}, ({0: torch.export.Dim("things")},))
    written: bytes = model.SerializeToString()
    return written


def onnx_of_leftovers(scorer: FactScorer) -> bytes:
    """Write what finds leftovers as ONNX: facts of any number of pixels to a step for each."""
    facts = torch.zeros(3, scorer.shape.facts)
    model = _exported(_MeanStep(scorer), {FACTS_INPUT: facts}, ({0: torch.export.Dim("pixels")},))
    written: bytes = model.SerializeToString()
    return written


def _exported(
    network: nn.Module, inputs: dict[str, Tensor], dynamic_shapes: tuple[object, ...]
) -> onnx.ModelProto:
    """Export a network, with convolutions in half floats and nothing of this machine in it."""
    program = torch.onnx.export(
        network.eval(),
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=[OUTPUT],
        dynamic_shapes=dynamic_shapes,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise TypeError("torch.onnx.export returns a program where dynamo is asked for")
    model = program.model_proto
    _forget_sources(model.graph)
    _keep_in_half_floats(model.graph)
    return model


def _forget_sources(graph: onnx.GraphProto) -> None:
    """Drop what the exporter notes of where in which source file on this machine a node began."""
    for part in (graph, *graph.node, *graph.initializer, *graph.value_info):
        del part.metadata_props[:]
        part.doc_string = ""


def _keep_in_half_floats(graph: onnx.GraphProto) -> None:
    """Store the weights of convolutions in half the bytes; they become float32 when loaded.

    The answers hardly change (docs/decisions.md).
    """
    casts = []
    for weights in graph.initializer:
        if len(weights.dims) != 4:
            continue
        halves = onnx.numpy_helper.to_array(weights).astype(np.float16)
        name = weights.name
        weights.CopyFrom(onnx.numpy_helper.from_array(halves, f"{name}.half"))
        casts.append(
            onnx.helper.make_node("Cast", [weights.name], [name], to=onnx.TensorProto.FLOAT)
        )
    for place, cast in enumerate(casts):
        graph.node.insert(place, cast)


class _MeanStep(nn.Module):
    def __init__(self, scorer: FactScorer) -> None:
        super().__init__()
        self._scorer = scorer

    def forward(self, facts: Tensor) -> Tensor:
        return self._scorer.logits(facts).mean(dim=0)


class _Answering(nn.Module):
    def __init__(self, network: LocalUNet) -> None:
        super().__init__()
        self._network = network

    def forward(self, planes: Tensor) -> Tensor:
        return self._network.answer(planes)


if __name__ == "__main__":
    sys.exit(main())
