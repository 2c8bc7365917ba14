from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import beta, binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from pytest_reasoning.stats import (
    IntervalMethod,
    clopper_pearson_interval,
    jeffreys_interval,
    proportion_interval,
    wilson_interval,
)

COUNTS = [(0, 1), (1, 1), (0, 50), (21, 50), (50, 50), (3, 7), (999, 1000)]


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(("correct", "total"), COUNTS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wilson_interval, "wilson"),
        (clopper_pearson_interval, "beta"),
        (jeffreys_interval, "jeffreys"),
    ],
)
def test_intervals_agree_with_statsmodels(
    ours: Callable[[float, float, float], tuple[float, float]],
    theirs: str,
    correct: int,
    total: int,
    confidence: float,
) -> None:
    low, high = proportion_confint(correct, total, alpha=1 - confidence, method=theirs)
    if theirs == "jeffreys":  # statsmodels has not the end rule of the paper
        low, high = (low if correct else 0.0), (high if correct < total else 1.0)
    expected = low, high
    assert ours(correct, total, confidence) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("correct", "total"), COUNTS)
def test_intervals_agree_with_scipy(correct: int, total: int) -> None:
    test = binomtest(correct, total)
    assert wilson_interval(correct, total) == pytest.approx(test.proportion_ci(0.95, "wilson"), abs=1e-10)
    exact = test.proportion_ci(0.95, "exact")
    assert clopper_pearson_interval(correct, total) == pytest.approx(exact, abs=1e-10)


def test_wilson_agrees_with_newcombes_published_table() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (correct, total), interval in published.items():
        assert wilson_interval(correct, total) == pytest.approx(interval, abs=5e-5)


def test_the_prior_can_be_uniform() -> None:
    # with a uniform prior, one right and one wrong, the posterior is Beta(2, 2)
    assert jeffreys_interval(1, 2, 0.9, prior=(1, 1)) == pytest.approx(beta.interval(0.9, 2, 2))


@pytest.mark.parametrize("total", [1, 50])
def test_jeffreys_allows_the_end_where_nothing_speaks_against_it(total: int) -> None:
    # Brown, Cai and DasGupta 2001: else 50 of 50 would be "wholly below" a threshold of 1
    assert jeffreys_interval(total, total)[1] == 1.0
    assert jeffreys_interval(0, total)[0] == 0.0
    assert jeffreys_interval(total, total)[0] > 0.0


def test_wilson_at_the_ends_is_exactly_the_end() -> None:
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0


def test_no_cases_say_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert clopper_pearson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "jeffreys"])
@pytest.mark.parametrize(("correct", "total"), [(2, 1), (-1, 1)])
def test_impossible_counts_are_refused(correct: int, total: int, method: IntervalMethod) -> None:
    with pytest.raises(ValueError, match=rf"^{correct} correct of {total} is impossible$"):
        proportion_interval(correct, total, 0.95, method)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_an_impossible_level_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=rf"^confidence is {confidence}, but must lie between 0 and 1$"):
        wilson_interval(1, 2, confidence)


def coverage(method: IntervalMethod, total: int, rates: np.ndarray) -> np.ndarray:
    """Return the exact chance that the 95 % interval holds each rate."""
    intervals = np.array([proportion_interval(correct, total, 0.95, method) for correct in range(total + 1)])
    holds = (intervals[:, :1] <= rates) & (rates <= intervals[:, 1:])
    return np.asarray((binom.pmf(np.arange(total + 1)[:, None], total, rates) * holds).sum(axis=0))


@pytest.mark.parametrize("total", [10, 25, 50, 200])
def test_coverage_of_the_true_rate(total: int) -> None:
    rates = np.linspace(0.005, 0.995, 199)
    exact = coverage("clopper-pearson", total, rates)
    assert exact.min() >= 0.95
    for method in ("wilson", "jeffreys"):
        about = coverage(method, total, rates)
        assert 0.945 < about.mean() < 0.965
        assert about.min() > (0.83 if method == "wilson" else 0.74)


@pytest.mark.slow
def test_importing_stats_and_verdict_imports_no_numpy_or_scipy() -> None:
    code = (
        "import sys, pytest_reasoning.stats, pytest_reasoning.verdict; "
        "print(sorted({'numpy', 'scipy', 'rich', 'llama_cpp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
