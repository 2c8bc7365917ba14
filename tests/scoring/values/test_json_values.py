"""JSON in completions: whole values only, fenced or bare, the first that fits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reasoning.scoring.reading import Unread, Unreadable
from pytest_reasoning.scoring.values.json_values import json_reader


def outcome(text: str, target: str, **params: Any) -> str:
    reader = json_reader(**params)
    try:
        found = reader.read(text, stated=False)
    except Unreadable:
        return "unreadable"
    if found is None:
        return "nothing"
    return "right" if reader.equal(found, reader.read_target(target)) else "wrong"


FENCE = "```"
ROWS = [
    ('{"a": 1}', '{"a": 1}', "right"),
    ('  {"a": 1}\n', '{"a": 1}', "right"),
    ('{"a": 1.0}', '{"a": 1}', "right"),
    ('{"a": 1e0}', '{"a": 1}', "right"),
    ('{"a": 0.1}', '{"a": 0.10}', "right"),
    ('{"b": 2, "a": 1}', '{"a": 1, "b": 2}', "right"),
    ('{"a": true}', '{"a": 1}', "wrong"),
    ('{"a": "1"}', '{"a": 1}', "wrong"),
    ('{"a": null}', '{"a": 0}', "wrong"),
    ('{"a": 1, "b": 2}', '{"a": 1}', "wrong"),
    ("[1, 2]", "[1, 2]", "right"),
    ("[2, 1]", "[1, 2]", "wrong"),
    ("7", "7", "right"),
    ('"Ada"', '"Ada"', "right"),
    ('"Ada"', "Ada", "right"),
    ("true", "true", "right"),
    (f'{FENCE}json\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}JSON\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}js\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}python\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'Here:\n{FENCE}json\n{{"a": 1}}\n{FENCE}\nDone {{"a": 2}}.', '{"a": 1}', "right"),
    (f'Given {{"x": 9}}:\n{FENCE}json\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}bash\ncurl -d \'{{"x": 9}}\'\n{FENCE}\n{FENCE}json\n{{"a": 1}}\n{FENCE}', '{"a": 1}', "right"),
    (f'{FENCE}sh\ncurl -d \'{{"x": 9}}\'\n{FENCE}\nThat gives {{"a": 1}}', '{"a": 1}', "right"),
    (f"{FENCE}bash\ncurl -d '{{\"x\": 9}}'\n{FENCE}", '{"x": 9}', "nothing"),
    (f'{FENCE}python\nprint({{"x": 9}})\n{FENCE}', '{"x": 9}', "nothing"),
    (f'{FENCE}json\n{{"a": 1}}', '{"a": 1}', "right"),
    (
        'It is {"t": "' + FENCE + "json\\n{}\\n" + FENCE + '"}',
        '{"t": "' + FENCE + "json\\n{}\\n" + FENCE + '"}',
        "right",
    ),
    ('It is {"t": "' + FENCE + "json\\n{}\\n" + FENCE + '"}', "{}", "wrong"),
    ('It is\n{"t": "' + FENCE + '\\n", "a": 1}', '{"t": "' + FENCE + '\\n", "a": 1}', "right"),
    ('So it is {"a": 1}.', '{"a": 1}', "right"),
    ('The set {x} and {"a": 1}.', '{"a": 1}', "right"),
    ('As [1] says, it is {"a": 1}.', '{"a": 1}', "right"),
    ('{"a": 1} is like {"a": 2}', '{"a": 1}', "right"),
    ('{"a": 1} is like {"a": 2}', '{"a": 2}', "wrong"),
    ('First {"a": 0}, no: {"a": 1}', '{"a": 1}', "right"),
    ('First {"a": 0}, no: {"a": 1}', '{"a": 0}', "wrong"),
    ('{"a": {"b": 1}, "c": }', '{"b": 1}', "unreadable"),
    ('{"a": {"b": 1}, "c": ', '{"b": 1}', "unreadable"),
    ('{"a": [1, 2], }', "[1, 2]", "unreadable"),
    ('{"a": 1', '{"a": 1}', "unreadable"),
    ('[{"a": 1}, {"b": ]', '{"a": 1}', "unreadable"),
    ("{'a': 1}", '{"a": 1}', "unreadable"),
    ('{"a": 1, "a": 2}', '{"a": 2}', "unreadable"),
    ('{"a": NaN}', '{"a": 0}', "unreadable"),
    ('{"a": 1e999999}', '{"a": 0}', "unreadable"),
    (f'{FENCE}json\n{{"a": {{"b": 1}}, }}\n{FENCE}', '{"b": 1}', "unreadable"),
    ('{"a": {"b": 1}, } or rather {"a": {"b": 1}}', '{"a": {"b": 1}}', "right"),
    ('{"s": "a } b"}', '{"s": "a } b"}', "right"),
    ('It is {"s": "a \\" } b"} here', '{"s": "a \\" } b"}', "right"),
    ("no json", '{"a": 1}', "nothing"),
    ("the set {x}", '{"a": 1}', "nothing"),
    ("", '{"a": 1}', "nothing"),
    ("[" * 100_000, "1", "unreadable"),
    ("{" * 100_000, "1", "unreadable"),
]


@pytest.mark.parametrize(("text", "target", "expected"), ROWS, ids=range(len(ROWS)))
def test_json(text: str, target: str, expected: str) -> None:
    assert outcome(text, target) == expected


PATHS = [
    ('{"a": {"b": [5, 6]}}', "6", "a.b[1]", "right"),
    ('{"a": {"b": [5, 6]}}', "5", "a.b[1]", "wrong"),
    ('{"name": "Ada"}', "Ada", "name", "right"),
    ('{"name": "Ada"}', '"Ada"', "name", "right"),
    ('{"name": "Ada"}', "Ada", "nam", "wrong"),
    ('{"x": 9} and {"name": "Ada"}', "Ada", "name", "right"),  # the first that fits
    ("[1]", "1", "[0]", "right"),
    ("[1]", "1", "[1]", "wrong"),
    ('{"a": {"name": "Ada"}, }', "Ada", "name", "unreadable"),
]


@pytest.mark.parametrize(("text", "target", "path", "expected"), PATHS)
def test_a_path(text: str, target: str, path: str, expected: str) -> None:
    assert outcome(text, target, path=path) == expected


def test_the_first_value_that_meets_the_schema_is_the_answer() -> None:
    pytest.importorskip("jsonschema")
    schema = {"type": "object", "required": ["a"]}
    assert outcome('{"b": 1} and {"a": 2}', '{"a": 2}', schema=schema) == "right"
    found = json_reader(schema=schema).read('{"b": 1}', stated=True)
    assert found is not None
    assert found.value.fault == "the JSON does not meet the schema: 'a' is a required property"


def test_a_path_that_leads_nowhere_is_said() -> None:
    found = json_reader(path="x.y").read('{"a": 1}', stated=True)
    assert found is not None
    assert found.value.fault == "the JSON has nothing at 'x.y'"


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("abc", min_size=1, max_size=4), VALUES, min_size=1, max_size=4)


@pytest.mark.slow
@given(
    OBJECTS,
    st.sampled_from(("{}", "It is {}.", "```json\n{}\n```", "So:\n```\n{}\n```\nThat is all.")),
    st.booleans(),
)
def test_an_object_reads_back_from_any_frame(value: dict[str, Any], frame: str, indented: bool) -> None:
    written = json.dumps(value, indent=2 if indented else None)
    assert outcome(frame.replace("{}", written), json.dumps(value)) == "right"


@pytest.mark.slow
@given(OBJECTS, VALUES)
def test_a_value_within_a_broken_one_is_never_the_answer(inner: dict[str, Any], other: Any) -> None:
    broken = f'{{"k": {json.dumps(inner)}, "other": {json.dumps(other)}, "z": }}'
    assert outcome(broken, json.dumps(inner)) == "unreadable"
    assert outcome(f"Here: {broken[:-1]}", json.dumps(inner)) == "unreadable"


@given(st.text('{}[]"\\,:1a` \n', max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        found = json_reader().read(text, stated=False)
    except Unread:
        return
    assert found is None or hash(found.value) is not None


@pytest.mark.parametrize(
    "piece", ["[", "{", '{"', '{"a":', "```\n", "{```\n", '"', "[1] ", "{x} ", '{"a": 1} ', "\\", '"\\']
)
def test_long_degenerate_texts_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert outcome(text, '{"zz": 1}') in ("nothing", "unreadable", "wrong")
