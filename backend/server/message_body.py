"""Reads what comes with a call when it is a small message in JSON."""

from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import LONGEST_HEADER, from_text

Message = TypeVar("Message")


async def read_message(kind: type[Message], request: Request) -> Message:
    """Read a message of the type `kind`. Raises `Refused` when it is too long or another one."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST_HEADER:
                raise Refused(413, "The call is longer than such a call can be: update the plugin.")
        message: Any = from_text(kind, bytes(body))
    except ClientDisconnect:
        raise Refused(400, "The call came only in part. Try again.") from None
    except ProtocolError as error:
        raise Refused(400, f"The call says nothing sensible: {error} Update the plugin.") from error
    checked: Message = message
    return checked
