"""The messages between parent and child process: one JSON object per line, with records inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pytest_reasoning.text.unicode import json_of

Message = dict[str, Any]
"""A message always has the key `op`. The first one to a child names its task; these follow:
`serve`: `submit`, `cancel`, `renew` to the child; `ready`, `facts`, `started`, `progress`, `done` to the parent.
`compare`: `done` for each text and then `end` to the parent.
`quantize`: `planned` to the parent, `go` to the child, then `progress` and `made` to the parent.
`failed`, to the parent, ends any task."""
Record = TypeVar("Record")
Readers = tuple[tuple[str, Callable[[Any], Any]], ...]


def encode(message: Message) -> bytes:
    """Return the message as one line with its newline; all texts in it are made valid Unicode."""
    text = json.dumps(message, ensure_ascii=True, separators=(",", ":"))
    if "\\ud" in text:
        # A user's strategy or test may have produced a lone surrogate, which no tokenizer accepts.
        text = json.dumps(json_of(text), ensure_ascii=True, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of one line; raises ValueError if it is not one."""
    message = json.loads(line)
    if not isinstance(message, dict) or "op" not in message:
        raise ValueError(f"not a message: {line[:80]!r}")
    return message


def from_wire(kind: type[Record], data: Mapping[str, Any]) -> Record:
    """Return a record from the JSON data that `dataclasses.asdict` made of one.

    Raises:
        TypeError: `data` does not have the record's fields.
    """
    readers: Readers = _readers(kind)  # type: ignore[arg-type]  # a class is hashable
    changed = {name: read(data[name]) for name, read in readers if name in data}
    return kind(**{**data, **changed})


@cache
def _readers(kind: Any) -> Readers:
    """Return the conversions from JSON data for those fields whose type JSON changes."""
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
