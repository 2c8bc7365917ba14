"""Reads a complete JSON value from a text, fenced or bare, and never a fragment of a broken value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pytest_reasoning.scoring.reading import Reading, Unreadable
from pytest_reasoning.text.errors import ScorerError

MOST_STARTS = 2_000
"Most opening brackets of a text that are tried."
MOST_FENCES = 20
MOST_SPAN = 5_000
"Most characters that a value may continue after a code fence inside one of its strings."
MOST_DEPTH = 100
MOST_DIGITS = 400
_FENCE = re.compile(r"```[ \t]*([\w+-]{0,20})[^\n`]{0,40}(?:\n|\Z)")
_DATA = frozenset(("", "json", "json5", "jsonc", "javascript", "js", "text", "txt", "plaintext"))
"Languages of code fences that hold data; other fences are read only if all of their text is JSON."
_OPENING = re.compile(r"[{\[]")
_BRACKET = re.compile(r'["{}\[\]]')
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_PLAUSIBLE = re.compile(r'\{\s*["}]|\[\s*[]"{\[\-0-9tfn]')
_STEP = re.compile(r"\[(\d{1,9})\]|([^.\[\]]+)")
_CORRECTION = re.compile(
    r"(?i)\b(?:no|wait|sorry|correction|corrected|correctly|actually|instead|rather|mistake)\b"
)


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value, with the reason why it cannot be right, if there is one."""

    key: Any
    "Hashable key, equal for equal JSON values: 1 and 1.0, and objects whatever the order of their keys."
    value: Any = field(default=None, compare=False)
    fault: str | None = None
    "Why the value fails: it violates the schema or has nothing at the path."


@dataclass(frozen=True, slots=True)
class _FoundValue:
    value: Any
    start: int
    end: int
    fenced: bool


