"""How a call is refused: with a status code and one line for people."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from layerpeel.backend.child_process import NotStartedError
from layerpeel.backend.errors import (
    BadInputError,
    LayerpeelError,
    ModelError,
    NothingFoundError,
    OutputError,
    one_line,
)
from layerpeel.shared.jobs import Refusal
from layerpeel.shared.places import log_file
from layerpeel.shared.wire import to_text

_WORDS = {
    404: "There is nothing at {path}. Update whichever of plugin and backend is older.",
    405: "{path} cannot be called with {method}. Update whichever of plugin and backend is older.",
}

_STATUS = {
    BadInputError: 400,
    NothingFoundError: 422,
    ModelError: 424,
    NotStartedError: 503,
    OutputError: 507,
}
"""Status codes of errors of our own; of any other it is 500."""


class Refused(Exception):  # noqa: N818  (it is the caller who errs)
    """The call is not carried out. message: one line for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> Response:
        """Return the answer to the call."""
        return as_json(to_text(Refusal(one_line(self.message))), self.status)


def unknown_job() -> Refused:
    """Tell that there is no such job, or no more."""
    return Refused(
        404, "The backend does not know this job, or has forgotten it. Press Peel again."
    )


def as_json(text: str, status: int = 200) -> Response:
    """Answer with a message that is already JSON, not to be cached."""
    return Response(text, status, {"Cache-Control": "no-store"}, "application/json")


async def answer_refused(_request: Request, error: Exception) -> Response:
    """Answer a call that was refused."""
    if not isinstance(error, Refused):
        raise TypeError(error)
    return error.response()


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer a call to a path or with a method that does not exist."""
    if not isinstance(error, HTTPException):
        raise TypeError(error)
    words = _WORDS.get(error.status_code, error.detail)
    message = words.format(path=request.scope["path"], method=request.method)
    return Refused(error.status_code, message).response()


async def answer_own_error(_request: Request, error: Exception) -> Response:
    """Answer a call that met an error of our own."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return Refused(status, str(error)).response()


async def answer_unforeseen(_request: Request, error: Exception) -> Response:
    """Answer a call that met an unexpected error; its traceback goes into the log."""
    name = type(error).__name__
    message = f"The backend met an unexpected error ({name}): see {log_file()}."
    return Refused(500, message).response()


HANDLERS = {
    Refused: answer_refused,
    HTTPException: answer_http_error,
    LayerpeelError: answer_own_error,
    Exception: answer_unforeseen,
}
