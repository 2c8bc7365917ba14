"""The interval of a difference between independent samples, against the paper and against statsmodels."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from pytest_reasoning.stats import Cluster, newcombe_interval


def cases(correct: int, total: int) -> list[Cluster]:
    return [(1, 1)] * correct + [(0, 1)] * (total - correct)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_examples_of_newcombe_1998_table_ii(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    assert newcombe_interval(cases(*first), cases(*second)) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("first", "second"), [((1, 3), (40, 41)), ((17, 50), (19, 50)), ((0, 5), (5, 5))])
def test_it_agrees_with_statsmodels(first: tuple[int, int], second: tuple[int, int], confidence: float) -> None:
    expected = confint_proportions_2indep(*first, *second, method="newcomb", alpha=1 - confidence)
    assert newcombe_interval(cases(*first), cases(*second), confidence) == pytest.approx(expected, abs=1e-9)


def test_repeated_samples_that_always_agree_tell_no_more_than_one() -> None:
    once, thrice = cases(30, 40), [(3 * hits, 3) for hits, _ in cases(30, 40)]
    assert newcombe_interval(thrice, thrice) == pytest.approx(newcombe_interval(once, once), abs=0.02)


def test_without_any_case_nothing_is_known() -> None:
    assert newcombe_interval([], cases(0, 1000)) == (-1.0, 1.0)
    assert newcombe_interval([], []) == (-1.0, 1.0)
