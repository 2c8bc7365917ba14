"""The pass rate of all cases from a sample: its promises, and its simulated coverage."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import hypergeom

from pytest_reasoning.stats import Stratum, cases_alike, sampled_rate

FOLDER = Path(__file__).parents[2] / "benchmarks" / "statistics"


@pytest.fixture(scope="module")
def simulated() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("sample_figures")
    finally:
        sys.path.remove(str(FOLDER))


def test_a_whole_suite_is_no_estimate() -> None:
    found = sampled_rate([Stratum(cases=50, sampled=50, correct=43)])
    assert (found.rate, found.interval) == (0.86, (0.86, 0.86))


def test_one_stratum_has_the_interval_of_the_hypergeometric_distribution() -> None:
    low, high = sampled_rate([Stratum(cases=50, sampled=20, correct=15)]).interval
    law = [hypergeom(50, right, 20) for right in range(51)]
    kept = [
        right
        for right, one in enumerate(law)
        if one.sf(15) + one.pmf(15) / 2 > 0.025 and one.cdf(15) - one.pmf(15) / 2 > 0.025
    ]
    assert (low, high) == pytest.approx((kept[0] / 50, kept[-1] / 50))


def test_post_stratification_is_the_power_tuned_prediction_powered_mean() -> None:
    """Lambda is the least-squares slope of answers on history (Angelopoulos, Duchi and Zrnic 2023)."""
    # 30 of 50 were right then; of those 8 of 12 drawn are now, and of the others 1 of 8
    right, wrong = Stratum(cases=30, sampled=12, correct=8), Stratum(cases=20, sampled=8, correct=1)
    slope = 8 / 12 - 1 / 8
    expected = 9 / 20 + slope * (30 / 50 - 12 / 20)
    assert sampled_rate([right, wrong]).rate == pytest.approx(expected)
    other = Stratum(cases=20, sampled=4, correct=1)
    slope = 8 / 12 - 1 / 4
    assert sampled_rate([right, other]).rate == pytest.approx(9 / 16 + slope * (30 / 50 - 12 / 16))


def test_a_history_that_agrees_narrows_the_interval_and_saves_cases() -> None:
    plain = sampled_rate([Stratum(cases=200, sampled=50, correct=30)])
    sharp = sampled_rate([Stratum(cases=120, sampled=30, correct=30), Stratum(cases=80, sampled=20, correct=0)])
    assert plain.rate == sharp.rate == 0.6
    assert sharp.interval[1] - sharp.interval[0] < 0.6 * (plain.interval[1] - plain.interval[0])
    assert cases_alike(plain, 200) in (49, 50)
    assert cases_alike(sharp, 200) > 90


def test_cases_alike_but_not_drawn_may_have_any_rate() -> None:
    low, high = sampled_rate(
        [Stratum(cases=40, sampled=10, correct=10), Stratum(cases=10, sampled=0, correct=0)]
    ).interval
    assert low < 0.72
    assert high == 1.0
    with pytest.raises(ValueError, match="no case was drawn"):
        sampled_rate([Stratum(cases=10, sampled=0, correct=0)])


def test_what_was_seen_is_certain() -> None:
    low, high = sampled_rate([Stratum(cases=10, sampled=9, correct=9)]).interval
    assert (low, high) == (0.9, 1.0)


@pytest.mark.parametrize(("cases", "drawn"), [(50, 10), (50, 20), (200, 50)])
@pytest.mark.parametrize("agreement", [0.0, 0.95])
def test_the_interval_holds_the_rate_of_all_cases(
    simulated: Any, monkeypatch: pytest.MonkeyPatch, cases: int, drawn: int, agreement: float
) -> None:
    monkeypatch.setattr(simulated, "cases_alike", lambda *_: 0)
    plain, width, held, sharper, _ = simulated.sampled_figures(cases, drawn, 0.8, agreement, 150)
    # 95 % is what is stated; 150 runs tell it to 1.8 points
    assert plain >= 0.91
    assert held >= 0.91
    assert sharper < 0.9 * width or not agreement
