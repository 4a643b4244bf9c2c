"""What plugin and backend say to each other about generators: those here, and those to be got.

Nothing is downloaded, and no file of another program is opened, before a message here asks for it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Tuple

from layerpeel.shared.jobs import JobState
from layerpeel.shared.scenes import GuideKind


@dataclass(frozen=True)
class StyleInfo:
    """A style that a scene can be painted in.

    name: what `Painting.style` takes. title: for people.
    missing: one line for people about what it lacks; empty when it can be used.
    needs: `Download.model` of what would be pulled to make it usable; empty when nothing would.
    guides: what a picture may be that guides it.
    """

    name: str
    title: str
    missing: str
    needs: Tuple[str, ...]
    guides: Tuple[GuideKind, ...]


@dataclass(frozen=True)
class Download:
    """A model that can be pulled, with all that an artist should know before.

    bytes: how much is downloaded, about.
    memory: bytes of main memory that its weights take up, about, on a machine with a GPU, and twice
        that without one; 0 for what holds no weights.
    licence, trained_on, source: for people.
    """

    model: str
    title: str
    bytes: int
    memory: int
    licence: str
    trained_on: str
    source: str


@dataclass(frozen=True)
class ProgramFolder:
    """A folder in which another program keeps models. That it exists is all that is known."""

    program: str
    path: str


@dataclass(frozen=True)
class Generators:
    """What there is to paint with, what could be pulled, and where more may lie.

    pulling: the model that is being pulled now; empty when none is.
    """

    styles: Tuple[StyleInfo, ...]
    downloads: Tuple[Download, ...]
    folders: Tuple[ProgramFolder, ...]
    pulling: str


@dataclass(frozen=True)
class LookInto:
    """The artist allows to look into these folders, absolute paths, and into no others."""

    folders: Tuple[str, ...]


class FoundKind(str, Enum):
    """What a file of another program is."""

    CHECKPOINT = "checkpoint"
    INPAINTING = "inpainting"
    LORA = "lora"
    CONTROLNET = "controlnet"
    OTHER = "other"


@dataclass(frozen=True)
class FoundFile:
    """A file of weights.

    why_not: one line for people about why it cannot be used; empty when it can (`UseFile`).
    """

    path: str
    kind: FoundKind
    bytes: int
    why_not: str


@dataclass(frozen=True)
class FoundFiles:
    """What lies in the folders that were looked into.

    notes: for people: which folders could not be read, or that there was more than was looked at.
    """

    files: Tuple[FoundFile, ...]
    notes: Tuple[str, ...]


@dataclass(frozen=True)
class UseFile:
    """Make a file that was found a style, where it lies. Nothing is copied."""

    path: str


@dataclass(frozen=True)
class PullModel:
    """The artist wants this model (`Download.model`) pulled: this is the consent."""

    model: str


@dataclass(frozen=True)
class PullSummary:
    """How it stands with the pull that was asked for last. message: why it failed; else empty."""

    model: str
    state: JobState
    message: str
