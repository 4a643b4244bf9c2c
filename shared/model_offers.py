"""Messages between plugin and backend about models that a person may add, or remove again."""

from dataclasses import dataclass
from enum import Enum
from typing import Tuple

from layerpeel.shared.generators import Download


class Presence(str, Enum):
    """Whether a model is there.

    PARTLY: a download of it has stopped. OWN: weights of the person's own, which only they remove.
    """

    MISSING = "missing"
    PARTLY = "partly"
    INSTALLED = "installed"
    DAMAGED = "damaged"
    OWN = "own"


@dataclass(frozen=True)
class ModelOffer:
    """A model, and all that is to be known before it is downloaded.

    lacks: one line for people about what else it takes to be used; empty when that is there.
    """

    download: Download
    presence: Presence
    lacks: str


@dataclass(frozen=True)
class ModelOffers:
    """All of these models. pulling: the one that is being downloaded now; empty when none is."""

    offers: Tuple[ModelOffer, ...]
    pulling: str