def json_reader(*, path: str | None = None, schema: Mapping[str, Any] | None = None) -> JsonReader:
    """Return a reader of JSON values.

    If `path` (such as `a.b[0]`) is given, the value at that path is the answer. If `schema` is given and
    jsonschema is not installed, reading a value raises `ScorerError`.
    """
    return JsonReader(path=path, schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonReader:
    """Reads JSON out of completions and, with `read_target`, targets, which may be plain texts."""

    path: str | None = None
    schema: Mapping[str, Any] | None = None

    def read(self, text: str, *, stated: bool) -> Reading | None:
        """Return the first complete JSON value that meets the schema and the path, preferring fenced values.

        If no value fits, the first one is returned with its fault. A later value is preferred only if a
        correction precedes it. Raises Unreadable if the text holds only broken JSON.
        """
        del stated
        found, broken = _values(text)
        if not found:
            if broken is not None:
                raise Unreadable(f"'{broken}' is not valid JSON")
            return None
        ranked = [one for one in found if one.fenced] or _without_notes(found)
        read = [(one, self._read(one.value)) for one in ranked]
        fitting = [pair for pair in read if pair[1].fault is None] or read[:1]
        one, value = _corrected(text, fitting)
        return Reading(written=text[one.start : one.end].strip(), value=value)

    def read_target(self, text: str) -> Reading:
        """Return a target as the JSON value it holds, or as plain text if it is not JSON."""
        try:
            value = _loads(text.strip())
        except (ValueError, RecursionError):
            value = text
        return Reading(written=text.strip(), value=Json(_key(value), value))

    def equal(self, answer: Reading, target: Reading) -> bool:
        """Return whether two values are equal as JSON; neither 1 nor 1.0 equals true."""
        return answer.value.fault is None and bool(answer.value.key == target.value.key)

    def _read(self, value: Any) -> Json:
        if self.schema is not None and (fault := _schema_fault(value, self.schema)) is not None:
            return Json(_key(value), value, f"the JSON does not meet the schema: {fault}")
        if self.path is None:
            return Json(_key(value), value)
        try:
            value = value_at(value, self.path)
        except LookupError:
            return Json(_key(value), value, f"the JSON has nothing at '{self.path}'")
        return Json(_key(value), value)


def value_at(value: Any, path: str) -> Any:
    """Return the value at a path such as `a.b[0]`; raise LookupError if there is none."""
    for step in _STEP.finditer(path):
        index, key = step[1], step[2]
        if index is not None and isinstance(value, list):
            value = value[int(index)]
        elif key is not None and isinstance(value, dict):
            value = value[key]
        else:
            raise LookupError(path)
    return value


def _without_notes(found: list[_FoundValue]) -> list[_FoundValue]:
    """Drop values such as [1] if there are others, because they are footnote marks."""
    return [one for one in found if not (isinstance(one.value, list) and _is_note(one.value))] or found


def _is_note(values: list[Any]) -> bool:
    return len(values) == 1 and isinstance(values[0], int)


def _corrected(text: str, fitting: list[tuple[_FoundValue, Json]]) -> tuple[_FoundValue, Json]:
    best = fitting[0]
    for pair in fitting[1:]:
        if pair[1].key != best[1].key and _CORRECTION.search(text, best[0].end, pair[0].start):
            best = pair
    return best


def _values(text: str) -> tuple[list[_FoundValue], str | None]:
    """Return the complete JSON values of a text in order, and the beginning of the first broken one."""
    try:
        whole = _loads(text.strip())
    except (ValueError, RecursionError):
        whole = None
    else:
        return [_FoundValue(whole, 0, len(text), False)], None
    found: list[_FoundValue] = []
    broken: str | None = None
    starts = 0
    for start, end, fenced in _regions(text):
        at = start
        while starts < MOST_STARTS and (opening := _next_opening(text, at, end)) >= 0:
            starts += 1
            value, at = _value_at(text, opening, end)
            if value is not None:
                found.append(_FoundValue(value[0], opening, at, fenced))
            elif broken is None and _looks_like_json(text, opening):
                broken = text[opening : opening + 40]
            if at < 0:
                break
    return found, broken


def _regions(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the parts of a text that may hold JSON: text between code fences, and the content of data fences.

    A fence inside a JSON string belongs to the string, so a value that spans fences takes precedence.
    """
    at = 0
    for count in range(MOST_FENCES + 1):
        if at >= len(text):
            return
        fence = _FENCE.search(text, at)
        if fence is None or count == MOST_FENCES:
            yield at, len(text), False
            return
        end = _spanning(text, at, fence.start())
        if end > fence.start():
            yield at, end, False
            at = end
            continue
        yield at, fence.start(), False
        close = text.find("```", fence.end())
        stop = close if close >= 0 else len(text)
        if fence[1].casefold() in _DATA or _is_json(text[fence.end() : stop]):
            inner_end = max(stop, _spanning(text, fence.end(), stop))
            yield fence.end(), inner_end, True
            close = text.find("```", inner_end)
            stop = close if close >= 0 else len(text)
        at = stop + 3


def _spanning(text: str, start: int, fence: int) -> int:
    """Return the end of a complete value that begins before a fence and ends after it, or -1."""
    at = start
    for _ in range(MOST_STARTS):
        opening = _next_opening(text, at, fence)
        if opening < 0:
            return -1
        value, end = _value_at(text, opening, min(len(text), fence + MOST_SPAN))
        if end < 0:
            return -1
        if value is not None and end > fence:
            return end
        at = end
    return -1


def _next_opening(text: str, start: int, end: int) -> int:
    found = _OPENING.search(text, start, end)
    return -1 if found is None else found.start()


def _value_at(text: str, opening: int, end: int) -> tuple[tuple[Any] | None, int]:
    """Return the value that opens at a bracket, and the closing bracket's position (-1 if it never closes)."""
    closing = _closing(text, opening, end)
    if closing < 0:
        return None, -1
    if _PLAUSIBLE.match(text, opening) is None:
        return None, closing
    try:
        return (_loads(text[opening:closing]),), closing
    except (ValueError, RecursionError):
        return None, closing


def _closing(text: str, opening: int, end: int) -> int:
    depth, at = 0, opening
    while (mark := _BRACKET.search(text, at, end)) is not None:
        at = mark.end()
        if mark[0] == '"':
            string = _STRING.match(text, mark.start(), end)
            if string is None:
                return -1
            at = string.end()
        else:
            depth += 1 if mark[0] in "{[" else -1
            if depth == 0:
                return at
    return -1


def _looks_like_json(text: str, opening: int) -> bool:
    """Return whether a bracket opens text meant as JSON, unlike {x} or [1] in a sentence."""
    rest = text[opening + 1 : opening + 80].lstrip()
    return rest[:1] in ('"', "{", "[", "'") or (text[opening] == "[" and rest[:1].isdigit() and "," in rest)


def _is_json(text: str) -> bool:
    try:
        _loads(text.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _loads(text: str) -> Any:
    if _depth(text) > MOST_DEPTH:
        raise ValueError("nested too deeply")
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_decimal,
        parse_constant=_refused,
    )


def _depth(text: str) -> int:
    depth = most = 0
    for mark in _BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark[0], 0)
        most = max(most, depth)
    return most


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number with too many digits")
    return int(text)


def _decimal(text: str) -> Fraction | int:
    _, _, exponent = text.lower().partition("e")
    if len(text) > MOST_DIGITS or (exponent and abs(int(exponent)) > MOST_DIGITS):
        raise ValueError("a number out of bounds")
    value = Fraction(text)
    return value.numerator if value.denominator == 1 else value


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _key(value: Any) -> Any:
    if isinstance(value, dict):
        return ("object", frozenset((key, _key(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(_key(inner) for inner in value))
    if isinstance(value, (bool, str)) or value is None:
        return (type(value).__name__, value)
    return ("number", Fraction(value))


def _schema_fault(value: Any, schema: Mapping[str, Any]) -> str | None:
    try:
        import jsonschema  # optional, and slow to import
    except ImportError:
        raise ScorerError("the scorer 'json' with `schema` needs jsonschema (pip install jsonschema)") from None
    try:
        jsonschema.validate(_floats(value), dict(schema))
    except jsonschema.ValidationError as error:
        return _clipped(error.message)
    except jsonschema.SchemaError as error:
        raise ScorerError(f"`schema` is not a JSON Schema: {_clipped(error.message)} (correct it)") from None
    return None


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_floats(inner) for inner in value]
    return float(value) if isinstance(value, Fraction) else value


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
