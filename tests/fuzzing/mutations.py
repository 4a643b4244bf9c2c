"""Bytes that are nearly what a reader takes, drawn by Hypothesis."""

from collections.abc import Sequence

from hypothesis import strategies as st

ODD = (
    b"\x00",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"-1",
    b"1e999",
    b'"',
    b"[" * 999,
)
MOST_EDITS = 6


@st.composite
def nearly(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw one of `seeds`, changed in a few places: overwritten, put in, left out, or cut."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, MOST_EDITS))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 8))
        piece = draw(st.sampled_from(ODD) | st.binary(max_size=8))
        match draw(st.sampled_from(["overwrite", "put in", "leave out", "cut"])):
            case "overwrite":
                data = data[:at] + piece + data[at + len(piece) :]
            case "put in":
                data = data[:at] + piece + data[at:]
            case "leave out":
                data = data[:at] + data[at + length :]
            case _:
                data = data[:at]
    return data
