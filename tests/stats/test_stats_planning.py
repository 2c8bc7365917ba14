from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from pytest_reasoning.stats import (
    cases_to_exclude,
    cases_to_see_drop,
    cases_to_show_margin,
    cases_to_show_no_worse,
    drop_power,
    margin_p_values,
    visible_drop,
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


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_without_flips_the_number_for_a_margin_just_suffices(margin: float) -> None:
    cases = cases_to_show_margin(margin, 0.0)
    assert margin_p_values(0, 0, cases, margin)[0] <= 0.05 < margin_p_values(0, 0, cases - 1, margin)[0]


def test_with_flips_the_number_for_a_margin_has_the_power() -> None:
    rng = np.random.default_rng(6)
    cases = cases_to_show_margin(0.05, 0.1)
    tables = rng.multinomial(cases, [0.05, 0.05, 0.9], 1000)
    shown = [margin_p_values(int(up), int(down), cases, 0.05)[0] <= 0.05 for up, down, _ in tables]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(("lost", "gained"), [(0.03, 0.01), (0.1, 0.08), (0.05, 0.05)])
def test_the_number_for_a_model_that_did_change_has_the_power(lost: float, gained: float) -> None:
    rng = np.random.default_rng(8)
    cases = cases_to_show_no_worse(0.05, lost, gained)
    assert cases is not None
    tables = rng.multinomial(cases, [gained, lost, 1 - gained - lost], 1000)
    shown = [margin_p_values(int(up), int(down), cases, 0.05)[0] <= 0.05 for up, down, _ in tables]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.05)


def test_no_number_of_cases_shows_a_drop_of_the_margin_to_be_within_it() -> None:
    assert cases_to_show_no_worse(0.05, 0.06, 0.01) is None
    assert cases_to_show_no_worse(0.05, 0.0, 0.0) == cases_to_show_margin(0.05, 0.0)
