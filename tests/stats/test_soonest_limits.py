"""Limits that reject soonest: none with so small an error need fewer outcomes, and the error is kept."""

from __future__ import annotations

from itertools import product

import pytest

from kit.orders import outcomes_and_error
from pytest_reasoning.stats.soonest_limits import FEWER, soonest_limits

TOTAL, LEAST = 6, 4
AWAY = [max(1, round(share * TOTAL)) for share in FEWER]


def followed(few: tuple[int, ...], number: int) -> tuple[float, float]:
    """Return the mean number of outcomes and the chance of a rejection, if `number` are correct."""
    return outcomes_and_error(lambda correct, seen: correct <= few[seen], number, len(few) - 1, 1.0)


@pytest.mark.parametrize("error", [0.1, 0.3, 0.6])
def test_no_limits_with_so_small_an_error_need_fewer_outcomes(error: float) -> None:
    """Go through all limits for 6 outcomes; the result is 1, 1 and 2 fewer, which are the weights too."""

    def cost_and_error(few: tuple[int, ...]) -> tuple[float, float]:
        needed = sum(away * followed(few, LEAST - away)[0] for away in AWAY)
        return needed, followed(few, LEAST)[1]

    best, used = cost_and_error(soonest_limits(LEAST, TOTAL, error))
    assert used <= error
    for others in product(*(range(-1, min(seen, LEAST)) for seen in range(1, TOTAL))):
        cost, wrong = cost_and_error((-1, *others, LEAST - 1))
        assert cost >= best - 1e-9 or wrong > used


@pytest.mark.parametrize("total", [999, 1000])
@pytest.mark.parametrize(("share", "error"), [(0.8, 0.05), (0.5, 1e-9), (1.0, 0.3)])
def test_large_totals_keep_the_error(total: int, share: float, error: float) -> None:
    least = round(share * total)
    few = soonest_limits(least, total, error)
    assert len(few) == total + 1
    assert few[0] == -1
    assert few[total] == least - 1
    _, used = followed(few, least)
    assert used <= error * (1 + 1e-9)
    assert used > 0.9 * error or share == 1


@pytest.mark.parametrize("error", [1e-300, 1e-17, 1 - 1e-9])
def test_any_error_level_is_kept(error: float) -> None:
    """At the smallest, only the impossible is rejected: no possible order is as rare."""
    few = soonest_limits(80, 100, error)
    needed, used = followed(few, 80)
    assert used <= error
    if error == 1e-300:
        assert few == tuple(max(-1, seen - 21) for seen in range(101))
        assert needed == pytest.approx(100)
