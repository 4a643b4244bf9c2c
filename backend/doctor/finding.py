"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    about: in a word or two. found: in one line. cure: what to do about it; empty when all is well.
    """

    about: str
    found: str
    cure: str = ""
