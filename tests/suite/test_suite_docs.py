"""Every YAML example of the documentation is a suite that loads."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.suite_texts import load, problems
from pytest_reasoning.records import STRATEGIES
from pytest_reasoning.scoring import target_problem
from pytest_reasoning.suite.format.datasets import FORMATS
from pytest_reasoning.suite.format.keys import KNOWN_KEYS
from pytest_reasoning.suite.format.scorers import SCORERS
from pytest_reasoning.suite.generate.generators import GENERATORS
from pytest_reasoning.suite.generate.word_lists import SYMBOLS
from pytest_reasoning.suite.templates.filters import REASONING_FILTERS

CHOICES = (*FORMATS, *SYMBOLS, "likelihood", "tokens", "chars", "first", "last", "full")
"Words that some key takes as its value."
DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "suites.md").read_text(encoding="utf-8")
FIRST = (DOCS / "first-case.md").read_text(encoding="utf-8")


def examples(page: str) -> list[str]:
    return [
        textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that examples name: those in blocks with a name."""
    for name, content in re.findall(r"^```\w+ (\S+)\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE):
        tmp_path.joinpath(name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("text", examples(REFERENCE))
def test_examples_of_the_reference_load(text: str, folder: Path) -> None:
    assert load(text, folder, check=target_problem).cases


def keys_of(value: Any) -> set[str]:
    """Return every key of a YAML value, and every scorer, strategy and generator that is named alone."""
    if isinstance(value, dict):
        return set(value).union(*(keys_of(entry) for entry in value.values()))
    if isinstance(value, list):
        return set().union(*(keys_of(entry) for entry in value))
    return {str(value)}


SHOWN = set().union(
    *(
        keys_of(yaml.safe_load(text))
        for text in re.findall(r"^```yaml[^\n]*\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)
    )
)
KEYS = {key for keys in KNOWN_KEYS.values() for key in keys}


@pytest.mark.parametrize("name", sorted(KEYS | {*GENERATORS, *SCORERS, *STRATEGIES}))
def test_every_key_stands_in_an_example_that_is_run(name: str) -> None:
    assert name in SHOWN


@pytest.mark.parametrize("name", sorted({*REASONING_FILTERS, *CHOICES}))
def test_every_filter_and_word_is_documented(name: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", REFERENCE)


def test_the_first_case_page_step_by_step() -> None:
    first, more, wrong = re.findall(r'^```yaml title="[^"]+"\n(.*?)^```', FIRST, re.DOTALL | re.MULTILINE)
    assert [(case.id, case.prompt, case.target) for case in load(first).cases] == [
        ("4-5", "What is 4 + 5?", ("9",)),
        ("with-carry", "What is 8 + 7?", ("15",)),
    ]
    assert len(load(first + more).cases) == 22
    (message, *_) = problems(wrong)
    assert message == "t.yaml:2:1: unknown key 'tagret' (did you mean 'target'?)"
