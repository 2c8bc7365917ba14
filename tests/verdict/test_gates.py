from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kit.outcomes import an_outcome
from pytest_reasoning.records import Gate, Outcome, Status
from pytest_reasoning.stats import IntervalMethod, clopper_pearson_interval, wilson_interval
from pytest_reasoning.verdict import GateSettings, counts_as, judge_gate


def outcome(case: str, status: Status = "correct", sample: int = 0, **changed: Any) -> Outcome:
    explanation = "the engine died"
    return an_outcome(case=case, status=status, sample=sample, **{"explanation": explanation} | changed)


def outcomes(correct: int, total: int) -> list[Outcome]:
    return [outcome(f"case-{i}", "correct" if i < correct else "wrong") for i in range(total)]


def judged(
    found: list[Outcome],
    threshold: Mapping[str, float] | None,
    settings: GateSettings | None = None,
    expected: int | None = None,
    **more: Any,
) -> Gate:
    return judge_gate(
        nodeid="cases/s.yaml::pass-rate[small]",
        suite="s",
        model="small",
        strategy="direct",
        outcomes=found,
        expected=len(found) if expected is None else expected,
        threshold=threshold,
        settings=settings or GateSettings(),
        **more,
    )


@pytest.mark.parametrize(
    ("correct", "total", "threshold", "verdict", "reason"),
    [
        (
            21, 50, {"min": 0.8}, "failed",
            "pass rate 0.42 (21/50, 95 % interval 0.29 to 0.56) is below the threshold 0.80",
        ),
        (
            40, 50, {"min": 0.8}, "passed",
            "pass rate 0.80 (40/50, 95 % interval 0.67 to 0.89) meets the threshold 0.80",
        ),
        (
            # 0.7969 must not read "0.80 is below 0.80"
            51, 64, {"min": 0.8}, "failed",
            "pass rate 0.797 (51/64, 95 % interval 0.68 to 0.88) is below the threshold 0.80",
        ),
        (
            30, 50, {"max": 0.2}, "failed",
            "pass rate 0.60 (30/50, 95 % interval 0.46 to 0.72) is above the highest allowed 0.20",
        ),
        (
            0, 50, {"max": 0.2}, "passed",
            "pass rate 0.00 (0/50, 95 % interval 0.00 to 0.07) meets the highest allowed 0.20",
        ),
        (
            5, 10, {"min": 0.2, "max": 0.9}, "passed",
            "pass rate 0.50 (5/10, 95 % interval 0.24 to 0.76) "
            "meets the threshold 0.20 and the highest allowed 0.90",
        ),
        (7, 10, None, "skipped", "no threshold for small: each case is a test of its own; 7/10 correct"),
    ],
)  # fmt: skip
def test_the_point_estimate_is_judged(
    correct: int, total: int, threshold: dict[str, float] | None, verdict: str, reason: str
) -> None:
    gate = judged(outcomes(correct, total), threshold)
    assert (gate.verdict, gate.reason) == (verdict, reason)
    assert (gate.correct, gate.total, gate.rate) == (correct, total, correct / total)
    assert gate.threshold == (threshold or {})


def test_every_status_but_error_stays_in_the_denominator() -> None:
    statuses: tuple[Status, ...] = ("correct", "wrong", "unparsed", "truncated", "overflow")
    found = [outcome(status, status) for status in statuses]
    gate = judged(found, {"min": 0.2})
    assert (gate.correct, gate.total, gate.verdict) == (1, 5, "passed")


def test_one_error_makes_the_gate_an_error_even_where_the_rest_would_pass() -> None:
    gate = judged([*outcomes(49, 49), outcome("last", "error")], {"min": 0.5})
    assert gate.verdict == "error"
    assert gate.reason == "1 of 50 outcomes ended in error, first case 'last': the engine died"


def test_an_outcome_that_never_came_is_an_error_not_a_smaller_denominator() -> None:
    gate = judged(outcomes(47, 47), {"min": 0.5}, expected=50)
    assert gate.verdict == "error"
    assert gate.reason == "47 of 50 outcomes arrived (the run stopped early or a worker was lost)"


def test_an_outcome_that_came_twice_is_an_error() -> None:
    gate = judged([*outcomes(2, 2), outcome("case-0")], {"min": 0.5}, expected=2)
    assert gate.verdict == "error"
    assert gate.reason == (
        "1 outcome was reported more than once, first case 'case-0' sample 0 (run each case once: no --dist each)"
    )


def test_a_selection_is_not_judged() -> None:
    gate = judged(outcomes(1, 12), {"min": 0.8}, selected=12, cases=50)
    assert (gate.verdict, gate.reason) == ("skipped", "12 of 50 cases ran")
    assert gate.rate == 1 / 12


def test_a_selection_of_nothing_has_no_rate() -> None:
    gate = judged([], {"min": 0.8}, selected=0, cases=50)
    assert (gate.verdict, gate.reason) == ("skipped", "0 of 50 cases ran")
    assert (gate.rate, gate.interval) == (None, None)


