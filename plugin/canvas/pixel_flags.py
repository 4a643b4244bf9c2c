"""Flags of pixels, one byte for each, 255 or 0, and what is done with them by long numbers.

A long number does in milliseconds what a loop over pixels takes seconds for, and Krita's Python has
no numpy.
"""

from typing import Union


def number_of(data: Union[bytes, bytearray]) -> int:
    """Return the bytes as one number, to be combined with others bit by bit."""
    return int.from_bytes(data, "little")


def where_different(one: bytes, other: bytes, size: int) -> int:
    """Return as a number the flags of where two equally long rows of pixels differ.

    size: bytes of a pixel.
    """
    bits = (number_of(one) ^ number_of(other)).to_bytes(len(one), "little")
    different = 0
    for index in range(size):
        different |= number_of(bits[index::size].translate(_ANY))
    return different


def chosen(where: int, one: bytes, other: bytes, size: int) -> bytes:
    """Take pixels of `one` where flagged, and of `other` elsewhere. size: bytes of a pixel."""
    flags = where.to_bytes(len(one) // size, "little")
    mask = bytearray(len(one))
    for index in range(size):
        mask[index::size] = flags
    second = number_of(other)
    picked = ((number_of(one) ^ second) & number_of(mask)) ^ second
    return picked.to_bytes(len(one), "little")


_ANY = b"\0" + b"\xff" * 255
