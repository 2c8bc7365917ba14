"""The error level of looking all the time, shown by simulation where it is hardest."""

from __future__ import annotations

import math
import random

import pytest

from pytest_reasoning.stats.sequential import plausible_totals, possible_totals

pytestmark = pytest.mark.slow


def exact(correct: int, seen: int, total: int, error: float) -> list[int]:
    """Every plausible number, from the definition with exact integers."""
    averaged = math.factorial(correct) * math.factorial(seen - correct) / math.factorial(seen + 1)
    kept = []
    for number in range(correct, total - (seen - correct) + 1):
        ways = math.perm(number, correct) * math.perm(total - number, seen - correct)
        if averaged / (ways / math.perm(total, seen)) < 1 / error:
            kept.append(number)
    return kept


@pytest.mark.parametrize("error", [0.2, 0.05, 0.001])
@pytest.mark.parametrize("total", [1, 2, 7, 30])
def test_it_is_what_the_definition_gives(total: int, error: float) -> None:
    for seen in range(total + 1):
        for correct in range(seen + 1):
            kept = exact(correct, seen, total, error)
            assert kept == list(range(kept[0], kept[-1] + 1))
            assert plausible_totals(correct, seen, total, error) == (kept[0], kept[-1])


def test_nothing_seen_leaves_all_and_all_seen_leaves_one() -> None:
    assert plausible_totals(0, 0, 50, 0.05) == (0, 50)
    assert plausible_totals(31, 50, 50, 0.05) == (31, 31)
    assert possible_totals(10, 20, 50) == (10, 40)


def test_it_is_never_wider_than_what_is_possible() -> None:
    for seen in range(1, 101):
        low, high = plausible_totals(seen // 2, seen, 100, 0.05)
        least, most = possible_totals(seen // 2, seen, 100)
        assert least <= low <= high <= most


@pytest.mark.parametrize(("total", "correct"), [(40, 20), (60, 54), (60, 3)])
def test_the_true_number_leaves_it_at_any_look_no_more_often_than_stated(total: int, correct: int) -> None:
    """2,000 random orders, a look after each case; three standard errors above the level is the alarm."""
    rng, runs, error = random.Random(11), 2000, 0.1
    population = [1] * correct + [0] * (total - correct)
    missed = 0
    for _ in range(runs):
        rng.shuffle(population)
        hits = 0
        for seen, hit in enumerate(population, 1):
            hits += hit
            low, high = plausible_totals(hits, seen, total, error)
            if not low <= correct <= high:
                missed += 1
                break
    assert missed <= runs * error + 3 * math.sqrt(runs * error * (1 - error))
    # And it is no empty promise: a level that never errs would only wait.
    assert missed > 0
