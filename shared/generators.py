"""Messages between plugin and backend about generators: installed, downloadable, found elsewhere.

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

    name: for `Painting.style`. title: for people.
    missing: one line for people about what it lacks; empty when it can be used.
    needs: `Download.model` of the downloads that would make it usable; empty if there are none.
    guides: kinds of guide that it can follow.
    """

    name: str
    title: str
    missing: str
    needs: Tuple[str, ...]
    guides: Tuple[GuideKind, ...]


@dataclass(frozen=True)
class Download:
    """A model that can be downloaded, with all that an artist should know before.

    bytes: approximate size of the download.
    memory: approximate bytes of main memory for its weights on a machine with a GPU, twice that
        without one; 0 for a download without weights.
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
    """A folder in which another program keeps models. It exists, but was not looked into."""

    program: str
    path: str


@dataclass(frozen=True)
class Generators:
    """Styles, available downloads, and folders that may hold more.

    pulling: the model that is being downloaded now; empty when none is.
    """

    styles: Tuple[StyleInfo, ...]
    downloads: Tuple[Download, ...]
    folders: Tuple[ProgramFolder, ...]
    pulling: str


@dataclass(frozen=True)
class LookInto:
    """The artist's permission to look into these folders (absolute paths) and no others."""

    folders: Tuple[str, ...]


class FoundKind(str, Enum):
    """The kind of a model file of another program."""

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
    """The files found in the folders that were looked into.

    notes: lines for people: which folders could not be read, or that there was too much to look at.
    """

    files: Tuple[FoundFile, ...]
    notes: Tuple[str, ...]


@dataclass(frozen=True)
class UseFile:
    """Make a style of a file that was found. The file stays where it is."""

    path: str


@dataclass(frozen=True)
class PullModel:
    """The artist's consent to download this model (`Download.model`)."""

    model: str


@dataclass(frozen=True)
class PullSummary:
    """State of the latest download. message: why it failed; else empty."""

    model: str
    state: JobState
    message: str
