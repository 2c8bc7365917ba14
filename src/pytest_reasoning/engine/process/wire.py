"""What parent and child process say to each other: one JSON object a line, and records inside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pytest_reasoning.text.unicode import json_of

Message = dict[str, Any]
"""Always has `op`. The first one to a child names its task, and what follows belongs to that task:
`serve`: to the child `submit`, `cancel`; back `ready`, `facts`, `started`, `progress`, `done`;
`compare`: back `done` for each text, `end`;
`quantize`: back `planned`, to the child `go`, back `progress`, `made`.
`failed` ends any task."""
Record = TypeVar("Record")
Readers = tuple[tuple[str, Callable[[Any], Any]], ...]


def encode(message: Message) -> bytes:
    """Return the message as one line, newline included, every text in it valid."""
    text = json.dumps(message, ensure_ascii=True, separators=(",", ":"))
    if "\\ud" in text:
        # A strategy or a test of the user's own may have made half of a pair, which no tokenizer takes.
        text = json.dumps(json_of(text), ensure_ascii=True, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of one line; raises ValueError if it is not one."""
    message = json.loads(line)
    if not isinstance(message, dict) or "op" not in message:
        raise ValueError(f"not a message: {line[:80]!r}")
    return message


def from_wire(kind: type[Record], data: Mapping[str, Any]) -> Record:
    """Return the record whose fields `data` holds, as `dataclasses.asdict` and JSON have made it of one.

    Raises TypeError if `data` does not have the record's fields.
    """
    readers: Readers = _readers(kind)  # type: ignore[arg-type]  # a class is hashable
    changed = {name: read(data[name]) for name, read in readers if name in data}
    return kind(**{**data, **changed})


@cache
def _readers(kind: Any) -> Readers:
    """Return what makes a field again of what JSON has made of it, for those fields that it changes."""
    hints = get_type_hints(kind)
    found = ((field.name, _reader(hints[field.name])) for field in fields(kind))
    return tuple((name, read) for name, read in found if read is not None)


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda data: from_wire(hint, data)
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        one = _reader(inner[0])
        return tuple if one is None else lambda data: tuple(map(one, data))
    if NoneType in inner and len(inner) == 2:
        some = _reader(inner[0] if inner[1] is NoneType else inner[1])
        return None if some is None else lambda data: None if data is None else some(data)
    return None
