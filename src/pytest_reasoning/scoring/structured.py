"""The scorer `json`: the JSON value of a completion, compared whole, at a path, or against a schema.

It is read out of all that was said: a value shows where it begins and ends, whatever stands around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_reasoning.records import Score
from pytest_reasoning.scoring.explanations import clipped, cut_off, nothing_found, shown, unread
from pytest_reasoning.scoring.reading import Reading, Unread
from pytest_reasoning.scoring.values.json_values import JsonReader, json_reader
from pytest_reasoning.scoring.where import Said

MOST_ANSWER = 200


def json_(
    said: Said, targets: Sequence[str], *, path: str | None = None, schema: Mapping[str, Any] | None = None
) -> Score:
    """Score correct if the completion's JSON meets `schema` and equals a target (JSON itself, or plain text).

    With `path` (`a.b[0]`) the value there is compared. Without targets the schema alone decides.
    Raises `ScorerError` if `schema` is given and jsonschema is not installed.
    """
    reader = json_reader(path=path, schema=schema)
    try:
        reading = _read(said, reader)
    except Unread as problem:
        return cut_off(said.why_cut, "within a value") if said.cut else unread(problem, several=False)
    if reading is None:
        return nothing_found(said)
    answer = clipped(reading.written, MOST_ANSWER)
    if reading.value.fault is not None:
        return Score(status="wrong", answer=answer, explanation=reading.value.fault, ballot=reading.value)
    if not targets or any(reader.equal(reading, reader.read_target(target)) for target in targets):
        return Score(status="correct", answer=answer, explanation=f"answered {answer}", ballot=reading.value)
    expected = f"expected {shown(targets)}, answered {answer}"
    return Score(status="wrong", answer=answer, explanation=expected, ballot=reading.value)


def _read(said: Said, reader: JsonReader) -> Reading | None:
    """Return the value, of which a trigger may have written the beginning."""
    begun = said.introduction if "{" in said.introduction or "[" in said.introduction else ""
    try:
        reading = reader.read(said.text, stated=False)
    except Unread:
        if not begun:
            raise
        reading = None
    return reading if reading is not None or not begun else reader.read(begun + said.text, stated=False)
