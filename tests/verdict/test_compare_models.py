"""A model against another one of the same run: verdicts at the margin, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_reasoning.records import Outcome
from pytest_reasoning.stats import holm, mcnemar_exact
from pytest_reasoning.verdict import Comparison, ComparisonSettings, compare_models, comparison_lines

FACTS = {
    "ref": {"weights file": "f16", "quantization": "F16"},
    "small": {"weights file": "q4", "quantization": "Q4_0"},
}


def answers(outcome: Any, model: str, lost: int, of: int, **more: Any) -> list[Outcome]:
    return [
        outcome(f"case-{place:03}", "wrong" if place < lost else "correct", model=model, **more)
        for place in range(of)
    ]


def compared(before: list[Outcome], now: list[Outcome], **more: Any) -> tuple[Comparison, ...]:
    settings = ComparisonSettings(margin=0.05)
    return compare_models("ref", "small", before, now, facts=FACTS, settings=settings, **more)


@pytest.mark.parametrize(
    ("lost", "of", "verdict"),
    [
        (0, 58, "undecided"),
        (0, 59, "passed"),
        (0, 200, "passed"),
        (4, 58, "undecided"),
        (5, 58, "failed"),
        (20, 100, "failed"),
        (10, 1000, "passed"),
    ],
    ids=[
        "alike, but too few", "alike", "alike and many", "a drop by chance", "a drop", "a large drop",
        "a drop that is shown and does not matter",
    ],
)  # fmt: skip
def test_verdicts(outcome: Any, lost: int, of: int, verdict: str) -> None:
    (found,) = compared(answers(outcome, "ref", 0, of), answers(outcome, "small", lost, of))
    assert found.verdict == verdict
    assert (found.against, found.model, found.margin) == ("ref", "small", 0.05)
    assert found.p_value == mcnemar_exact(lost, 0, "drop")


def test_holm_counts_the_comparisons_made_elsewhere(outcome: Any) -> None:
    (found,) = compared(answers(outcome, "ref", 0, 58), answers(outcome, "small", 5, 58), family=4)
    assert found.p_adjusted == holm([mcnemar_exact(5, 0, "drop")], 4)[0]
    assert found.verdict == "undecided"


def test_flips_name_both_models(outcome: Any) -> None:
    (found,) = compared(answers(outcome, "ref", 0, 58), answers(outcome, "small", 5, 58))
    assert comparison_lines(found)[0] == (
        "lost 'case-000': expected 'ye', ref answered 'ye' (correct), small 'ey' (wrong)"
    )
    assert found.reason == (
        "regression: ref 58/58 correct, small 53/58 (5 lost, 0 gained; difference -0.09, 95 % interval -0.19 to "
        "-0.02; p 0.031); a drop is shown, and one of more than 0.05 not ruled out, p 0.93; differs from ref in "
        "weights file and quantization"
    )


def test_models_that_are_asked_differently_are_not_compared(outcome: Any) -> None:
    now = answers(outcome, "small", 5, 58, sampling="hotter")
    (found,) = compared(answers(outcome, "ref", 0, 58), now)
    assert found.verdict == "skipped"
    assert found.reason == (
        "sampling is not that of ref in all 58 cases: ref 58/58 correct, small 53/58; not compared (let the models "
        "file set the same for both)"
    )
