from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from pytest_reasoning.stats import (
    drop_p_value,
    effective_flips,
    holm,
    margin_p_values,
    mcnemar_exact,
    tango_interval,
    tango_z,
)

FLIPS = [(0, 0), (1, 0), (0, 1), (5, 5), (13, 2), (2, 13), (40, 20), (300, 250)]


@pytest.mark.parametrize(("lost", "gained"), FLIPS)
def test_mcnemar_agrees_with_statsmodels_and_scipy(lost: int, gained: int) -> None:
    both_sides = mcnemar([[10, lost], [gained, 10]], exact=True).pvalue if lost + gained else 1.0
    assert mcnemar_exact(lost, gained) == pytest.approx(both_sides)
    drop = binomtest(lost, lost + gained, 0.5, alternative="greater").pvalue if lost + gained else 1.0
    assert mcnemar_exact(lost, gained, "drop") == pytest.approx(drop)


def test_mcnemar_does_not_overflow_with_many_flips() -> None:
    assert mcnemar_exact(3000, 2000, "drop") == pytest.approx(
        binomtest(3000, 5000, 0.5, alternative="greater").pvalue, rel=1e-9
    )


@pytest.mark.parametrize(("lost", "gained"), FLIPS)
def test_without_repeats_the_drop_test_is_mcnemars(lost: int, gained: int) -> None:
    changes = [Fraction(-1)] * lost + [Fraction(1)] * gained + [Fraction(0)] * 20
    assert drop_p_value(changes) == mcnemar_exact(lost, gained, "drop")


def test_with_repeats_the_drop_test_is_the_permutation_test() -> None:
    changes = [Fraction(k, 5) for k in (-5, -3, -3, -2, -1, 0, 1, 1, 2, -4)]
    values = np.array([float(change) for change in changes])
    expected = permutation_test(
        (values,), np.sum, permutation_type="samples", alternative="less", n_resamples=np.inf
    ).pvalue
    assert drop_p_value(changes) == pytest.approx(expected, rel=1e-9)


def test_uneven_repeats_are_exact_too() -> None:
    changes = [Fraction(-1, 3), Fraction(-1, 4), Fraction(1, 6), Fraction(-1, 2)]
    sums = [sum(s * abs(c) for s, c in zip(signs, changes, strict=True)) for signs in product((-1, 1), repeat=4)]
    expected = sum(total <= sum(changes) for total in sums) / len(sums)
    assert drop_p_value(changes) == pytest.approx(expected)


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


@pytest.mark.parametrize(("gained", "lost", "pairs"), [(2, 6, 80), (2, 30, 80), (5, 5, 300)])
def test_the_margin_test_inverts_the_interval(gained: int, lost: int, pairs: int) -> None:
    within, beyond = margin_p_values(gained, lost, pairs, 0.1)
    for p_value, side in ((within, 0), (beyond, 1)):
        if p_value < 0.5:
            assert tango_interval(gained, lost, pairs, 1 - 2 * p_value)[side] == pytest.approx(-0.1, abs=1e-6)


def test_without_a_flip_the_margin_needs_the_exact_number_of_cases() -> None:
    # 0.95 ** 59 is just below 0.05; the score test alone would be content with 52
    assert margin_p_values(0, 0, 58, 0.05)[0] > 0.05 > margin_p_values(0, 0, 59, 0.05)[0]


def test_a_drop_of_the_margin_itself_is_seldom_taken_for_less() -> None:
    rng = np.random.default_rng(6)
    for pairs, lost, gained in ((50, 0.1, 0.0), (100, 0.15, 0.05), (30, 0.3, 0.2)):
        tables = rng.multinomial(pairs, [gained, lost, 1 - gained - lost], 2000)
        within = [margin_p_values(int(up), int(down), pairs, 0.1)[0] <= 0.05 for up, down, _ in tables]
        assert np.mean(within) < 0.06


def test_effective_flips_are_the_plain_counts_without_repeats() -> None:
    changes = [Fraction(1)] * 2 + [Fraction(-1)] * 5 + [Fraction(0)] * 3
    assert effective_flips(changes) == (2.0, 5.0, 10.0)


def test_effective_flips_count_halves_double() -> None:
    assert effective_flips([Fraction(1, 2), Fraction(-1, 2), Fraction(0)]) == (1.0, 1.0, 6.0)


@pytest.mark.parametrize("p_values", [[], [0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.02, 0.02, 0.02]])
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    expected = list(multipletests(p_values, method="holm")[1]) if p_values else []
    assert list(holm(p_values)) == pytest.approx(expected)


def test_holm_takes_p_values_it_does_not_know_for_the_least_telling() -> None:
    known = [0.01, 0.002]
    assert holm(known, family=5) == holm([*known, 1.0, 1.0, 1.0])[:2]
    assert holm(known, family=1) == holm(known)
