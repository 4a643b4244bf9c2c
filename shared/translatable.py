"""Marks texts that the docker translates where it shows them, and not where they are written."""

from typing import NewType

Translatable = NewType("Translatable", str)
"""An English text that has a translation. Written as `Translatable("…")`, it is found for it."""
