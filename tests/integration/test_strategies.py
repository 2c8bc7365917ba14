"""Strategies of several samples and stages, as outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kit.fixtures import Write


def test_self_consistency_takes_the_majority(
    pytester: pytest.Pytester, suite: Write, recorded: Callable[..., str]
) -> None:
    suite(
        extra="strategies: [self-consistency]\nfewshot: [{a: 1, b: 1, target: 2, rationale: Count on.}]\n",
        cases="  - {id: one, a: 1, b: 2, target: 3}\n",
    )
    answers = {"one": [" The answer is 4.", " The answer is 3.", " The answer is 3.", " 9", " The answer is 3."]}
    result = pytester.runpytest(f"--reasoning-models={recorded('m', answers)}", "--reasoning-json=out.json")
    result.assert_outcomes(passed=1, skipped=1)
    (outcome,) = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    assert outcome["answer"] == "3"
    assert outcome["explanation"].startswith("3 of 5 samples: ")


def test_repeats_are_answers_of_their_own(
    pytester: pytest.Pytester, suite: Write, recorded: Callable[..., str]
) -> None:
    suite(extra="repeats: 3\nthreshold: 0.6\n", cases="  - {id: one, a: 1, b: 2, target: 3}\n")
    result = pytester.runpytest(f"--reasoning-models={recorded('m', {'one': [' 3', ' 4', ' 3']})}", "-rx")
    result.assert_outcomes(xfailed=1, passed=1)
    result.stdout.fnmatch_lines(["XFAIL*expected '3', answered '4' (1 of 3 samples); judged by pass-rate ≥ 0.60"])


def test_two_stages_ask_a_real_model_twice(pytester: pytest.Pytester, suite: Write) -> None:
    suite(extra="strategies: [zero-shot-cot]\ngeneration: {max_tokens: 8}\nthreshold: {max: 1.0}\n")
    pytester.runpytest("--reasoning-models=nano", "--reasoning-json=out.json").assert_outcomes(xfailed=3, passed=1)
    outcomes = json.loads((pytester.path / "out.json").read_text())["outcomes"]
    assert all("\nTherefore, the answer is" in outcome["completion"] for outcome in outcomes)
