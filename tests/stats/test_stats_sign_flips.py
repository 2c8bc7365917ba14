from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact, permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from pytest_reasoning.stats import drop_p_value, mcnemar_exact, repeats_p_value, sign_flip_test

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


def test_thousands_of_flips_in_one_direction_have_a_p_value_above_0() -> None:
    assert 0 < mcnemar_exact(5000, 0, "drop") < 1e-300
    assert 0 < drop_p_value([Fraction(-1)] * 2000 + [Fraction(-1, 2)] * 2000) < 1e-300


def test_a_broad_loss_that_no_suite_shows_alone_is_plain_over_all_of_them() -> None:
    # 50 suites, in each of which 4 of 50 cases are lost and none is gained
    suite = [Fraction(-1)] * 4 + [Fraction(0)] * 46
    assert drop_p_value(suite) == 1 / 16
    assert drop_p_value(suite * 50) == pytest.approx(0.5**200)


def test_several_strategies_of_one_case_are_one_cluster() -> None:
    # three strategies that lose the same 4 cases are no more evidence than one
    assert drop_p_value([Fraction(-3)] * 4 + [Fraction(0)] * 10) == 1 / 16
    mixed = sign_flip_test([Fraction(-2), Fraction(-1), Fraction(1), Fraction(0)])
    assert (mixed.p_value, mixed.error, mixed.moved) == (3 / 8, 0.0, 3)


def test_drawn_signs_agree_with_the_exact_distribution_within_the_error_they_state() -> None:
    rng = np.random.default_rng(3)
    changes = [Fraction(int(step), 6) for step in rng.integers(-7, 7, 300)]
    exact, drawn = sign_flip_test(changes), sign_flip_test(changes, most_steps=0)
    assert exact.error == 0.0
    assert 0 < drawn.error < 0.005
    assert drawn.p_value == pytest.approx(exact.p_value, abs=drawn.error)
    assert drawn == sign_flip_test(changes, most_steps=0)


def test_drawn_signs_never_give_a_p_value_of_0() -> None:
    found = sign_flip_test([Fraction(-1)] * 99 + [Fraction(-1, 2)], most_steps=0, draws=999)
    assert found.p_value == 1 / 1000


def test_with_as_many_samples_before_as_now_repeats_are_the_sign_flip_test() -> None:
    before, now = [(5, 5), (3, 5), (2, 5)], [(1, 5), (3, 5), (1, 5)]
    changes = [Fraction(-4, 5), Fraction(0), Fraction(-1, 5)]
    assert repeats_p_value(before, now) == drop_p_value(changes)


def test_with_other_numbers_of_samples_one_case_is_fishers_exact_test() -> None:
    before, now = [(6, 6)], [(5, 12)]
    expected = fisher_exact([[6, 0], [5, 7]], alternative="greater").pvalue
    # a single case flips its sign in half of all runs
    assert expected < 0.5
    assert repeats_p_value(before, now) == 0.5
    many = [(6, 6)] * 8, [(5, 12)] * 8
    assert repeats_p_value(*many) == pytest.approx(1 / 256)


def test_the_exact_test_of_unequal_repeats_is_that_of_all_ways_to_deal_the_samples() -> None:
    before, now = [(1, 1), (1, 1), (0, 1), (1, 1), (1, 1), (1, 1), (1, 1)], [(1, 3)] * 3 + [(2, 3)] * 4
    observed = sum(Fraction(*after) - Fraction(*first) for first, after in zip(before, now, strict=True))
    chances = []
    for first, after in zip(before, now, strict=True):
        right = first[0] + after[0]  # of 4 samples, one of which is the first run's
        chances.append(
            [(Fraction(right, 4), Fraction(right - 1, 3) - 1), (1 - Fraction(right, 4), Fraction(right, 3))]
        )
    tail = Fraction(0)
    for dealt in product(*chances):
        chance = Fraction(1)
        for own, _ in dealt:
            chance *= own
        tail += chance if sum(change for _, change in dealt) <= observed else 0
    flipped = drop_p_value([Fraction(*a) - Fraction(*b) for b, a in zip(before, now, strict=True)])
    assert repeats_p_value(before, now) == pytest.approx(max(flipped, float(tail)))
