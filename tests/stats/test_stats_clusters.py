from __future__ import annotations

import numpy as np
import pytest
from statsmodels.api import OLS

from pytest_reasoning.stats import (
    clustered_interval,
    clustered_standard_error,
    effective_sample_size,
    wilson_interval,
)

UNEVEN = [(3, 5), (5, 5), (0, 5), (1, 2), (4, 7), (2, 2), (0, 1), (3, 3)]


def samples(clusters: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    values = [hit for correct, size in clusters for hit in [1.0] * correct + [0.0] * (size - correct)]
    groups = [group for group, (_, size) in enumerate(clusters) for _ in range(size)]
    return np.array(values), np.array(groups)


@pytest.mark.parametrize("clusters", [UNEVEN, [(1, 1), (0, 1), (1, 1)], [(2, 4), (1, 4), (4, 4)]])
def test_the_clustered_error_agrees_with_statsmodels(clusters: list[tuple[int, int]]) -> None:
    values, groups = samples(clusters)
    fit = OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert clustered_standard_error(clusters) == pytest.approx(fit.bse[0])


def test_the_clustered_error_agrees_with_the_cluster_bootstrap() -> None:
    rng = np.random.default_rng(6)
    correct = rng.binomial(5, rng.beta(0.5, 0.5, 60))
    chosen = rng.integers(0, 60, (4000, 60))
    bootstrap = (correct[chosen].sum(axis=1) / 300).std()
    ours = clustered_standard_error([(int(k), 5) for k in correct])
    assert ours == pytest.approx(bootstrap, rel=0.05)


def test_without_repeats_it_is_the_plain_interval() -> None:
    clusters = [(1, 1)] * 21 + [(0, 1)] * 29
    assert effective_sample_size(clusters) == 50
    assert clustered_interval(clusters) == wilson_interval(21, 50)


def test_samples_that_repeat_each_other_tell_nothing_new() -> None:
    clusters = [(5, 5)] * 21 + [(0, 5)] * 29
    low, high = clustered_interval(clusters)
    assert effective_sample_size(clusters) == 50
    assert (low, high) == pytest.approx(wilson_interval(21, 50))


def test_samples_all_alike_count_as_their_cases() -> None:
    assert clustered_interval([(4, 4)] * 10) == wilson_interval(10, 10)
    assert clustered_interval([(0, 4)] * 10) == wilson_interval(0, 10)


def test_samples_of_uneven_cases_all_alike_count_as_kish_says() -> None:
    assert effective_sample_size([(1, 1), (2, 2), (5, 5)]) == pytest.approx(64 / 30)


def test_samples_without_any_clustering_count_nearly_each() -> None:
    assert effective_sample_size([(2, 4)] * 200) > 780


@pytest.mark.parametrize("cases", [5, 10, 20, 50, 200])
@pytest.mark.parametrize("repeats", [2, 5, 20])
def test_one_miss_is_not_more_certain_than_none(cases: int, repeats: int) -> None:
    spotless = clustered_interval([(repeats, repeats)] * cases)
    one_miss = clustered_interval([(repeats - 1, repeats)] + [(repeats, repeats)] * (cases - 1))
    assert one_miss[0] <= spotless[0] + 0.002


def test_no_samples_say_nothing() -> None:
    assert clustered_interval([]) == (0.0, 1.0)


@pytest.mark.parametrize("cluster", [(0, 0), (3, 2), (-1, 2)])
def test_an_impossible_case_is_refused(cluster: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"^{cluster[0]} correct of {cluster[1]} samples is impossible$"):
        clustered_interval([cluster])


@pytest.mark.parametrize("cases", [10, 20, 50])
@pytest.mark.parametrize("spread", [(0.2, 0.2), (1.0, 1.0), (8.0, 2.0), (50.0, 50.0), (1.0, 0.1)])
def test_simulated_coverage_with_five_repeats(cases: int, spread: tuple[float, float]) -> None:
    """Cases of Beta-distributed difficulty: from all-or-nothing (0.2) to all alike (50)."""
    rng = np.random.default_rng(2024)
    truth = spread[0] / sum(spread)
    correct = rng.binomial(5, rng.beta(*spread, (2000, cases)))
    held = naive = 0
    for run in correct.tolist():
        low, high = clustered_interval([(k, 5) for k in run])
        held += low <= truth <= high
        low, high = wilson_interval(sum(run), 5 * cases)
        naive += low <= truth <= high
    assert held / 2000 > 0.94
    if spread == (0.2, 0.2):
        assert naive / 2000 < 0.75  # what ignoring the clusters would do