def test_a_must_pass_case_fails_the_gate_whatever_the_rate() -> None:
    gate = judged(outcomes(49, 50), {"min": 0.5}, must_pass={"case-49", "case-1"})
    assert gate.verdict == "failed"
    assert gate.reason == "must-pass case 'case-49' not correct in every sample"


def test_a_must_pass_case_counts_without_a_threshold() -> None:
    gate = judged(outcomes(8, 10), None, must_pass={"case-8", "case-9"})
    assert gate.verdict == "failed"
    assert gate.reason == "must-pass cases 'case-8', 'case-9' not correct in every sample"


@pytest.mark.parametrize(
    ("correct", "total", "threshold", "verdict", "reason"),
    [
        (
            48, 50, {"min": 0.8}, "passed",
            "pass rate 0.96 (48/50, 95 % interval 0.87 to 0.99) meets the threshold 0.80",
        ),
        (
            30, 50, {"min": 0.8}, "failed",
            "pass rate 0.60 (30/50, 95 % interval 0.46 to 0.72) is wholly below the threshold 0.80",
        ),
        (
            43, 50, {"min": 0.8}, "undecided",
            "pass rate 0.86 (43/50, 95 % interval 0.74 to 0.93) leaves the threshold 0.80 undecided; "
            "about 326 cases would decide in 80 % of runs at this rate",
        ),
        (
            40, 50, {"min": 0.8}, "undecided",
            "pass rate 0.80 (40/50, 95 % interval 0.67 to 0.89) leaves the threshold 0.80 undecided; "
            "no number of cases decides a rate this close to it",
        ),
        (
            8, 50, {"max": 0.1}, "undecided",
            "pass rate 0.16 (8/50, 95 % interval 0.08 to 0.29) leaves the highest allowed 0.10 undecided; "
            "about 233 cases would decide in 80 % of runs at this rate",
        ),
        (
            25, 50, {"min": 0.4, "max": 0.6}, "undecided",
            "pass rate 0.50 (25/50, 95 % interval 0.37 to 0.63) leaves the threshold 0.40 and the highest "
            "allowed 0.60 undecided; about 254 cases would decide in 80 % of runs at this rate",
        ),
    ],
)  # fmt: skip
def test_the_interval_is_judged_where_confidence_is_given(
    correct: int, total: int, threshold: dict[str, float], verdict: str, reason: str
) -> None:
    gate = judged(outcomes(correct, total), threshold, GateSettings(confidence=0.95))
    assert (gate.verdict, gate.reason) == (verdict, reason)


def test_the_number_that_would_decide_decides() -> None:
    settings = GateSettings(confidence=0.95)
    assert judged(outcomes(129, 150), {"min": 0.8}, settings).verdict == "undecided"
    assert judged(outcomes(172, 200), {"min": 0.8}, settings).verdict == "passed"


@pytest.mark.parametrize(("undecided", "expected"), [("fail", "failed"), ("pass", "passed")])
def test_what_undecided_counts_as_is_a_setting(undecided: Any, expected: str) -> None:
    settings = GateSettings(confidence=0.95, undecided=undecided)
    assert counts_as(judged(outcomes(43, 50), {"min": 0.8}, settings), settings) == expected
    assert counts_as(judged(outcomes(10, 50), {"min": 0.8}, settings), settings) == "failed"


def test_repeats_are_clusters_and_said_so() -> None:
    found = [
        outcome(f"case-{i}", "correct" if i < 15 else "wrong", sample) for i in range(20) for sample in range(5)
    ]
    gate = judged(found, {"min": 0.8})
    assert (gate.cases, gate.total) == (20, 100)
    assert gate.interval == pytest.approx(wilson_interval(15, 20))
    assert gate.reason == (
        "pass rate 0.75 (75/100 samples of 20 cases, 95 % interval 0.53 to 0.89) is below the threshold 0.80"
    )


def test_with_repeats_the_number_that_would_decide_is_of_cases() -> None:
    found = [
        outcome(f"case-{i}", "correct" if i < 43 else "wrong", sample) for i in range(50) for sample in range(5)
    ]
    gate = judged(found, {"min": 0.8}, GateSettings(confidence=0.95))
    assert gate.reason.endswith(
        "leaves the threshold 0.80 undecided; about 326 cases would decide in 80 % of runs at this rate"
    )


@pytest.mark.parametrize(
    ("method", "words"),
    [("clopper-pearson", "90 % Clopper-Pearson interval"), ("jeffreys", "90 % Jeffreys interval")],
)
def test_another_interval_is_named(method: IntervalMethod, words: str) -> None:
    gate = judged(outcomes(48, 50), {"min": 0.8}, GateSettings(confidence=0.9, interval=method))
    assert words in gate.reason
    assert (gate.interval_method, gate.interval_level) == (method, 0.9)
    if method == "clopper-pearson":
        assert gate.interval == clopper_pearson_interval(48, 50, 0.9)
