"""A call that the server answers, said once: its route and its description are both made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Form(Enum):
    """How a message is written (`layerpeel.shared.wire`). PICTURE: it is an image, and no message.

    HANDED_OVER: packed, as the body or in a file of `incoming_folder`, which a header names.
    """

    TEXT = "text"
    PACKED = "packed"
    HANDED_OVER = "handed over"
    EVENTS = "events"
    PICTURE = "picture"


@dataclass(frozen=True)
class Content:
    """The body of a call or of its answer.

    kind: the dataclass or Union of the message; None where there is none, as in heartbeats.
    """

    kind: Any
    form: Form = Form.TEXT


@dataclass(frozen=True)
class Call:
    """One call.

    path: as Starlette writes it, such as /jobs/{id}. answer: carries it out; its docstring is what
    the description says. status: of an answer that is no refusal; gives: its body.
    """

    method: str
    path: str
    answer: Callable[[Request], Awaitable[Response]]
    takes: Content | None = None
    gives: Content | None = None
    status: int = 200

    def route(self) -> Route:
        """Return the route by which Starlette finds it."""
        return Route(self.path, self.answer, methods=[self.method])
