from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
from scipy.stats import binomtest

from pytest_reasoning.stats import (
    IntervalMethod,
    cases_to_decide,
    cases_to_exclude,
    cases_to_see_drop,
    cases_to_show_margin,
    changes_to_show_margin,
    decision_power,
    drop_p_value,
    drop_power,
    margin_p_values,
    margin_power,
    proportion_interval,
    visible_drop,
    visible_drop_of_changes,
    wilson_interval,
)


@pytest.mark.parametrize(("rate", "value"), [(1.0, 0.9), (0.85, 0.8), (0.42, 0.5), (0.0, 0.2), (0.81, 0.8)])
def test_the_number_given_decides_and_one_fewer_does_not(rate: float, value: float) -> None:
    cases = cases_to_exclude(rate, value)
    assert cases is not None

    def decided(n: int) -> bool:
        low, high = wilson_interval(rate * n, n)
        return low >= value or high < value

    assert decided(cases)
    assert cases == 1 or not decided(cases - 1)


@pytest.mark.parametrize(("rate", "value"), [(0.8, 0.8), (1.0, 1.0), (0.0, 0.0), (0.80001, 0.8)])
def test_no_number_decides_a_rate_that_is_the_threshold(rate: float, value: float) -> None:
    # 0 is at least 0 from the first case on: only there the value itself is decided
    assert cases_to_exclude(rate, value) == (1 if value == 0.0 else None)


def test_the_power_agrees_with_simulation() -> None:
    rng = np.random.default_rng(6)
    tables = rng.multinomial(100, [0.17, 0.02, 0.81], 4000)
    called = {}
    for lost, gained in {(int(lost), int(gained)) for lost, gained, _ in tables}:
        p_value = binomtest(lost, lost + gained, 0.5, alternative="greater").pvalue if lost + gained else 1.0
        called[lost, gained] = p_value <= 0.05
    share = np.mean([called[int(lost), int(gained)] for lost, gained, _ in tables])
    assert drop_power(100, 0.17, 0.02) == pytest.approx(float(share), abs=0.015)


def test_the_power_without_a_flip_is_nothing_and_under_no_change_at_most_alpha() -> None:
    assert drop_power(100, 0.0, 0.0) == 0.0
    for flipped in (0.01, 0.1, 0.3):
        assert drop_power(100, flipped / 2, flipped / 2) <= 0.05


@pytest.mark.parametrize(("drop", "gained"), [(0.15, 0.0), (0.15, 0.05), (0.3, 0.1)])
def test_the_number_of_cases_for_a_drop_has_the_power(drop: float, gained: float) -> None:
    cases = cases_to_see_drop(drop, gained)
    assert cases is not None
    assert drop_power(cases, drop + gained, gained) >= 0.8
    assert drop_power(cases - 1, drop + gained, gained) < 0.8


def test_no_drop_is_never_seen() -> None:
    assert cases_to_see_drop(0.0) is None


@pytest.mark.parametrize("pairs", [25, 50, 200])
def test_the_visible_drop_has_the_power(pairs: int) -> None:
    drop = visible_drop(pairs, 0.02)
    assert drop is not None
    assert drop_power(pairs, drop + 0.02, 0.02) >= 0.8
    assert drop_power(pairs, drop - 0.002 + 0.02, 0.02) < 0.8


def test_too_few_cases_see_no_drop_at_all() -> None:
    # four flips out of four have p = 1/16
    assert visible_drop(4) is None


@pytest.mark.parametrize(("rate", "value"), [(0.86, 0.8), (0.75, 0.8), (0.99, 0.9), (0.4, 0.5)])
@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
def test_the_number_of_cases_for_a_gate_decides_it_in_four_of_five_runs(
    rate: float, value: float, method: IntervalMethod
) -> None:
    cases = cases_to_decide(rate, value, method=method)
    assert cases is not None
    interval = lru_cache(maxsize=None)(lambda correct: proportion_interval(correct, cases, 0.95, method))
    drawn = np.random.default_rng(18).binomial(cases, rate, 4000)
    decided = [interval(int(k))[0] >= value if rate > value else interval(int(k))[1] < value for k in drawn]
    assert float(np.mean(decided)) == pytest.approx(decision_power(cases, rate, value, method=method), abs=0.02)
    assert (
        decision_power(cases, rate, value, method=method)
        >= 0.8
        > decision_power(cases - 1, rate, value, method=method)
    )
    # an interval around the rate itself leaves the threshold out with fewer: in about half of all runs
    assert cases > 1.2 * (cases_to_exclude(rate, value, method=method) or 0)


