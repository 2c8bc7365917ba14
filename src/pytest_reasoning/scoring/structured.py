"""The scorer `json`: the last JSON value of a text, compared whole, at a path, or against a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.answer import Response, clipped, nothing_found, shown
from pytest_reasoning.text.errors import ScorerError

_FENCE = re.compile(r"```(?:json|JSON)?\s*\n(.*?)```", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
MAX_STARTS = 2_000


def json_(
    response: Response, targets: Sequence[str], *, path: str | None = None, schema: Mapping[str, Any] | None = None
) -> Score:
    """Score correct if the text's JSON meets `schema` and equals a target (JSON itself, or plain text).

    With `path` (`a.b[0]`) the value there is compared. Without targets the schema alone decides.
    Raises `ScorerError` if `schema` is given and jsonschema is not installed.
    """
    values = values_in(response.text)
    if not values:
        return nothing_found(response)
    value = values[-1]
    answer = clipped(json.dumps(value, ensure_ascii=False), 200)
    if schema is not None and (fault := _schema_fault(value, schema)) is not None:
        return Score(status="wrong", answer=answer, explanation=f"the JSON does not meet the schema: {fault}")
    if path is not None:
        try:
            value = value_at(value, path)
        except LookupError:
            return Score(status="wrong", answer=answer, explanation=f"the JSON has nothing at '{path}'")
        answer = clipped(json.dumps(value, ensure_ascii=False), 200)
    if not targets or any(same(value, _target(target)) or value == target for target in targets):
        return Score(status="correct", answer=answer, explanation=f"answered {answer}")
    return Score(status="wrong", answer=answer, explanation=f"expected {shown(targets)}, answered {answer}")


def values_in(text: str) -> list[Any]:
    """Return the JSON values of a text in order: all of it or its fenced blocks, else its objects and arrays."""
    whole = [text.strip(), *(match[1].strip() for match in _FENCE.finditer(text))]
    values = [value for part in whole for value in _decoded(part)]
    if values:
        return values
    decoder, position, found = json.JSONDecoder(), 0, []
    for _ in range(MAX_STARTS):
        starts = [start for mark in "{[" if (start := text.find(mark, position)) >= 0]
        if not starts:
            break
        try:
            value, position = decoder.raw_decode(text, min(starts))
            found.append(value)
        except (ValueError, RecursionError):
            position = min(starts) + 1
    return found


def value_at(value: Any, path: str) -> Any:
    """Return what stands at a path such as `a.b[0]`; raise LookupError."""
    for match in _STEP.finditer(path):
        index, key = match[1], match[2]
        if index is not None and isinstance(value, list):
            value = value[int(index)]
        elif key is not None and isinstance(value, dict):
            value = value[key]
        else:
            raise LookupError(path)
    return value


def same(left: Any, right: Any) -> bool:
    """Compare as JSON does: 1 equals 1.0, but neither equals true."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return bool(left == right)


def _decoded(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _target(text: str) -> Any:
    values = _decoded(text)
    return values[0] if values else text


def _schema_fault(value: Any, schema: Mapping[str, Any]) -> str | None:
    try:
        import jsonschema  # optional, and slow to import
    except ImportError:
        raise ScorerError("the scorer 'json' with `schema` needs jsonschema (pip install jsonschema)") from None
    try:
        jsonschema.validate(value, dict(schema))
    except jsonschema.ValidationError as error:
        return clipped(error.message)
    except jsonschema.SchemaError as error:
        raise ScorerError(f"`schema` is not a JSON Schema: {clipped(error.message)} (correct it)") from None
    return None
