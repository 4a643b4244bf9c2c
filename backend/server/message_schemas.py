"""JSON Schema of the messages, made of the annotations by which `layerpeel.shared.wire` reads."""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from inspect import getdoc
from typing import Any, Union, get_type_hints

Schema = dict[str, Any]

PLACE = "#/components/schemas/"

_PLAIN: dict[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}

IN_BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
BLOCK_NUMBER: Schema = {"type": "integer", "minimum": 0, "description": "Number of its block."}


class MessageSchemas:
    """Schemas of messages, and of all that they are made of.

    named: by the names of their types, for the components of an OpenAPI description.
    """

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def schema_of(self, kind: object, of_bytes: Schema) -> Schema:
        """Return the schema of a dataclass, a Union of them, or a field's type.

        of_bytes: how bytes are written there.

        Raises ValueError where a type with bytes is written in two ways, TypeError for an
        annotation that the wire does not read.
        """
        if isinstance(kind, type) and kind in _PLAIN:
            return dict(_PLAIN[kind])
        if kind is bytes:
            return dict(of_bytes)
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)):
            return self._named(kind, of_bytes)
        inner: tuple[object, ...]
        origin, inner = getattr(kind, "__origin__", None), getattr(kind, "__args__", ())
        if origin is Union:
            return self._one_of(inner, of_bytes)
        if origin is tuple and inner[-1] is Ellipsis:
            return {"type": "array", "items": self.schema_of(inner[0], of_bytes)}
        if origin is tuple:
            items = [self.schema_of(each, of_bytes) for each in inner]
            bounds = {"minItems": len(items), "maxItems": len(items)}
            return {"type": "array", "prefixItems": items, "items": False, **bounds}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.schema_of(inner[1], of_bytes)}
        raise TypeError(f"No message has a {kind!r} in it.")

    def _named(self, kind: type, of_bytes: Schema) -> Schema:
        name = kind.__name__
        known = self.named.get(name)
        schema = self._enum(kind) if issubclass(kind, Enum) else self._fields(kind, of_bytes)
        if known not in (None, schema):
            raise ValueError(f"{name} is written in two ways: give one of them another name.")
        self.named[name] = schema
        return {"$ref": PLACE + name}

    def _enum(self, kind: type[Enum]) -> Schema:
        values = [member.value for member in kind]
        return {"type": "string", "enum": values, "description": _said_of(kind)}

    def _fields(self, kind: type, of_bytes: Schema) -> Schema:
        hints = get_type_hints(kind)
        properties: dict[str, Schema] = {"type": {"type": "string", "description": "Its own name."}}
        required = []
        for each in fields(kind):
            properties[each.name] = self.schema_of(hints[each.name], of_bytes)
            if each.default is MISSING and each.default_factory is MISSING:
                required.append(each.name)
        return {
            "type": "object",
            "description": _said_of(kind),
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _one_of(self, kinds: tuple[object, ...], of_bytes: Schema) -> Schema:
        """Several dataclasses: the value names which it is."""
        others = [kind for kind in kinds if kind is not type(None)]
        schemas = [self.schema_of(kind, of_bytes) for kind in others]
        if len(others) > 1:
            names = [getattr(kind, "__name__", "") for kind in others]
            schemas = [_which_says(*each) for each in zip(names, schemas, strict=True)]
        if len(others) < len(kinds):
            schemas.append({"type": "null"})
        return {"oneOf": schemas}


def _which_says(name: str, schema: Schema) -> Schema:
    names_itself = {"required": ["type"], "properties": {"type": {"const": name}}}
    return {"allOf": [schema, names_itself]}


def _said_of(kind: type) -> str:
    return (getdoc(kind) or "").strip()
