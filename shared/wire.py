"""Serialises the protocol's types to bytes, and reads them back.

A message with pixels is one line of JSON, followed by its raw blocks of bytes; in the JSON, every
`bytes` field is the number of its block. An event is JSON only, its `bytes` in base64. What is read
is checked against the types' annotations: the reader gets a valid value of the type or an error.
"""

import base64
import binascii
import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence, Type, TypeVar, Union, get_type_hints

from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.strict_json import read_json

MESSAGE_TYPE = "application/x-layerpeel"
EVENTS_TYPE = "text/event-stream"
PROTOCOL_HEADER = "X-Layerpeel-Protocol"
# Names the file in `places.incoming_folder()` that holds a call's body; the call itself has none.
FILE_HEADER = "X-Layerpeel-File"

# A message's line of JSON holds only names and numbers, which is far less than this.
LONGEST_HEADER = 1 << 20

Message = TypeVar("Message")


Packed = List[bytes]
"""A message in pieces that follow each other. Those of pixels are the message's own, not copies."""

# Of a message that is read; None where one has found its field.
_Blocks = List[Optional[bytes]]


def pack(message: object) -> bytes:
    """Serialise a dataclass of the protocol, with its pixels, as one message."""
    return b"".join(pack_in_pieces(message))


def pack_in_pieces(message: object) -> Packed:
    """Serialise likewise, without copying the pixels, which takes long for a large picture."""
    blocks: List[bytes] = []
    plain = _to_plain(message, blocks)
    header = {"message": plain, "blocks": [len(block) for block in blocks]}
    return [to_json_line(header), *blocks]


def unpack(kind: Type[Message], data: bytes) -> Message:
    """Read a message of the type `kind`.

    Raises ProtocolError when `data` is cut short, is not a message, or not of this type.
    """
    end = data.find(b"\n", 0, LONGEST_HEADER)
    if end < 0:
        raise ProtocolError("The message has no header.")
    header = _from_json(data[:end])
    if not isinstance(header, dict) or not isinstance(header.get("blocks"), list):
        raise ProtocolError("The message's header says nothing about its blocks.")
    blocks: _Blocks = []
    start = end + 1
    for length in header["blocks"]:
        if type(length) is not int or length < 0 or start + length > len(data):
            raise ProtocolError("The message was cut short.")
        blocks.append(data[start : start + length])
        start += length
    if start != len(data):
        raise ProtocolError("The message is longer than it says.")
    value: Message = _from_plain(kind, header.get("message"), blocks)
    return value


def to_text(message: object, kind: object = None) -> str:
    """Serialise a dataclass as one line of JSON, bytes in base64.

    kind: the annotation by which it will be read if that is a Union (such as `JobEvent`); the JSON
        then names the type.
    """
    return to_json_line(_to_plain(message, None, tagged=_is_union(kind))).decode("utf-8").rstrip()


def from_text(kind: Any, text: Union[str, bytes]) -> Any:
    """Read what `to_text` wrote, as a value of the type or Union `kind`.

    Raises ProtocolError for anything else.
    """
    return _from_plain(kind, _from_json(text), None)


def to_json_line(plain: object) -> bytes:
    """Write plain values as one line of UTF-8 JSON, with the newline."""
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8") + b"\n"


def _from_json(text: Union[str, bytes]) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        raise ProtocolError(f"What came is not JSON: {error}") from None


def _to_plain(value: Any, blocks: Optional[List[bytes]], tagged: bool = False) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        kind: Any = type(value)
        hints = _hints_of(kind)
        plain: Dict[str, Any] = {"type": kind.__name__} if tagged else {}
        for each in fields(value):
            choice = _is_choice(hints[each.name])
            plain[each.name] = _to_plain(getattr(value, each.name), blocks, tagged=choice)
        return plain
    if isinstance(value, bytes):
        if blocks is None:
            return base64.b64encode(value).decode("ascii")
        blocks.append(value)
        return len(blocks) - 1
    if isinstance(value, (tuple, list)):
        return [_to_plain(each, blocks) for each in value]
    if isinstance(value, dict):
        return {key: _to_plain(each, blocks) for key, each in value.items()}
    return value


