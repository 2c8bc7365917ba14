"""One-sided tests of a suite's total: exact where small, and of the stated error where it is hardest."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from kit.orders import outcomes_and_error
from pytest_reasoning.stats import total_tests
from pytest_reasoning.stats.total_tests import AtLeastTest


def exact_evidence(least: int, total: int, correct: int, seen: int) -> Fraction | None:
    """The likelihood ratio from its definition; None where `least` is impossible."""

    def chance(number: int) -> Fraction:
        if correct > number or seen - correct > total - number:
            return Fraction(0)
        return Fraction(
            math.perm(number, correct) * math.perm(total - number, seen - correct), math.perm(total, seen)
        )

    below = sum((chance(number) for number in range(least)), Fraction(0)) / least
    return below / chance(least) if chance(least) else None


def exact_error(least: int, total: int, error: float) -> float:
    """Go through all orders: the probability that the test ever rejects if exactly `least` are correct."""
    return float(outcomes_and_error(AtLeastTest(least, total, error).rejects, least, total, Fraction(1))[1])


@pytest.mark.parametrize(("least", "total"), [(1, 1), (1, 3), (3, 3), (4, 9), (11, 13)])
def test_the_evidence_is_the_likelihood_ratio(least: int, total: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the exact limits the limit is Ville's, and every look can be compared with the definition."""
    monkeypatch.setattr(total_tests, "EXACT_TO", 0)
    for error in (0.3, 0.07):
        test = AtLeastTest(least, total, error)
        for seen in range(total + 1):
            for correct in range(max(0, seen - total + least), min(seen, least) + 1):
                ratio = exact_evidence(least, total, correct, seen)
                assert ratio is not None
                assert test.rejects(correct, seen) == (ratio >= 1 / Fraction(error))


@pytest.mark.parametrize("total", [10, 60, 102])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("error", [0.05, 0.2])
def test_the_limits_keep_the_error_and_use_it(total: int, share: float, error: float) -> None:
    found = exact_error(round(share * total), total, error)
    assert found <= error
    if total == 102 and share < 1:
        assert found > 0.75 * error


@pytest.mark.parametrize("error", [0.001, 0.05, 0.5])
def test_small_totals_keep_the_error_for_every_hypothesis(error: float) -> None:
    for total in range(1, 13):
        for least in range(1, total + 1):
            assert exact_error(least, total, error) <= error


@pytest.mark.parametrize("least", [30, 80, 98])
def test_the_exact_limits_need_fewer_outcomes_than_ville(least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = AtLeastTest(least, 100, 0.05)
    monkeypatch.setattr(total_tests, "EXACT_TO", 0)
    general = AtLeastTest(least, 100, 0.05)
    for away, saved in ((10, 0.01), (20, 0.09), (30, 0.07)):
        needed, _ = outcomes_and_error(exact.rejects, least - away, 100, 1.0)
        assert needed < (1 - saved) * outcomes_and_error(general.rejects, least - away, 100, 1.0)[0]


def test_what_has_become_impossible_is_rejected_and_what_is_certain_never() -> None:
    test = AtLeastTest(5, 10, 0.001)
    assert test.rejects(0, 6)
    assert test.rejects(4, 10)
    assert not any(test.rejects(5, seen) for seen in range(5, 11))
    assert not test.rejects(0, 0)


@pytest.mark.parametrize(("correct", "least"), [(50, 50), (55, 50), (1200, 1200)])
def test_a_true_hypothesis_is_rejected_no_more_often_than_stated(correct: int, least: int) -> None:
    """Random orders with a look after each outcome; three standard errors above the level is the alarm."""
    total, runs, error = (100, 2000, 0.1) if least < 1000 else (1500, 60, 0.1)
    rng, test = random.Random(5), AtLeastTest(least, total, error)
    population = [1] * correct + [0] * (total - correct)
    wrong = 0
    for _ in range(runs):
        rng.shuffle(population)
        hits = 0
        for seen, hit in enumerate(population, 1):
            hits += hit
            if test.rejects(hits, seen):
                wrong += 1
                break
    assert wrong <= runs * error + 3 * math.sqrt(runs * error * (1 - error))