def test_no_number_of_cases_decides_a_rate_at_its_threshold() -> None:
    assert cases_to_decide(0.8, 0.8) is None


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_without_flips_the_number_for_a_margin_just_suffices(margin: float) -> None:
    cases = cases_to_show_margin(margin)
    assert cases is not None
    unchanged = [Fraction(0)] * cases
    assert margin_p_values(unchanged, margin)[0] <= 0.05 < margin_p_values(unchanged[1:], margin)[0]


@pytest.mark.parametrize(("lost", "gained"), [(0.01, 0.01), (0.05, 0.05), (0.03, 0.01)])
def test_the_number_of_cases_for_a_margin_shows_it_in_four_of_five_runs(lost: float, gained: float) -> None:
    cases = cases_to_show_margin(0.05, lost, gained)
    assert cases is not None
    tables = np.random.default_rng(8).multinomial(cases, [gained, lost, 1 - gained - lost], 2000)
    within = {
        (up, down): margin_p_values([Fraction(1)] * up + [Fraction(-1)] * down + [Fraction(0)] * same, 0.05)[0]
        for up, down, same in {tuple(map(int, table)) for table in tables}
    }
    shown = float(np.mean([within[int(up), int(down)] <= 0.05 for up, down, _ in tables]))
    assert shown == pytest.approx(margin_power(cases, 0.05, lost, gained), abs=0.03)
    assert margin_power(cases, 0.05, lost, gained) >= 0.8 > margin_power(cases - 1, 0.05, lost, gained)


def test_no_number_of_cases_shows_a_drop_of_the_margin_to_be_within_it() -> None:
    assert cases_to_show_margin(0.05, 0.06, 0.01) is None
    assert changes_to_show_margin(0.05, -0.05, 0.2) is None


def test_for_changes_that_are_fractions_the_number_is_near_the_one_that_suffices() -> None:
    """Five samples a case, chances of their own: the changes cancel out, and 80 % of runs show it."""
    rng = np.random.default_rng(9)
    chance = rng.beta(2.0, 1.0, 4000)
    square = float(np.mean(2 * chance * (1 - chance) / 5))
    cases = changes_to_show_margin(0.1, 0.0, square)
    assert cases is not None
    own = rng.choice(chance, (400, cases))
    moved = rng.binomial(5, own) - rng.binomial(5, own)
    shown = [margin_p_values([Fraction(int(step), 5) for step in run], 0.1)[0] <= 0.05 for run in moved]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.07)


def test_the_visible_drop_with_repeats_is_the_one_that_is_called() -> None:
    rng = np.random.default_rng(10)
    chance = rng.beta(2.0, 1.0, 4000)
    square = float(np.mean(2 * chance * (1 - chance) / 5))
    drop = visible_drop_of_changes(50, square)
    assert drop is not None
    # one sample a case would have to lose twice as many
    assert drop < 0.6 * (visible_drop(50, float(np.mean(chance * (1 - chance)))) or 0)
    called = []
    for _ in range(400):
        own = rng.choice(chance, 50)
        fallen = np.clip(own - drop, 0.0, 1.0)
        moved = rng.binomial(5, fallen) - rng.binomial(5, own)
        called.append(drop_p_value([Fraction(int(step), 5) for step in moved]) <= 0.05)
    assert np.mean(called) > 0.75


def test_without_changes_the_visible_drop_is_that_of_the_exact_test() -> None:
    assert visible_drop_of_changes(50, 0.0) == visible_drop(50)
    assert visible_drop_of_changes(4, 0.0) is None
