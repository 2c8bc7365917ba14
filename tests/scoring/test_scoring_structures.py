"""Rows for list, set, json, date and math, and for scorers combined."""

from __future__ import annotations

from typing import Any

import pytest

from kit.scoring_tables import case_of, scored
from pytest_reasoning.records import ScorerSpec

LISTS = [
    ("a, b, c", "a, b, c", "correct"),
    ("a,b,c", "a, b, c", "correct"),
    ("a b c", "a, b, c", "correct"),
    ("a, b and c", "a, b, c", "correct"),
    ("a, b, and c.", "a, b, c", "correct"),
    ("[a, b, c]", "a, b, c", "correct"),
    ('["a", "b", "c"]', "a, b, c", "correct"),
    ("(a; b; c)", "a, b, c", "correct"),
    ("- a\n- b\n- c", "a, b, c", "correct"),
    ("Sorted:\n1. a\n2. b\n3. c", "a, b, c", "correct"),
    ("The answer is a, b, c.", "a, b, c", "correct"),
    ("The sorted list is as follows.\n\n* **a**\n* **b**\n* **c**", "a, b, c", "correct"),
    ("A, B, C", "a, b, c", "correct"),
    ("b, a, c", "a, b, c", "wrong"),
    ("a, b", "a, b, c", "wrong"),
    ("a, b, c, d", "a, b, c", "wrong"),
    ("1, 2, 3", "[1, 2, 3]", "correct"),
    ("1.0, 2, 3", "1, 2, 3", "correct"),
    ("1, 2, 33", "1, 2, 3", "wrong"),
    ("", "a, b", "unparsed"),
    ("New York, Los Angeles", "New York, Los Angeles", "correct"),
]


@pytest.mark.parametrize(("completion", "target", "status"), LISTS)
def test_list(completion: str, target: str, status: str) -> None:
    assert scored(case_of("list", target), completion).status == status


SETS = [
    ("c, b, a", "a, b, c", "correct"),
    ("a, a, b, c", "a, b, c", "correct"),
    ("{a, b, c}", "a, b, c", "correct"),
    ("a, b", "a, b, c", "wrong"),
    ("a, b, d", "a, b, c", "wrong"),
]


@pytest.mark.parametrize(("completion", "target", "status"), SETS)
def test_set(completion: str, target: str, status: str) -> None:
    assert scored(case_of("set", target), completion).status == status


def test_list_with_a_separator_of_its_own() -> None:
    assert scored(case_of("list", "a|b, c", separator="|"), "a | b, c").status == "correct"


JSON = [
    ('{"a": 1}', '{"a": 1}', {}, "correct"),
    ('{"a": 1.0}', '{"a": 1}', {}, "correct"),
    ('{"a": true}', '{"a": 1}', {}, "wrong"),
    ('Here it is:\n```json\n{"a": 1}\n```\nDone.', '{"a": 1}', {}, "correct"),
    ('First {"a": 0}, no: {"a": 1}', '{"a": 1}', {}, "correct"),
    ('The set {x} and {"a": 1}.', '{"a": 1}', {}, "correct"),
    ("no json", '{"a": 1}', {}, "unparsed"),
    ('{"a": 1', '{"a": 1}', {}, "unparsed"),
    ('{"a": {"b": [5, 6]}}', "6", {"path": "a.b[1]"}, "correct"),
    ('{"name": "Ada"}', "Ada", {"path": "name"}, "correct"),
    ('{"name": "Ada"}', "Ada", {"path": "nam"}, "wrong"),
    ('{"b": 2, "a": 1}', '{"a": 1, "b": 2}', {}, "correct"),
    ("[" * 100_000, "1", {}, "unparsed"),
]


@pytest.mark.parametrize(("completion", "target", "params", "status"), JSON, ids=range(len(JSON)))
def test_json(completion: str, target: str, params: dict[str, Any], status: str) -> None:
    assert scored(case_of("json", target, **params), completion).status == status


def test_json_schema_alone() -> None:
    pytest.importorskip("jsonschema")
    case = case_of("json", schema={"type": "object", "required": ["a"]})
    assert scored(case, '{"a": 1}').status == "correct"
    score = scored(case, '{"b": 1}')
    assert score.explanation == "the JSON does not meet the schema: 'a' is a required property"


DATES = [
    ("2024-03-31", "2024-03-31", "correct"),
    ("March 31, 2024", "2024-03-31", "correct"),
    ("31 March 2024", "2024-03-31", "correct"),
    ("the 31st of March 2024", "2024-03-31", "correct"),
    ("Mar. 31st, 2024", "2024-03-31", "correct"),
    ("03/31/2024", "2024-03-31", "correct"),
    ("31/03/2024", "2024-03-31", "correct"),  # 31 can only be a day
    ("03/04/2024", "2024-03-04", "correct"),
    ("2024/3/31", "2024-03-31", "correct"),
    ("30 February 2024", "2024-03-01", "unparsed"),
    ("From 2024-01-01 it is 2024-03-31.", "2024-03-31", "correct"),
    ("The answer is 2024-03-31, 90 days after 2024-01-01.", "2024-03-31", "correct"),
    ("2024-03-30", "2024-03-31", "wrong"),
    ("tomorrow", "2024-03-31", "unparsed"),
]


@pytest.mark.parametrize(("completion", "target", "status"), DATES)
def test_date(completion: str, target: str, status: str) -> None:
    assert scored(case_of("date", target), completion).status == status


def test_date_with_the_day_first() -> None:
    assert scored(case_of("date", "2024-04-03", day_first=True), "03/04/2024").status == "correct"


MATHS = [
    ("\\boxed{\\frac{1}{2}}", "0.5", "correct"),
    ("The answer is $x^2 + 2x + 1$.", "(x+1)^2", "correct"),
    ("$\\sqrt{8}$", "2\\sqrt{2}", "correct"),
    ("The answer is $x^2$.", "x^3", "wrong"),
]


@pytest.mark.parametrize(("completion", "target", "status"), MATHS)
def test_math(completion: str, target: str, status: str) -> None:
    pytest.importorskip("math_verify")
    assert scored(case_of("math", target), completion).status == status


NUMBER, EXACT = ScorerSpec(type="number"), ScorerSpec(type="exact")
COMBINED = [
    ("all", {}, "7", "correct"),
    ("all", {}, "7.0", "wrong"),
    ("any", {}, "7.0", "correct"),
    ("any", {}, "8", "wrong"),
    ("weighted", {"weights": (3.0, 1.0), "at_least": 0.7}, "7.0", "correct"),
    ("weighted", {"weights": (1.0, 3.0), "at_least": 0.7}, "7.0", "wrong"),
]


@pytest.mark.parametrize(("how", "params", "completion", "status"), COMBINED)
def test_scorers_combined(how: str, params: dict[str, Any], completion: str, status: str) -> None:
    assert scored(case_of(how, "7", of=(NUMBER, EXACT), **params), completion).status == status


def test_an_error_of_one_part_is_the_error_of_the_whole() -> None:
    score = scored(case_of("any", "7", of=(NUMBER, ScorerSpec(type="nope"))), "7")
    assert (score.status, score.explanation) == ("error", "unknown scorer 'nope' (register it in conftest.py)")
