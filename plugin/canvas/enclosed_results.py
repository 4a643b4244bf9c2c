"""Results that a document carries along, so that they are there wherever its .kra is opened.

They are annotations: saved with the document, no part of its layers, and no step of undo. What is
in them only the backend reads, and checks: the document may be a stranger's.
"""

import re
from typing import Callable, Dict

from krita import Document

from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.texts import i18n, number_text

_SWITCH = "layerpeel/keeps-results"
_RESULT = "layerpeel/result/"
_JOB = re.compile(r"[0-9a-f]{32}")

MOST_BYTES = 128 << 20
"""Of all results in one document: Krita takes some 60 ms for a megabyte whenever it saves."""

MEGABYTE = 1_000_000  # as file managers count


def keeps_results(document: Document) -> bool:
    """Whether the document is to carry its results along."""
    return _SWITCH in document.annotationTypes()


def start_keeping(document: Document) -> None:
    """Let the document carry its results along from now on."""
    document.setAnnotation(_SWITCH, "Layerpeel: its results are kept here", QByteArray(b"yes"))


def stop_keeping(document: Document, is_elsewhere: Callable[[str], bool]) -> int:
    """Let it carry no more results, and remove those that are elsewhere too; return how many stay.

    is_elsewhere: whether the backend has the result of a job. No undo brings one back.
    """
    document.removeAnnotation(_SWITCH)
    for job in filter(is_elsewhere, enclosed_in(document)):
        take_out(document, job)
    return len(enclosed_in(document))


def is_of_job(name: str) -> bool:
    """Whether a result in a document is named as jobs are: a stranger's may have any name."""
    return _JOB.fullmatch(name) is not None


def enclosed_in(document: Document) -> Dict[str, int]:
    """Return how many bytes each result in the document takes, by the id of its job."""
    return {
        kind[len(_RESULT) :]: document.annotation(kind).size()
        for kind in document.annotationTypes()
        if kind.startswith(_RESULT)
    }


def enclosed_result(document: Document, job: str) -> QByteArray:
    """Return one of these results, packed."""
    return document.annotation(_RESULT + job)


def enclose(document: Document, job: str, title: str, packed: QByteArray) -> None:
    """Let the document carry a result along. Krita takes it for modified then.

    Raises CanvasError where it would carry too much.
    """
    others = sum(size for each, size in enclosed_in(document).items() if each != job)
    if others + packed.size() > MOST_BYTES:
        raise CanvasError(
            i18n(
                "“{title}” ({size} MB) is not kept in the .kra: with it there would be more than "
                "{most} MB. Discard others first."
            ).format(title=title, size=megabytes(packed.size()), most=int(MOST_BYTES / MEGABYTE))
        )
    document.setAnnotation(_RESULT + job, "Layerpeel: a result", packed)


def take_out(document: Document, job: str) -> bool:
    """Let the document carry a result no longer; return whether it did."""
    did = _RESULT + job in document.annotationTypes()
    if did:
        document.removeAnnotation(_RESULT + job)
    return did


def megabytes(size: int) -> str:
    """Return a number of bytes in megabytes, for people."""
    return number_text(size / MEGABYTE) if size < 10 * MEGABYTE else f"{size / MEGABYTE:.0f}"
