"""Running a small network (ONNX) over a picture of any size, where its answer is wanted."""

import itertools
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from layerpeel.backend.image import Bool, Float32
from layerpeel.backend.progress import ReportFraction, say_no_fraction
from layerpeel.backend.stages.session_options import lean_options
from layerpeel.backend.tile_spans import tile_spans

INPUT, OUTPUT = "planes", "answer"
FACTS_INPUT = "facts"
REACH, STRIDE = "reach", "stride"
"""Names within the files; the last two are of their metadata (`training.export`)."""

# Pixels to a side that a network sees at once. Of 13 planes that is some 300 MB while it works.
SIDE = 1024


def answer_of(
    name: str, planes: Float32, wanted: Bool, report: ReportFraction = say_no_fraction
) -> Float32:
    """Run the network `name` on planes (C×H×W): outputs×H×W, 0 where nothing is wanted.

    wanted: H×W. What is answered does not depend on what else is wanted, up to rounding.
    Raises whatever `report` raises to cancel.
    """
    session = session_of(name)
    about = session.get_modelmeta().custom_metadata_map
    reach, stride = int(about[REACH]), int(about[STRIDE])
    height, width = planes.shape[1:]
    outputs = session.get_outputs()[0].shape[1]
    answer = np.zeros((outputs, height, width), np.float32)
    rows, columns = (tile_spans(extent, reach, stride, SIDE) for extent in (height, width))
    tiles = [
        (row, column)
        for row, column in itertools.product(rows, columns)
        if wanted[row.begin : row.end, column.begin : column.end].any()
    ]
    for number, (row, column) in enumerate(tiles, 1):
        seen = planes[:, row.seen_begin : row.seen_end, column.seen_begin : column.seen_end]
        tile = _answered(session, seen, stride)
        top, left = row.begin - row.seen_begin, column.begin - column.seen_begin
        answer[:, row.begin : row.end, column.begin : column.end] = tile[
            :, top : top + row.end - row.begin, left : left + column.end - column.begin
        ]
        report(number / len(tiles))
    return answer


def _answered(session: onnxruntime.InferenceSession, planes: Float32, stride: int) -> Float32:
    """Answer C×h×w; the last row and column are repeated up to a multiple of the stride."""
    height, width = planes.shape[1:]
    beyond = ((0, 0), (0, -height % stride), (0, -width % stride))
    padded = np.ascontiguousarray(np.pad(planes, beyond, mode="edge")[None])  # [1, C, h, w]
    (answer,) = session.run([OUTPUT], {INPUT: padded})
    return np.asarray(answer[0, :, :height, :width], np.float32)


@lru_cache
def session_of(name: str) -> onnxruntime.InferenceSession:
    """Load the network of that name, and keep it."""
    file = Path(__file__).parent / f"{name}.onnx"
    return onnxruntime.InferenceSession(
        str(file), lean_options(), providers=["CPUExecutionProvider"]
    )
