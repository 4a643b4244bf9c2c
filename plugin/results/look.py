"""Fetches a result to be looked at; it is not taken for one that somebody has."""

from typing import Callable, List, Optional

from krita import Document

from layerpeel.plugin.backend.client import Client
from layerpeel.plugin.backend.http_calls import Problem
from layerpeel.plugin.canvas import CanvasError
from layerpeel.plugin.canvas.placement import Placement
from layerpeel.plugin.qt import QByteArray
from layerpeel.plugin.results.shown_result import ShownResult, shown_result
from layerpeel.plugin.turns import run_in_turns
from layerpeel.shared.protocol import ProtocolError


def fetch_look(
    client: Client,
    job: str,
    placement: Placement,
    document: Optional[Document],
    done: Callable[[ShownResult], None],
    failed: Callable[[Problem], None],
) -> None:
    """Fetch a job's result and its original, and make images of them.

    document: any that is open; some results need one.
    """
    original: List[QByteArray] = []

    def fetch(_problem: Optional[Problem] = None) -> None:
        # Of some results there is no original: then none is compared with.
        client.look(job, show, failed)

    def keep(data: QByteArray) -> None:
        original.append(data)
        fetch()

    def show(message: QByteArray) -> None:
        turns = shown_result(message, original[0] if original else None, placement, document)
        errors = (CanvasError, ProtocolError)
        run_in_turns(turns, done, lambda error: failed(Problem(str(error))), errors)

    client.original(job, keep, fetch)
