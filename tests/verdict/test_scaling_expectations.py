"""`expect:` judged from outcomes: monotone, and emerging between two models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_scaling_contrasts import MODELS, outcomes

from pytest_reasoning.records import Expectation, Gate, Outcome
from pytest_reasoning.verdict.expectations import ExpectedSuite, judge_expectations

MONOTONE = ExpectedSuite(file="s.yaml", suite="s", strategy="direct", expect=Expectation(monotone=True), whole=True)
EMERGES = replace(MONOTONE, expect=Expectation(emerges_between=("nano", "large")))


def judged(expected: ExpectedSuite, *ran: list[Outcome]) -> Gate:
    (gate,) = judge_expectations([expected], [outcome for each in ran for outcome in each], MODELS)
    return gate


def test_a_larger_model_that_is_worse_fails_and_is_named() -> None:
    large = outcomes("s", "large", "--++------")
    gate = judged(MONOTONE, outcomes("s", "nano", "-" * 10), outcomes("s", "mid", "+" * 10), large)
    assert (gate.nodeid, gate.verdict) == ("s.yaml::expect-monotone[direct]", "failed")
    assert gate.reason == (
        "a larger model is worse: mid 1.00, large 0.20, difference -0.80 (-0.94 to -0.30) on 10 cases, "
        "p 0.012 by Holm over the 3 pairs of the run"
    )


def test_every_suite_of_the_run_is_in_one_correction() -> None:
    """Five lost of five is p 0.031: one suite of a run fails with it, one of two such suites does not."""
    ran = [one for suite in ("s", "t") for one in outcomes(suite, "nano", "+++++-")]
    ran += outcomes("s", "large", "-" * 6) + outcomes("t", "large", "+++++-")
    both = [MONOTONE, replace(MONOTONE, suite="t")]
    assert [gate.verdict for gate in judge_expectations(both[:1], ran, MODELS)] == ["failed"]
    assert [gate.verdict for gate in judge_expectations(both, ran, MODELS)] == ["passed", "passed"]


@pytest.mark.slow
def test_monotone_keeps_its_chance_over_25_suites() -> None:
    """60 runs of 25 suites on two models that are equally good: uncorrected, half of them have a failed suite."""
    rng = np.random.default_rng(0)
    suites = [replace(MONOTONE, suite=f"s{place}") for place in range(25)]
    failed = 0
    for _ in range(60):
        drawn = rng.random((25, 2, 12)) < 0.6
        ran = [
            one
            for place, suite in enumerate(suites)
            for row, name in enumerate(("nano", "large"))
            for one in outcomes(suite.suite, name, "".join("-+"[int(right)] for right in drawn[place, row]))
        ]
        failed += any(gate.verdict == "failed" for gate in judge_expectations(suites, ran, MODELS))
    assert failed <= 6


def test_a_drop_within_noise_passes() -> None:
    gate = judged(MONOTONE, outcomes("s", "nano", "+" * 10), outcomes("s", "large", "+" * 8 + "--"))
    assert gate.verdict == "passed"
    assert gate.reason.startswith(
        "no larger model is significantly worse, the nearest to it: nano 1.00, large 0.80"
    )


@pytest.mark.parametrize(
    ("nano", "large", "verdict", "reason"),
    [
        (
            "--------",
            "++++++++",
            "passed",
            "nano fails where large succeeds: nano 0.00, large 1.00, difference +1.00",
        ),
        ("+++++---", "++++++++", "failed", "nano succeeds already (pass rate of at least 0.50): nano 0.62"),
        ("--------", "+++-----", "failed", "large does not succeed (pass rate below 0.50): nano 0.00, large 0.38"),
        ("--+", "+++", "failed", "large is not significantly better: nano 0.33, large 1.00"),
    ],
)
def test_what_emerges(nano: str, large: str, verdict: str, reason: str) -> None:
    gate = judged(EMERGES, outcomes("s", "nano", nano), outcomes("s", "large", large))
    assert gate.nodeid == "s.yaml::expect-emerges[direct]"
    assert (gate.verdict, gate.reason[: len(reason)]) == (verdict, reason)


def test_what_cannot_be_judged_says_why() -> None:
    right = outcomes("s", "nano", "++")
    assert judged(MONOTONE, right).reason == "fewer than two sizes ran"
    assert judged(EMERGES, right).reason == "model 'large' did not run"
    assert judged(replace(MONOTONE, whole=False), right, outcomes("s", "large", "++")).reason == "not all cases ran"
    broken = judged(MONOTONE, right, outcomes("s", "large", "+!"))
    assert (broken.verdict, broken.reason) == ("error", "1 outcome ended in error")
