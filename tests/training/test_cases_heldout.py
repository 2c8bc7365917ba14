"""No shipped case was seen in training: every word, sum, pair and expression in it is held out by its hash."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from pytest_reasoning.suite import load_suite
from training.splits import is_heldout
from training.suites import SUITES
from training.tasks import TASKS
from training.write_cases import suite_text

CASES = Path(__file__).parents[2] / "cases"
SIGNS = {"addition": ("sum", "+"), "subtraction": ("difference", "-")}


def contents(task: str, variables: dict[str, Any]) -> list[tuple[str, str]]:
    """What a question is made of, as kind and content."""
    if task in SIGNS:
        kind, sign = SIGNS[task]
        return [(kind, f"{variables['a']}{sign}{variables['b']}")]
    if task in ("symbol-mapping", "chained-mapping"):
        return [("pair", pair) for pair in variables["pairs"].split(", ")]
    if task == "boolean":
        return [("expression", variables["expression"])]
    if task == "coin-flips":
        names = re.findall(r"(\w+) (?:flips|does not flip) the coin\.", variables["story"])
        return [("word", name.lower()) for name in names]
    text = variables.get("name") or variables.get("text") or variables["word"]
    return [("word", word.lower()) for word in text.split()]


@pytest.mark.parametrize("name", SUITES)
def test_every_case_is_held_out(name: str) -> None:
    suite = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert len(suite["cases"]) >= 50
    for case in suite["cases"]:
        held = [is_heldout(kind, content) for kind, content in contents(SUITES[name].task, case)]
        assert held
        assert all(held), f"{name}: {case['id']}"


@pytest.mark.parametrize("task", TASKS)
def test_training_draws_nothing_that_is_held_out(task: str) -> None:
    rng = Random("a test of the split")
    for _ in range(300):
        drawn = TASKS[task].draw(rng, "train", None)
        assert not any(is_heldout(*content) for content in contents(task, dict(drawn.variables))), drawn


@pytest.mark.parametrize("name", SUITES)
def test_shipped_suites_are_what_the_program_writes(name: str) -> None:
    assert (CASES / f"{name}.yaml").read_text(encoding="utf-8") == suite_text(name, SUITES[name])


def test_generated_suites_are_longer_than_anything_trained() -> None:
    trained_words = max(
        len(TASKS["last-letters"].draw(Random(seed), "train", None).variables["name"].split())
        for seed in range(300)
    )
    trained_digits = max(
        len(TASKS["addition"].draw(Random(seed), "train", None).variables[number])
        for seed in range(300)
        for number in "ab"
    )
    words = [len(str(case.variables["name"]).split()) for case in load_suite(CASES / "last_letters_6.yaml").cases]
    digits = [
        len(str(case.variables[number]))
        for case in load_suite(CASES / "addition_4_digits.yaml").cases
        for number in "ab"
    ]
    assert len(words) == 50
    assert min(words) > trained_words == 4
    assert len(digits) == 100
    assert min(digits) > trained_digits == 3
