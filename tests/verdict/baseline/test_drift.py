"""The drift of targets' log-probabilities: paired with the baseline, corrected, and failing only where asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_reasoning.records import Cell, Outcome
from pytest_reasoning.text.errors import ReasoningError
from pytest_reasoning.verdict import (
    Comparison,
    ComparisonSettings,
    baseline_of,
    baseline_text,
    compare_run,
    comparison_lines,
    merged,
    parse_baseline,
)

CELL = Cell("letters", "direct", "small")
FACTS = {"small": {"tokenizer": "t"}}


def scored(outcome: Any, logprobs: Sequence[float | None], **more: Any) -> list[Outcome]:
    return [outcome(f"case-{i:02}", target_logprob=by, **more) for i, by in enumerate(logprobs)]


def compared(before: list[Outcome], now: list[Outcome], **more: Any) -> Comparison:
    saved = parse_baseline(baseline_text(baseline_of(before, facts=FACTS)), "b.txt")
    facts = more.pop("facts", FACTS)
    (found,) = compare_run(saved, now, facts=facts, settings=ComparisonSettings(), **more)
    return found


def test_a_fall_is_told_though_no_answer_flipped(outcome: Any) -> None:
    now = [-0.5 - 0.01 * n for n in range(20)]
    found = compared(scored(outcome, [-0.4] * 20), scored(outcome, now))
    assert found.verdict == "passed"
    assert found.reason == "no regression: all 20 cases answered as before, word for word"
    assert found.drift is not None
    assert (found.drift.called, found.drift.fails, found.drift.pairs) == ("fall", False, 20)
    assert found.drift.p_value == 2 / 2**20
    assert comparison_lines(found)[0] == (
        "a drift down: targets' log-probability per token -0.400 before, -0.595 now (of 20 cases; difference "
        "-0.195, interval -0.223 to -0.167; p 1.9e-06)"
    )


def test_it_fails_only_where_the_suite_asks_and_only_down(outcome: Any) -> None:
    high, low = scored(outcome, [-0.4] * 20), scored(outcome, [-0.5] * 20)
    asked: dict[Cell, Any] = {CELL: "fail"}
    fell = compared(high, low, evidence=asked)
    assert fell.verdict == "failed"
    assert fell.reason.startswith(
        "drift: targets' log-probability per token -0.400 before, -0.500 now (of 20 cases"
    )
    assert fell.reason.endswith("; no regression: all 20 cases answered as before, word for word")
    rose = compared(low, high, evidence=asked)
    assert rose.drift is not None
    assert (rose.verdict, rose.drift.called, rose.drift.fails) == ("passed", "rise", False)
    assert compared(high, low, evidence={CELL: "report"}).verdict == "passed"


def test_drifts_are_corrected_for_each_other(outcome: Any) -> None:
    before, now = scored(outcome, [-0.4] * 8), scored(outcome, [-0.5] * 8)
    assert compared(before, now).drift.called == "fall"  # type: ignore[union-attr]
    found = compared(before, now, family=10).drift
    assert found is not None
    assert (found.p_value, found.p_adjusted, found.called) == (2 / 2**8, 20 / 2**8, "")


def test_related_cases_drift_together(outcome: Any) -> None:
    def of(by: float) -> list[Outcome]:
        return [outcome(f"case-{n}", target_logprob=by, cluster=f"text {n // 5}") for n in range(20)]

    found = compared(of(-0.4), of(-0.5)).drift
    assert found is not None
    assert (found.pairs, found.clusters, found.p_value) == (20, 4, 2 / 2**4)


def test_why_there_is_no_drift_is_said(outcome: Any) -> None:
    measured, bare = scored(outcome, [-0.4] * 5), scored(outcome, [None] * 5)
    assert compared(bare, measured).no_drift == "the baseline holds no log-probabilities (save it again with them)"
    assert compared(bare, bare).no_drift == ""
    asked = compared(bare, bare, evidence={CELL: "fail"})
    assert asked.no_drift == (
        "no target was scored (it has to be the answer's beginning, and the model a GGUF file)"
    )
    other = compared(measured, measured, facts={"small": {"tokenizer": "u"}})
    assert other.no_drift == "another tokenizer cuts targets into other tokens"
    assert "no drift is told: another tokenizer cuts targets into other tokens" in comparison_lines(other)


def test_a_baseline_keeps_log_probabilities_on_lines_of_their_own(outcome: Any) -> None:
    baseline = baseline_of(scored(outcome, [-0.25, None]), facts=FACTS)
    text = baseline_text(baseline)
    assert "\nlogprob\tletters\tdirect\tsmall\tcase-00\t-0.25\n" in text
    assert parse_baseline(text, "b.txt").rows == baseline.rows
    with pytest.raises(ReasoningError, match="the line is damaged"):
        parse_baseline(text.replace("-0.25", "nan"), "b.txt")


def test_a_run_that_does_not_measure_keeps_what_was_measured(outcome: Any) -> None:
    old = baseline_of(scored(outcome, [-0.25, -0.5]), facts=FACTS)
    new = baseline_of(scored(outcome, [None, None]), facts=FACTS)
    assert [row.target_logprob for row in merged(old, new, complete=()).rows] == [-0.25, -0.5]
    other = baseline_of(scored(outcome, [None, None]), facts={"small": {"tokenizer": "u"}})
    assert [row.target_logprob for row in merged(old, other, complete={CELL}).rows] == [None, None]
