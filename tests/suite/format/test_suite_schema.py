"""The JSON Schema: current, shipped, and of one mind with the validation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.suite_texts import HEAD
from pytest_reasoning.scoring.score import COMBINATIONS
from pytest_reasoning.scoring.score import SCORERS as SCORING
from pytest_reasoning.suite import Extensions, schema_text
from pytest_reasoning.suite.format.scorers import SCORERS

ROOT = Path(__file__).parents[3]
SHIPPED = "src/pytest_reasoning/suite/format/suite.schema.json"


def test_the_committed_schema_is_current() -> None:
    current = (ROOT / SHIPPED).read_text(encoding="utf-8") == schema_text()
    assert current, f"run: pytest-reasoning schema suite > {SHIPPED}"


@cache
def validator(extensions: Extensions | None) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema: Any = json.loads(schema_text(extensions))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def errors(text: str, extensions: Extensions | None = None) -> list[str]:
    return [error.message for error in validator(extensions).iter_errors(yaml.load(text, yaml.CSafeLoader))]


@pytest.mark.parametrize("path", sorted((ROOT / "cases").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_suite_meets_the_schema(path: Path) -> None:
    assert errors(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "keys",
    [
        "scorer: {type: number, tolerance: 0.1}",
        "scorer: {type: all, of: [exact, {type: regex, pattern: x}]}",
        "strategies: [direct, {name: x, like: cot}]",
        "threshold: {small: 0.5, '<1B': {max: 0.1}}",
        "generate: {count: 1, vars: {a: {join: [{pseudoword: 3}, 2]}, b: {choice: [1, 2]}, c: {name: null}}}",
        "generate: [{count: 1, vars: {a: 1}}]",
        "dataset: {file: x.jsonl}",
        "include: [a.yaml]",
        "skip: {when: n_params < 3, reason: x}",
        "target: [1, x, true]",
    ],
)
def test_what_the_schema_accepts(keys: str) -> None:
    head = HEAD if not keys.startswith("target") else "prompt: x\n"
    assert errors(head + keys + "\ncases: [{a: 1}]\n") == []


@pytest.mark.parametrize(
    "keys",
    ["promt: x", "scorer: nubmer", "scorer: {type: number, tol: 1}", "strategies: [driect]", "repeats: 0",
     "generate: {count: 1, vars: {a: {intger: 1}}}", "threshold: 80", "generation: {temperature: -1}"],
)  # fmt: skip
def test_what_the_schema_refuses(keys: str) -> None:
    assert errors(HEAD + keys + "\ncases: [{a: 1}]\n")


def test_registered_names_are_in_the_schema_that_is_printed() -> None:
    text = HEAD + "scorer: mine\nstrategies: [socratic]\ngenerate: {count: 1, vars: {a: {seven: 3}}}\n"
    assert len(errors(text)) == 3
    names = Extensions(scorers={"mine": 1}, generators={"seven": 1}, strategies={"socratic": 1})
    assert not list(validator.__wrapped__(names).iter_errors(yaml.safe_load(text)))


def test_every_scorer_that_can_be_named_can_score() -> None:
    assert set(SCORERS) == {*SCORING, *COMBINATIONS}
