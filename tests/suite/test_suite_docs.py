"""Every YAML example of the documentation is a suite that loads."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from suite_texts import load, problems

from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite.filters import REASONING_FILTERS
from pytest_reasoning.suite.generators import GENERATORS
from pytest_reasoning.suite.schema import CASE_KEYS, SUITE_KEYS
from pytest_reasoning.suite.scorer_specs import SCORERS

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "suites.md").read_text(encoding="utf-8")
FIRST = (DOCS / "first-case.md").read_text(encoding="utf-8")


def examples(page: str) -> list[str]:
    return [
        textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize("text", examples(REFERENCE))
def test_examples_of_the_reference_load(text: str) -> None:
    assert load(text, check=target_problem).cases


@pytest.mark.parametrize("name", sorted(SUITE_KEYS | CASE_KEYS | {*GENERATORS, *SCORERS, *REASONING_FILTERS}))
def test_every_key_generator_scorer_and_filter_is_documented(name: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", REFERENCE)


def test_the_first_case_page_step_by_step() -> None:
    first, more = examples(FIRST)
    assert [(case.id, case.prompt, case.target) for case in load(first).cases] == [
        ("4-5", "Q: What is 4 + 5?", ("9",)),
        ("with-carry", "Q: What is 8 + 7?", ("15",)),
    ]
    assert len(load(first + more).cases) == 22
    (message, *_) = problems(first.replace("target:", "tagret:"))
    assert message == "t.yaml:2:1: unknown key 'tagret' (did you mean 'target'?)"
