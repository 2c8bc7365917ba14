from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom

from pytest_reasoning.stats import mean_above_p_value, mean_interval

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("ones", "count", "mean"), [(59, 59, 0.95), (0, 1, 0.5), (950, 1000, 0.93), (7, 10, 0.4)])
def test_of_two_values_it_is_the_exact_binomial_test(ones: int, count: int, mean: float) -> None:
    values = [1.0] * ones + [0.0] * (count - ones)
    expected = binom.sf(ones - 1, count, mean)
    assert mean_above_p_value(values, mean, lowest=0.0) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("mean", [-0.3, -0.1, 0.0, 0.2])
def test_it_is_the_chance_of_the_weighted_mean_of_its_definition(mean: float) -> None:
    rng = np.random.default_rng(5)
    values = rng.choice([-1.0, -0.4, -0.2, 0.0, 0.2, 0.6, 1.0], 30)
    weights = rng.exponential(size=(100_000, 31))
    as_low = (weights * (np.append(values, -1.0) - mean)).sum(axis=1) <= 0
    assert mean_above_p_value(list(values), mean) == pytest.approx(float(as_low.mean()), abs=0.006)


@pytest.mark.parametrize("mean", [-0.01, -0.05, -0.3])
@pytest.mark.parametrize("value", [-0.25, 0.0, 0.25, 1.0])
def test_of_one_number_it_is_the_chance_of_two_exponentials(mean: float, value: float) -> None:
    above, below = value - mean, 1 + mean
    expected = below / (above + below) if above > 0 else 1.0
    assert mean_above_p_value([value], mean) == pytest.approx(expected, abs=1e-7)


def test_numbers_all_above_or_all_below_decide() -> None:
    assert mean_above_p_value([], 0.0) == 1.0
    assert mean_above_p_value([-0.5, -0.4], -0.1) == 1.0
    assert mean_above_p_value([0.5] * 400, -0.1) < 1e-9


def test_the_interval_inverts_the_test_and_mirrors() -> None:
    values = [-1.0, -0.2, 0.0, 0.0, 0.4, 0.2, 0.0, -0.6]
    low, high = mean_interval(values, 0.9)
    assert -1 < low < np.mean(values) < high < 1
    assert mean_above_p_value(values, low) == pytest.approx(0.05, abs=1e-5)
    mirrored = mean_interval([-value for value in values], 0.9)
    assert (-mirrored[1], -mirrored[0]) == pytest.approx((low, high), abs=1e-6)


def test_without_numbers_the_mean_may_be_anything() -> None:
    assert mean_interval([], bounds=(0.0, 1.0)) == (0.0, 1.0)


def test_unchanged_cases_leave_as_much_room_as_the_exact_bound() -> None:
    assert mean_interval([0.0] * 25)[0] == pytest.approx(-(1 - 0.025 ** (1 / 25)), abs=1e-5)


@pytest.mark.parametrize("count", [10, 25, 50])
@pytest.mark.parametrize("shape", ["rare", "skewed", "spread"])
def test_the_interval_covers_however_the_numbers_are_spread(count: int, shape: str) -> None:
    rng = np.random.default_rng(18)
    drawn = {
        "rare": rng.choice([-1.0, 0.0, 0.2], (200, count), p=[0.03, 0.95, 0.02]),
        "skewed": rng.choice([-1.0, 0.0, 0.6], (200, count), p=[0.1, 0.6, 0.3]),
        "spread": rng.choice([-0.4, -0.2, 0.0, 0.2, 0.4], (200, count)),
    }[shape]
    true = {"rare": -0.026, "skewed": 0.08, "spread": 0.0}[shape]
    held = 0
    for run, times in Counter(tuple(sorted(run)) for run in drawn.tolist()).items():
        low, high = mean_interval(run)
        held += times * (low <= true <= high)
    assert held / 200 >= 0.93
