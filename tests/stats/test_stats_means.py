"""Means of clustered numbers: against statsmodels' cluster-robust regression, and how often intervals miss."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from pytest_reasoning.stats import clustered_mean

statsmodels = pytest.importorskip("statsmodels.api")


def test_the_interval_is_the_cluster_robust_regression_on_a_constant() -> None:
    random = np.random.default_rng(3)
    sizes = random.integers(1, 12, 40)
    clusters = [random.normal(shift, 1, size) for shift, size in zip(random.normal(2, 1, 40), sizes, strict=True)]
    values, labels = np.concatenate(clusters), np.repeat(np.arange(40), sizes)
    fit = statsmodels.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": labels, "use_correction": False}
    )
    mean, interval = clustered_mean([float(one.sum()) for one in clusters], sizes.tolist(), 0.9)
    reach = t.ppf(0.95, 39) * fit.bse[0] * math.sqrt(40 / 39)
    assert mean == pytest.approx(fit.params[0])
    assert interval == pytest.approx((mean - reach, mean + reach))


def test_the_interval_of_a_positive_mean_stays_positive_and_reaches_farther_up() -> None:
    mean, interval = clustered_mean([0.01, 0.02, 3.0], [10, 10, 10], positive=True)
    assert interval is not None
    assert 0 < interval[0] < mean
    assert interval[1] - mean > mean - interval[0]


@pytest.mark.parametrize(("sums", "expected"), [([0.0, 0.0], (0.0, (0.0, 0.0))), ([1.5], (0.75, None))])
def test_means_of_nothing_but_zeros_and_of_one_cluster(sums: list[float], expected: tuple[float, object]) -> None:
    assert clustered_mean(sums, [2] * len(sums), positive=True) == expected


def test_the_interval_of_skewed_numbers_misses_as_often_as_documented() -> None:
    random = np.random.default_rng(11)
    true, missed = math.exp(1 / 2 + 0.25 / 2), 0
    for _ in range(600):
        sizes = random.integers(5, 80, 100)
        shifts = random.normal(0, 0.5, 100)
        pairs = zip(shifts, sizes, strict=True)
        sums = [float(np.exp(random.normal(shift, 1, size)).sum()) for shift, size in pairs]
        interval = clustered_mean(sums, sizes.tolist(), positive=True)[1]
        assert interval is not None
        missed += not interval[0] <= true <= interval[1]
    assert missed / 600 == pytest.approx(0.05, abs=0.025)
