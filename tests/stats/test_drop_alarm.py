"""The alarm for a drop in nightly pass rates: its evidence, and its error rates on simulated nights."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pytest_reasoning.stats.drop_alarm import REACHED, watch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "statistics"))
from nightly_alarm import KINDS, called_in_time, ever_reached, false_rate

CERTAIN, MIXED = list(KINDS)[:2]


def test_a_clear_drop_is_called_and_dated_and_a_rise_is_not() -> None:
    draws = np.random.default_rng(3)
    before, after = draws.normal(0.8, 0.02, 40), draws.normal(0.7, 0.02, 20)
    found = watch([*before, *after], seed="x")
    assert found.alarm is not None
    assert 40 < found.alarm < 48
    assert found.change is not None
    assert 38 <= found.change <= 40
    assert watch([*after, *before], seed="x").alarm is None


def test_nights_without_any_difference_are_no_evidence() -> None:
    found = watch([0.9] * 400)
    assert found.alarm is None
    assert max(found.evidence) < REACHED / 0.05


def test_evidence_has_mean_of_at_most_one_under_no_change() -> None:
    draws = np.random.default_rng(5)
    last = [watch(list(draws.random(30)), seed=str(n)).evidence[-1] for n in range(2000)]
    assert np.mean(last) < 0.15, "30 of 365 nights hold less than a tenth of the weight"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [CERTAIN, MIXED])
def test_a_year_has_a_false_alarm_in_at_most_5_percent_and_a_drop_of_8_points_is_called_in_10_nights(
    kind: str,
) -> None:
    assert false_rate(kind, 200) <= 0.05
    assert called_in_time(kind, 400, 60) >= 0.8


@pytest.mark.parametrize("height", [1.0, 10.0])
def test_an_unchanged_series_ever_reaches_some_evidence_as_seldom_as_is_claimed(height: float) -> None:
    found = height * ever_reached(height, 300)
    assert REACHED - 0.1 < found < REACHED + 0.03
