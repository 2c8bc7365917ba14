from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm
from statsmodels.stats.contingency_tables import mcnemar

from pytest_reasoning.stats import (
    margin_p_values,
    mean_interval,
    paired_interval,
    tango_interval,
    tango_z,
)

FLIPS = [(0, 0), (1, 0), (0, 1), (5, 5), (13, 2), (2, 13), (40, 20), (300, 250)]


def likelihood_z(gained: int, lost: int, pairs: int, difference: float) -> float:
    """Tango's statistic from its definition, the nuisance parameter by numerical maximum likelihood."""

    def minus_log_likelihood(smaller: float) -> float:
        up, down = smaller + max(difference, 0), smaller + max(-difference, 0)
        counts, chances = (gained, lost, pairs - gained - lost), (up, down, 1 - up - down)
        return -sum(k * float(np.log(max(p, 1e-300))) for k, p in zip(counts, chances, strict=True) if k)

    top = (1 - abs(difference)) / 2
    found = minimize_scalar(minus_log_likelihood, bounds=(0, top), method="bounded", options={"xatol": 1e-12})
    smaller = float(found.x)
    variance = pairs * (2 * smaller + abs(difference) - difference**2)
    return float((gained - lost - pairs * difference) / np.sqrt(variance))


@pytest.mark.parametrize(("gained", "lost", "pairs"), [(1, 7, 21), (40, 20, 160), (3, 3, 10), (2, 13, 50)])
@pytest.mark.parametrize("difference", [-0.3, -0.05, 0.1, 0.4])
def test_tango_is_the_score_test_at_the_constrained_maximum(
    gained: int, lost: int, pairs: int, difference: float
) -> None:
    expected = likelihood_z(gained, lost, pairs, difference)
    assert tango_z(gained, lost, pairs, difference) == pytest.approx(expected, abs=1e-4)


def test_tango_agrees_with_published_intervals() -> None:
    # Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33:2850: airway hyper-responsiveness
    assert tango_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("gained", "lost"), FLIPS)
def test_tango_at_zero_is_mcnemars_chi_square(gained: int, lost: int) -> None:
    if gained + lost:
        chi_square = mcnemar([[10, gained], [lost, 10]], exact=False, correction=False).statistic
        assert tango_z(gained, lost, 1000, 0.0) ** 2 == pytest.approx(chi_square)


@pytest.mark.parametrize(("gained", "lost", "pairs"), [(0, 0, 25), (0, 25, 25), (25, 0, 25), (0, 1, 1), (7, 1, 21)])
def test_tango_stays_in_range_mirrors_and_is_never_empty(gained: int, lost: int, pairs: int) -> None:
    low, high = tango_interval(gained, lost, pairs)
    assert -1 <= low < high <= 1
    assert low <= (gained - lost) / pairs <= high
    mirrored = tango_interval(lost, gained, pairs)
    assert (-mirrored[1], -mirrored[0]) == pytest.approx((low, high), abs=1e-9)


def test_tango_without_a_flip_is_the_wilson_bound() -> None:
    z2 = norm.ppf(0.975) ** 2
    assert tango_interval(0, 0, 25) == pytest.approx((-z2 / (25 + z2), z2 / (25 + z2)), abs=1e-9)


def test_no_pairs_say_nothing() -> None:
    assert tango_interval(0, 0, 0) == (-1.0, 1.0)


def test_impossible_flips_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^2 gained and 2 lost of 3 pairs is impossible$"):
        tango_interval(2, 2, 3)


def changes_of(gained: int, lost: int, pairs: int) -> list[Fraction]:
    return [Fraction(1)] * gained + [Fraction(-1)] * lost + [Fraction(0)] * (pairs - gained - lost)


def test_without_repeats_the_interval_is_tangos() -> None:
    assert paired_interval(changes_of(2, 5, 30), 0.9) == tango_interval(2, 5, 30, 0.9)


def test_with_repeats_the_interval_is_that_of_a_bounded_mean() -> None:
    changes = [Fraction(-1, 5), Fraction(2, 5), Fraction(0), Fraction(1)]
    assert paired_interval(changes) == mean_interval(changes)


@pytest.mark.parametrize(("lost", "pairs", "margin"), [(0, 25, 0.1), (2, 100, 0.05), (10, 100, 0.05), (3, 3, 0.5)])
def test_where_cases_only_get_worse_the_margin_test_is_the_exact_binomial_one(
    lost: int, pairs: int, margin: float
) -> None:
    within, beyond = margin_p_values(changes_of(0, lost, pairs), margin)
    assert within == pytest.approx(binom.cdf(lost, pairs, margin), abs=1e-7)
    # that it is more needs one case more: the imagined one counts against it
    assert beyond >= binom.sf(lost - 1, pairs, margin) - 1e-7


def test_without_a_flip_the_margin_needs_the_exact_number_of_cases() -> None:
    # 0.95 ** 59 is just below 0.05
    assert margin_p_values(changes_of(0, 0, 58), 0.05)[0] > 0.05 > margin_p_values(changes_of(0, 0, 59), 0.05)[0]


@pytest.mark.parametrize(("cases", "parts"), [(50, 2), (25, 5), (59, 3)])
def test_more_samples_never_make_more_cases(cases: int, parts: int) -> None:
    """With nothing changed the p-value is that of the cases; each answer lost makes it larger."""
    found = [
        margin_p_values([Fraction(-1, parts)] * lost + [Fraction(0)] * (cases - lost), 0.05)[0] for lost in range(6)
    ]
    assert found[0] == pytest.approx(0.95**cases, abs=1e-7)
    assert found == sorted(found)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=40), st.data(), st.sampled_from([0.01, 0.05, 0.1, 0.3]))
def test_a_case_that_does_better_is_never_evidence_against_the_margin(
    steps: list[int], data: st.DataObject, margin: float
) -> None:
    place = data.draw(st.integers(0, len(steps) - 1))
    better = list(steps)
    better[place] = data.draw(st.integers(steps[place], 4))
    before, after = (margin_p_values([Fraction(step, 4) for step in each], margin) for each in (steps, better))
    assert after[0] <= before[0] + 1e-7
    assert after[1] >= before[1] - 1e-7
