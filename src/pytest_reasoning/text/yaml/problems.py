"""Turns pydantic's validation errors into problems with line, column, key path, cause and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from pytest_reasoning.text.errors import Problem
from pytest_reasoning.text.wording import suggestion
from pytest_reasoning.text.yaml.marked import MarkedList, MarkedMap, place_of

_REMEDIES = {
    "greater_than_equal": "raise it",
    "greater_than": "raise it",
    "less_than_equal": "lower it",
    "less_than": "lower it",
    "string_too_long": "shorten it",
    "too_long": "give fewer",
    "too_short": "give more",
    "string_type": "quote it",
}


def problems_of(
    error: ValidationError, data: Any, display: str | Mapping[str, str], allowed: Mapping[str, frozenset[str]]
) -> list[Problem]:
    """Turn a validation error into problems.

    Args:
        error: pydantic's error.
        data: the data that was validated, with its lines.
        display: the file's name, or one name for each top-level key ('' for all others).
        allowed: the keys of each kind of mapping, for suggestions.
    """
    return [_problem(loc, details, data, display, allowed) for loc, details in _flattened(error)]


def _flattened(
    error: ValidationError, outer: tuple[str | int, ...] = ()
) -> Iterable[tuple[tuple[str | int, ...], Any]]:
    for details in error.errors(include_url=False):
        loc = (*outer, *details["loc"])
        inner = details.get("ctx", {}).get("error")
        if isinstance(inner, ValidationError):
            yield from _flattened(inner, loc)
        else:
            yield loc, details


def _problem(
    loc: tuple[str | int, ...],
    details: Any,
    data: Any,
    display: str | Mapping[str, str],
    allowed: Mapping[str, frozenset[str]],
) -> Problem:
    path = _real_path(loc, data)
    unknown = details["type"] == "extra_forbidden"
    line, column = place_of(data, path, key=unknown)
    where = _case_label(path, data) + _key_label(path[:-1] if unknown or details["type"] == "missing" else path)
    if unknown:
        kind = next((str(part) for part in reversed(path[:-1]) if isinstance(part, str)), "")
        known = details.get("known") or allowed.get(kind, frozenset())
        message = f"unknown key '{path[-1]}' ({suggestion(str(path[-1]), known) if known else 'remove it'})"
    elif details["type"] == "missing":
        message = f"'{loc[-1]}' is missing (add it)"
    elif details["type"] == "value_error":
        message = str(details["ctx"]["error"])
    else:
        message = f"{_lowered(details['msg'])} ({_REMEDIES.get(details['type'], 'change it')})"
    file = display if isinstance(display, str) else display.get(str(path[0]) if path else "", display[""])
    return Problem(file=file, line=line, column=column, message=f"{where}{message}")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _real_path(loc: tuple[str | int, ...], data: Any) -> tuple[str | int, ...]:
    # pydantic's locations also contain names of union members and validators. Keep only parts that are in the file,
    # and the last part if it is missing from the file.
    path: list[str | int] = []
    for position, part in enumerate(loc):
        inside = (isinstance(data, MarkedMap) and part in data) or (
            isinstance(data, MarkedList) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
        if inside or (position == len(loc) - 1 and isinstance(data, dict)):
            path.append(part)
    return tuple(path)


def _case_label(path: tuple[str | int, ...], data: Any) -> str:
    if len(path) < 2 or path[0] != "cases":
        return ""
    case = data["cases"][path[1]]
    name = case.get("id") if isinstance(case, dict) else None
    return f"case '{name}': " if name is not None else f"case {int(path[1]) + 1}: "


def _key_label(path: tuple[str | int, ...]) -> str:
    parts = path[2:] if path[:1] == ("cases",) else path
    text = ""
    for part in parts:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return f"{text}: " if text else ""
