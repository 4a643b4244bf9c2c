"""A finished result as it travels within a document, from one machine to another."""

from dataclasses import dataclass, field
from typing import Optional, Tuple

from layerpeel.shared.jobs import JobSummary
from layerpeel.shared.thumbnails import Thumbnails


@dataclass(frozen=True)
class EnclosedResult:
    """All that a backend keeps of a result. Whoever reads one has it from a file of anybody's.

    notes: as in `Finished`. stack: a packed `LayerStack`, compressed by zlib.
    thumbnails: None where there are none. original: what it was made of, small, a JPEG or PNG;
        empty where there is none.
    """

    job: JobSummary
    notes: Tuple[str, ...]
    stack: bytes = field(repr=False)
    thumbnails: Optional[Thumbnails] = None
    original: bytes = field(default=b"", repr=False)
