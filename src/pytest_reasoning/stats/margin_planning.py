"""How many cases show that a model is within a margin: the exact power of the test that judges it."""

from __future__ import annotations

import math
from functools import lru_cache

from pytest_reasoning.stats.bounded_means import counted_p_value
from pytest_reasoning.stats.intervals import normal_quantile

MOST_EXACT = 1_000
"Cases above which the number needed is the normal approximation."


def margin_power(pairs: int, margin: float, lost: float, gained: float, alpha: float = 0.05) -> float:
    """Return how often `margin_p_values` finds a model within the margin; exact, by summing over all tables.

    Args:
        pairs: cases in both runs, with one sample each.
        margin: the largest drop that does not matter, 0..1 exclusive.
        lost: chance of a case to be right before and wrong now, 0..1; the true drop is lost - gained.
        gained: chance of the opposite flip, 0..1.
        alpha: one-sided false alarm rate.
    """
    import numpy as np
    from scipy.stats import binom

    of_gained = binom.pmf(np.arange(pairs + 1), pairs, gained)
    power, most = 0.0, -1
    for up in np.flatnonzero(of_gained > 1e-9):
        # a further gain never makes fewer losses tolerable, so the limit only ever moves up
        while most < pairs - up and _within(pairs, margin, most + 1, int(up)) <= alpha:
            most += 1
        if most >= 0:
            power += float(of_gained[up] * binom.cdf(most, pairs - up, min(1.0, lost / (1 - gained))))
    return power


@lru_cache(maxsize=4096)
def cases_to_show_margin(
    margin: float, lost: float = 0.0, gained: float = 0.0, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return how many cases show a model that flips as said to be within the margin in the share `power` of runs.

    The power of an exact test is a saw-tooth: the answer has it and one case fewer has not. None where the model
    is not within the margin, or not visibly so.

    Args:
        margin: as for `margin_power`.
        lost: as for `margin_power`; equal to `gained` for a model that did not change.
        gained: as for `margin_power`.
        power: wanted share of runs, 0..1.
        alpha: as for `margin_power`.
    """
    start = changes_to_show_margin(margin, gained - lost, lost + gained, power, alpha)
    if start is None or start > MOST_EXACT:
        return start

    def shown(cases: int) -> bool:
        return margin_power(cases, margin, lost, gained, alpha) >= power

    low, high = start // 2, start
    while not shown(high):
        low, high = high, high + max(1, high // 8)
    while high - low > 1:
        middle = (low + high) // 2
        if shown(middle):
            high = middle
        else:
            low = middle
    return high


def changes_to_show_margin(
    margin: float, mean: float, square: float, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return about how many cases show changes of any size to be within the margin: by normal approximation.

    For cases with repeats or several strategies, whose changes are fractions. At least as many as the test needs
    where nothing changes at all. None where there is no such number below a million.

    Args:
        margin: as for `margin_power`.
        mean: of the change, -1..1; 0 for a model that did not change.
        square: mean of the squared change, 0..1.
        power: as for `cases_to_show_margin`.
        alpha: as for `margin_power`.
    """
    apart = margin + mean
    if apart <= 0:
        return None
    sure, seen = normal_quantile(1 - alpha), normal_quantile(power)
    spread = math.sqrt(max(0.0, square - mean * mean))
    worst = 1 - margin
    # The test imagines one more case, lost: it shifts the mean and adds to the spread.
    root = (sure + seen) * spread
    cases = ((root + math.sqrt(root * root + 4 * apart * worst)) / (2 * apart)) ** 2
    least = math.log(alpha) / math.log(1 - margin)
    return None if cases > 1_000_000 else math.ceil(max(cases, least))


@lru_cache(maxsize=65536)
def _within(pairs: int, margin: float, lost: int, gained: int) -> float:
    return counted_p_value({-1.0: lost, 0.0: pairs - lost - gained, 1.0: gained}, -margin)
