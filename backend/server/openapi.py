"""What can be asked of the server, as OpenAPI 3.1: `GET /openapi.json`.

It is made of the calls themselves and of the messages' own annotations, so it says what is.
"""

from collections.abc import Iterable
from http import HTTPStatus
from inspect import cleandoc, getdoc
from typing import Any

from layerpeel.backend.server.call import Call, Content, Form
from layerpeel.backend.server.guard import HEALTH
from layerpeel.backend.server.message_schemas import (
    BLOCK_NUMBER,
    IN_BASE64,
    MessageSchemas,
    Schema,
)
from layerpeel.shared.jobs import Refusal
from layerpeel.shared.proof import CHALLENGE_HEADER, PROOF_PATH, Proof
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import EVENTS_TYPE, FILE_HEADER, MESSAGE_TYPE, PROTOCOL_HEADER

OPENAPI_PATH = "/openapi.json"
JSON_TYPE = "application/json"

_ABOUT = cleandoc(
    f"""
    Layers from pictures, on this machine. Calls with `Origin`, or with another `Host` than this
    server's address, are refused.

    A packed message ({MESSAGE_TYPE}) is a line of JSON,
    `{{"message": …, "blocks": [length, …]}}`, then its blocks of bytes; in the JSON, bytes are the
    number of their block, which no other field may name. Events have a message after each
    `data: `; other lines are comments.
    """
)

Described = dict[str, Any]


def described(calls: Iterable[Call]) -> Described:
    """Return the description of these calls, and of the proof, which the guard answers."""
    schemas = MessageSchemas()
    paths: dict[str, Described] = {PROOF_PATH: {"get": _proof(schemas)}}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Layerpeel", "version": VERSION, "description": _ABOUT},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(call: Call, schemas: MessageSchemas) -> Described:
    answer: Described = {"description": HTTPStatus(call.status).phrase}
    if call.gives is not None:
        answer["content"] = _body(call.gives, schemas)
    described: Described = {
        "operationId": getattr(call.answer, "__name__", call.path),
        "description": getdoc(call.answer) or "",
        "parameters": _parameters(call),
        "responses": {str(call.status): answer, "default": _refused(schemas)},
    }
    if call.takes is not None:
        is_needed = call.takes.form is not Form.HANDED_OVER
        described["requestBody"] = {"required": is_needed, "content": _body(call.takes, schemas)}
    return described


def _body(content: Content, schemas: MessageSchemas) -> Described:
    if content.form is Form.TEXT and content.kind is None:
        return {JSON_TYPE: {"schema": {"type": "object"}}}
    if content.form is Form.TEXT:
        return {JSON_TYPE: {"schema": schemas.schema_of(content.kind, IN_BASE64)}}
    if content.form is Form.PICTURE:
        return {"image/*": {"schema": {"type": "string", "description": "A JPEG, or a PNG."}}}
    if content.form is Form.EVENTS:
        return {EVENTS_TYPE: {"schema": _told(content.kind, "Events", IN_BASE64, schemas)}}
    return {
        MESSAGE_TYPE: {"schema": _told(content.kind, "A packed message", BLOCK_NUMBER, schemas)}
    }


def _told(kind: object, what: str, of_bytes: Schema, schemas: MessageSchemas) -> Schema:
    """A string that is more than OpenAPI can say; `x-message` is the schema of what is in it."""
    if kind is None:
        return {"type": "string", "description": f"{what}: none but comments."}
    return {"type": "string", "description": what, "x-message": schemas.schema_of(kind, of_bytes)}


def _parameters(call: Call) -> list[Described]:
    found = []
    if "{id}" in call.path:
        found.append(_parameter("path", "id", {"type": "string"}))
    if call.path != HEALTH:
        spoken = {"type": "string", "const": str(PROTOCOL)}
        found.append(_parameter("header", PROTOCOL_HEADER, spoken))
    if call.takes is not None and call.takes.form is Form.HANDED_OVER:
        name = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
        found.append({**_parameter("header", FILE_HEADER, name), "required": False})
    return found


def _parameter(place: str, name: str, schema: Schema) -> Described:
    return {"in": place, "name": name, "required": True, "schema": schema}


def _refused(schemas: MessageSchemas) -> Described:
    content = _body(Content(Refusal), schemas)
    return {"description": "The call is refused; the message says why.", "content": content}


def _proof(schemas: MessageSchemas) -> Described:
    challenge = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    answer = {"description": "The proof", "content": _body(Content(Proof), schemas)}
    return {
        "operationId": "prove",
        "description": "Show that this server knows the token, before it is sent.",
        "security": [],
        "parameters": [_parameter("header", CHALLENGE_HEADER, challenge)],
        "responses": {"200": answer, "default": _refused(schemas)},
    }