def _from_plain(kind: Any, plain: Any, blocks: Optional[_Blocks]) -> Any:
    origin = getattr(kind, "__origin__", None)
    if origin is Union:
        return _one_of(kind.__args__, plain, blocks)
    if origin is tuple:
        return _tuple_of(kind.__args__, plain, blocks)
    if origin is dict:
        _expect(isinstance(plain, dict), kind, plain)
        value_kind = kind.__args__[1]
        return {_text_of(key): _from_plain(value_kind, each, blocks) for key, each in plain.items()}
    if is_dataclass(kind):
        return _dataclass_of(kind, plain, blocks)
    if isinstance(kind, type) and issubclass(kind, Enum):
        _expect(plain in [member.value for member in kind], kind, plain)
        return kind(plain)
    if kind is bytes:
        return _bytes_of(plain, blocks)
    if kind is str:
        return _text_of(plain)
    if kind is float:
        _expect(type(plain) in (int, float), kind, plain)
        return float(plain)
    _expect(type(plain) is kind, kind, plain)
    return plain


def _dataclass_of(kind: Any, plain: Any, blocks: Optional[_Blocks]) -> Any:
    _expect(isinstance(plain, dict), kind, plain)
    hints = _hints_of(kind)
    came = set(plain) - {"type"}
    names = {each.name for each in fields(kind)}
    # A field that has got a default since may be missing from what an older version wrote.
    optional = {
        each.name
        for each in fields(kind)
        if each.default is not MISSING or each.default_factory is not MISSING
    }
    if not names - optional <= came <= names:
        odd = sorted((came - names) | (names - optional - came))
        raise ProtocolError(f"A {kind.__name__} came with fields that do not belong: {odd}.")
    return kind(**{name: _from_plain(hints[name], plain[name], blocks) for name in came})


@lru_cache(maxsize=None)
def _hints_of(kind: Any) -> Dict[str, Any]:
    """Return the types of a dataclass's fields; a list of results asks hundreds of times."""
    return get_type_hints(kind)


def _one_of(kinds: Sequence[Any], plain: Any, blocks: Optional[_Blocks]) -> Any:
    if plain is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _from_plain(others[0], plain, blocks)
    name = plain.get("type") if isinstance(plain, dict) else None
    for kind in others:
        if kind.__name__ == name:
            return _from_plain(kind, plain, blocks)
    raise ProtocolError(f"“{name}” is none of {[kind.__name__ for kind in others]}.")


def _tuple_of(kinds: Sequence[Any], plain: Any, blocks: Optional[_Blocks]) -> Any:
    _expect(isinstance(plain, list), tuple, plain)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_from_plain(kinds[0], each, blocks) for each in plain)
    _expect(len(plain) == len(kinds), tuple, plain)
    return tuple(_from_plain(kind, each, blocks) for kind, each in zip(kinds, plain))


def _bytes_of(plain: Any, blocks: Optional[_Blocks]) -> bytes:
    if blocks is None:
        _expect(isinstance(plain, str), bytes, plain)
        try:
            return base64.b64decode(plain, validate=True)
        except binascii.Error as error:
            raise ProtocolError(f"These bytes are not base64: {error}") from None
    _expect(type(plain) is int and 0 <= plain < len(blocks), bytes, plain)
    block: Optional[bytes] = blocks[plain]
    if block is None:
        raise ProtocolError(f"The block {plain} came for several fields.")
    # Else a short message could spell pictures of any number and size.
    blocks[plain] = None
    return block


def _text_of(plain: Any) -> str:
    """Check for lone surrogates, which JSON can spell but UTF-8, and so `to_text`, cannot."""
    _expect(isinstance(plain, str), str, plain)
    text: str = plain
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ProtocolError(f"{plain!r:.60} is not text.") from None
    return text


def _is_union(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is Union


def _is_choice(kind: Any) -> bool:
    """Whether a field may hold one of several dataclasses, so that its value must name its type."""
    return _is_union(kind) and sum(arg is not type(None) for arg in kind.__args__) > 1


def _expect(holds: bool, kind: Any, plain: Any) -> None:
    if not holds:
        name = getattr(kind, "__name__", str(kind))
        raise ProtocolError(f"{plain!r:.60} came where {name} belongs.")
