"""What the server and its pointing process send each other."""

from dataclasses import dataclass
from pathlib import Path

from layerpeel.backend.errors import LayerpeelError
from layerpeel.shared.pointing import Outlined, ThingsFound, WhatIsAt, WhatThings

Question = WhatIsAt | WhatThings
Answer = Outlined | ThingsFound


@dataclass(frozen=True)
class LookOrder:
    """Look at the packed `Picture` in a file before anybody asks about it."""

    picture: Path


@dataclass(frozen=True)
class AskOrder:
    """Answer a question about the packed `Picture` in a file. number: tells questions apart."""

    number: int
    picture: Path
    question: Question


@dataclass(frozen=True)
class DropOrder:
    """Leave a question, which nobody waits for any more."""

    number: int


@dataclass(frozen=True)
class Answered:
    """The answer to a question, or why there is none."""

    number: int
    answer: Answer | LayerpeelError


@dataclass(frozen=True)
class Unforeseen:
    """A question met an unexpected exception; the process goes on. kind: the exception's name."""

    number: int
    kind: str
    traceback: str


PointingOrder = LookOrder | AskOrder | DropOrder
PointingReport = Answered | Unforeseen
