from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from pytest_reasoning.stats import wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    ("correct", "total"), [(0, 1), (1, 1), (0, 50), (21, 50), (50, 50), (3, 7), (999, 1000)]
)
def test_wilson_agrees_with_statsmodels(correct: int, total: int, confidence: float) -> None:
    expected = proportion_confint(correct, total, alpha=1 - confidence, method="wilson")
    assert wilson_interval(correct, total, confidence) == pytest.approx(expected, abs=1e-12)


def test_wilson_at_the_ends_is_exactly_the_end() -> None:
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0


def test_no_cases_say_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("correct", "total"), [(2, 1), (-1, 1)])
def test_impossible_counts_are_refused(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match=rf"^{correct} correct of {total} is impossible$"):
        wilson_interval(correct, total)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_an_impossible_level_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=rf"^confidence is {confidence}, it must lie between 0 and 1$"):
        wilson_interval(1, 2, confidence)
