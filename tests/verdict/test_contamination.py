"""The contamination gap: what counts on each side, and when there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_reasoning.records import Gate, Outcome
from pytest_reasoning.stats import newcombe_interval
from pytest_reasoning.verdict import contamination_gaps

Make = Callable[..., Outcome]


def several(make: Make, correct: int, total: int, origin: str, **changed: Any) -> list[Outcome]:
    return [
        make(f"{origin}-{place}", "correct" if place < correct else "wrong", origin=origin, **changed)
        for place in range(total)
    ]


def test_generated_cases_are_compared_and_written_ones_are_not(outcome: Make) -> None:
    fixed = (
        several(outcome, 9, 10, "generated") + several(outcome, 0, 5, "case") + several(outcome, 0, 5, "dataset")
    )
    (gap,) = contamination_gaps(fixed, several(outcome, 3, 10, "fresh"))
    assert (gap.suite, gap.strategy, gap.model) == ("letters", "direct", "small")
    assert (gap.correct, gap.total, gap.fresh_correct, gap.fresh_total) == (9, 10, 3, 10)
    assert gap.gap == pytest.approx(0.6)
    assert gap.interval == newcombe_interval([(1, 1)] * 9 + [(0, 1)], [(1, 1)] * 3 + [(0, 1)] * 7)
    assert (gap.excludes_zero, gap.reason) == (True, "")


def test_each_model_and_strategy_has_its_own(outcome: Make) -> None:
    changes: list[dict[str, str]] = [{"model": "a"}, {"model": "b"}, {"model": "b", "strategy": "cot"}]
    fixed = [one for changed in changes for one in several(outcome, 4, 4, "generated", **changed)]
    fresh = [one for changed in reversed(changes) for one in several(outcome, 4, 4, "fresh", **changed)]
    found = contamination_gaps(fixed, fresh)
    assert [(gap.model, gap.strategy, gap.gap) for gap in found] == [
        ("b", "cot", 0.0),
        ("b", "direct", 0.0),
        ("a", "direct", 0.0),
    ]


def test_an_error_on_either_side_leaves_no_gap(outcome: Make) -> None:
    fixed, fresh = several(outcome, 3, 4, "generated"), several(outcome, 3, 4, "fresh")
    broken = outcome("fresh-9", "error", origin="fresh")
    (gap,) = contamination_gaps(fixed, [*fresh, broken])
    assert (gap.gap, gap.interval, gap.reason) == (None, None, "1 of 9 outcomes ended in error")
    assert (gap.fresh_correct, gap.fresh_total) == (3, 4)


def test_without_the_fixed_side_there_is_no_gap(outcome: Make) -> None:
    (gap,) = contamination_gaps([], several(outcome, 3, 4, "fresh"))
    assert (gap.gap, gap.rate, gap.reason) == (None, None, "no fixed instance ran")


def test_a_suite_that_was_stopped_early_has_no_gap(outcome: Make) -> None:
    gate = Gate(
        nodeid="", suite="letters", model="small", strategy="direct", correct=3, total=4, rate=None, interval=None,
        threshold={}, verdict="passed", reason="", not_run=6,
    )  # fmt: skip
    (gap,) = contamination_gaps(several(outcome, 3, 4, "generated"), several(outcome, 3, 4, "fresh"), [gate])
    assert (gap.gap, gap.reason) == (None, "the fixed instances were stopped early")


def test_samples_of_one_case_are_one_cluster(outcome: Make) -> None:
    fixed = [outcome(f"g{place}", sample=sample, origin="generated") for place in range(5) for sample in range(4)]
    fresh = [
        outcome(f"f{place}", "wrong", sample=sample, origin="fresh") for place in range(5) for sample in range(4)
    ]
    (gap,) = contamination_gaps(fixed, fresh)
    assert gap.total == 20
    assert gap.interval == newcombe_interval([(4, 4)] * 5, [(0, 4)] * 5)
