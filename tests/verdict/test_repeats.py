"""pass@k and pass^k over the cases of a suite."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from pytest_reasoning.records import Gate, Outcome
from pytest_reasoning.stats import wilson_interval
from pytest_reasoning.verdict import passes_at_k

Make = Callable[..., Outcome]


def sampled(make: Make, case: str, marks: str) -> list[Outcome]:
    return [make(case, "correct" if mark == "1" else "wrong", sample=place) for place, mark in enumerate(marks)]


def by_hand(rows: list[str], k: int, whole: Callable[[list[bool]], bool]) -> float:
    """Average over cases and over all choices of k of their samples."""
    means = []
    for row in rows:
        drawn = [whole([mark == "1" for mark in some]) for some in combinations(row, k)]
        means.append(sum(drawn) / len(drawn))
    return sum(means) / len(means)


def test_the_estimates_are_means_over_all_choices_of_k_samples(outcome: Make) -> None:
    rows = ["11010", "00000", "11111", "00010"]
    found = passes_at_k([one for case, row in enumerate(rows) for one in sampled(outcome, str(case), row)])
    assert [one.k for one in found] == [1, 2, 4, 5]
    for one in found:
        assert one.cases == 4
        assert one.pass_at_k == pytest.approx(by_hand(rows, one.k, any))
        assert one.pass_hat_k == pytest.approx(by_hand(rows, one.k, all))
        assert one.pass_at_k_interval == pytest.approx(wilson_interval(4 * by_hand(rows, one.k, any), 4))
    assert (found[-1].pass_at_k, found[-1].pass_hat_k) == (0.75, 0.25)


def test_cases_with_fewer_samples_count_as_far_as_they_go(outcome: Make) -> None:
    found = passes_at_k(sampled(outcome, "a", "100") + sampled(outcome, "b", "1"))
    assert [(one.k, one.cases, one.pass_at_k) for one in found] == [
        (1, 2, pytest.approx(2 / 3)),
        (2, 1, pytest.approx(2 / 3)),
        (3, 1, 1.0),
    ]


def test_cases_asked_once_have_no_estimate(outcome: Make) -> None:
    assert passes_at_k([outcome("a"), outcome("b")]) == ()


def test_an_error_or_an_early_stop_leaves_no_estimate(outcome: Make) -> None:
    broken = [*sampled(outcome, "a", "11"), outcome("b"), outcome("b", "error", sample=1)]
    assert {(one.pass_at_k, one.reason) for one in passes_at_k(broken)} == {
        (None, "1 of 4 outcomes ended in error")
    }
    gate = Gate(
        nodeid="", suite="letters", model="small", strategy="direct", correct=2, total=2, rate=None, interval=None,
        threshold={}, verdict="passed", reason="", not_run=2,
    )  # fmt: skip
    assert {one.reason for one in passes_at_k(sampled(outcome, "a", "11"), [gate])} == {"stopped early"}
