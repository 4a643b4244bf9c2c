"""More outputs of an ONNX file than its maker has named.

Two protocol buffers of one kind, written one after the other, are read as one: lists are appended,
and messages within merged (protobuf.dev, Encoding, "Last One Wins"). So a few bytes behind a file
name further outputs of its graph, and nothing of the file itself is touched.
"""

from collections.abc import Sequence

# Fields by number: the graph in a model, an output in a graph, the name in an output (onnx.proto).
_GRAPH, _OUTPUT, _NAME = 7, 12, 1
_WITH_LENGTH = 2


def with_outputs(model: bytes, names: Sequence[str]) -> bytes:
    """Let a model also give out values that its graph computes on the way, by their names.

    Whoever loads it is told if a graph has no such value.
    """
    outputs = (_field(_OUTPUT, _field(_NAME, name.encode())) for name in names)
    return model + _field(_GRAPH, b"".join(outputs))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _WITH_LENGTH) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the eighth set."""
    written = bytearray()
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
