"""A whole run against its baseline: what is lost everywhere, what is lost in one suite, what is not compared."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_reasoning.records import Outcome
from pytest_reasoning.stats import gatekept, mcnemar_exact
from pytest_reasoning.verdict import (
    Comparison,
    ComparisonSettings,
    baseline_of,
    compare_run,
    comparison_lines,
)

FACTS = {"small": {"weights file": "f16"}}
NOW = {"small": {"weights file": "q4"}}


def suite_of(outcome: Any, name: str, statuses: str, **more: Any) -> list[Outcome]:
    """Return one outcome a letter: c is correct, w is wrong."""
    return [
        outcome(f"case-{i:02}", "correct" if letter == "c" else "wrong", suite=name, **more)
        for i, letter in enumerate(statuses)
    ]


def compared(before: list[Outcome], now: list[Outcome], **more: Any) -> tuple[Comparison, ...]:
    settings = more.pop("settings", ComparisonSettings())
    return compare_run(baseline_of(before, facts=FACTS), now, facts=NOW, settings=settings, whole={"small"}, **more)


def everywhere(outcome: Any, suites: int, before: str, now: str, **more: Any) -> tuple[Comparison, ...]:
    first = [one for i in range(suites) for one in suite_of(outcome, f"suite-{i}", before)]
    second = [one for i in range(suites) for one in suite_of(outcome, f"suite-{i}", now)]
    return compared(first, second, **more)


def test_a_loss_in_every_suite_that_none_of_them_shows_is_a_regression_of_the_whole(outcome: Any) -> None:
    *parts, whole = everywhere(outcome, 25, "c" * 45 + "w" * 5, "c" * 41 + "w" * 9)
    assert [one.verdict for one in parts] == ["passed"] * 25
    assert whole.verdict == "failed"
    assert (whole.suite, whole.strategy, whole.model, whole.name) == ("", "", "small", "the whole run")
    assert (whole.pairs, whole.clusters, whole.n_lost, whole.n_gained) == (1250, 1250, 100, 0)
    assert whole.p_value == mcnemar_exact(100, 0, "drop")
    assert whole.reason == (
        "regression: 1125/1250 correct before, 1025/1250 now (of 1,250 cases 100 lost, 0 gained; difference -0.08, "
        "95 % interval -0.10 to -0.07; p 7.9e-31, adjusted for 25 comparisons and the whole run 1.6e-30); none of "
        "its 25 suites and strategies shows it alone; weights file changed; prompts, scorers and sampling did not"
    )
    assert parts[0].reason.startswith(
        "no regression of its own (the whole run's is one): 45/50 correct before, 41/50 now (4 lost, 0 gained;"
    )
    assert comparison_lines(whole, most_flips=2) == (
        "'suite-0 / direct': 45/50 correct before, 41 now (4 lost, 0 gained; pooled with the others -0.08, "
        "-0.10 to -0.06)",
        "'suite-1 / direct': 45/50 correct before, 41 now (4 lost, 0 gained; pooled with the others -0.08, "
        "-0.10 to -0.06)",
    )


def test_a_loss_in_one_suite_is_named_though_it_drowns_in_the_whole(outcome: Any) -> None:
    noise = "c" * 40 + "w" * 10, "w" * 4 + "c" * 40 + "w" * 6  # 4 lost, 4 gained
    first = suite_of(outcome, "good", "c" * 50)
    second = suite_of(outcome, "good", "w" * 12 + "c" * 38)
    for i in range(20):
        first += suite_of(outcome, f"noisy-{i}", noise[0])
        second += suite_of(outcome, f"noisy-{i}", noise[1])
    good, *noisy, whole = compared(first, second)
    assert good.verdict == "failed"
    assert {one.verdict for one in noisy} == {"passed"}
    assert whole.verdict == "passed"
    adjusted, (of_good, *_) = gatekept(
        mcnemar_exact(92, 80, "drop"), [mcnemar_exact(12, 0, "drop"), *[mcnemar_exact(4, 4, "drop")] * 20]
    )
    assert (whole.p_adjusted, good.p_adjusted) == (adjusted, of_good)
    assert "; p 0.00024, adjusted for 21 comparisons and the whole run 0.01)" in good.reason


def test_where_the_whole_fell_suites_are_named_at_the_full_level(outcome: Any) -> None:
    first = suite_of(outcome, "worst", "c" * 50) + suite_of(outcome, "bad", "c" * 50)
    second = suite_of(outcome, "worst", "w" * 30 + "c" * 20) + suite_of(outcome, "bad", "w" * 5 + "c" * 45)
    worst, bad, whole = compared(first, second)
    assert (worst.verdict, bad.verdict, whole.verdict) == ("failed", "failed", "failed")
    assert bad.p_adjusted == mcnemar_exact(5, 0, "drop") > 0.025
    assert "; of its own in 'worst / direct', 'bad / direct';" in whole.reason
    assert [part.suite for part in whole.parts] == ["worst", "bad"]
    assert comparison_lines(whole)[0].endswith("(30 lost, 0 gained), a regression of its own")


def test_the_strategies_of_a_case_are_one_cluster(outcome: Any) -> None:
    def asked(statuses: str) -> list[Outcome]:
        return [
            one
            for name in ("letters", "words")
            for strategy in ("direct", "cot", "zero-shot-cot")
            for one in suite_of(outcome, name, statuses, strategy=strategy)
        ]

    *_, whole = compared(asked("c" * 30), asked("ww" + "c" * 28))
    assert (whole.pairs, whole.clusters, whole.n_lost) == (180, 60, 4)
    assert whole.p_value == 1 / 16
    assert whole.verdict == "passed"
    assert whole.difference == pytest.approx(-2 / 30)


def test_what_did_not_run_whole_leaves_the_whole_run_out(outcome: Any) -> None:
    first = suite_of(outcome, "one", "c" * 10) + suite_of(outcome, "two", "c" * 10)
    second = suite_of(outcome, "one", "c" * 10) + suite_of(outcome, "two", "c" * 9)
    stopped = {("two", "direct", "small"): ("skipped", "9 of 10 cases ran")}
    *_, whole = compared(first, second, not_judged=stopped)
    assert (whole.verdict, whole.reason) == (
        "skipped",
        "1 comparison was not made, first two / direct: 9 of 10 cases ran",
    )
    second[-1] = outcome("case-08", "error", suite="two", explanation="out of memory")
    *_, whole = compared(first, second)
    assert whole.verdict == "error"
    assert whole.reason.startswith("two / direct: 1 of 9 outcomes ended in error, first case 'case-08': out of mem")


def test_the_same_words_everywhere_pass_outright(outcome: Any) -> None:
    *_, whole = everywhere(outcome, 3, "ccw" * 5, "ccw" * 5)
    assert (whole.verdict, whole.reason) == (
        "passed",
        "no regression: all 45 cases answered as before, word for word",
    )


def test_a_margin_is_judged_over_the_whole_run_too(outcome: Any) -> None:
    settings = ComparisonSettings(margin=0.05)
    *parts, whole = everywhere(outcome, 10, "c" * 50, "w" + "c" * 49, settings=settings)
    assert {one.verdict for one in parts} == {"undecided"}
    assert whole.verdict == "passed"
    assert "a drop of more than 0.05 is ruled out" in whole.reason
    *_, whole = everywhere(outcome, 10, "c" * 50, "w" * 5 + "c" * 45, settings=settings)
    assert whole.verdict == "failed"
    assert "the drop is more than 0.05" in whole.reason


def test_other_models_keep_their_share_wherever_they_are_compared(outcome: Any) -> None:
    """A verdict is the same with and without pytest-xdist, which compares each model in a process of its own."""
    alone = everywhere(outcome, 2, "c" * 30, "w" * 5 + "c" * 25, family=8)
    assert [one.p_adjusted for one in alone] == [
        4 * p for p in (*(2 * [2 * mcnemar_exact(5, 0, "drop")]), 2 * mcnemar_exact(10, 0, "drop"))
    ]
