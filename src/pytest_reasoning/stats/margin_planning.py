"""Sample size planning for the non-inferiority test: how many cases show that a model is within a margin."""

from __future__ import annotations

import math
from functools import lru_cache

from pytest_reasoning.stats.bounded_means import counted_p_value
from pytest_reasoning.stats.intervals import normal_quantile

MOST_EXACT = 1_000
"Number of cases above which the normal approximation is used instead of the exact power."


def margin_power(pairs: int, margin: float, lost: float, gained: float, alpha: float = 0.05) -> float:
    """Return the exact power of `margin_p_values`: how often it shows that a model is within the margin.

    Args:
        pairs: cases in both runs, with one sample each.
        margin: the largest acceptable drop of the pass rate, 0..1 exclusive.
        lost: probability that a case is correct before and wrong now, 0..1; the true drop is lost - gained.
        gained: probability of the opposite flip, 0..1.
        alpha: one-sided false alarm rate.
    """
    import numpy as np
    from scipy.stats import binom

    of_gained = binom.pmf(np.arange(pairs + 1), pairs, gained)
    power, most = 0.0, -1
    for up in np.flatnonzero(of_gained > 1e-9):
        # one more gain never lowers the number of tolerable losses, so the search can start at the last limit
        while most < pairs - up and _within(pairs, margin, most + 1, int(up)) <= alpha:
            most += 1
        if most >= 0:
            power += float(of_gained[up] * binom.cdf(most, pairs - up, min(1.0, lost / (1 - gained))))
    return power


@lru_cache(maxsize=4096)
def cases_to_show_margin(
    margin: float, lost: float = 0.0, gained: float = 0.0, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return the number of cases that show, with probability `power`, that a model is within the margin.

    The power of an exact test is not monotonic: the returned number has it, and one case fewer does not. None if
    the model is not within the margin, or so close to it that no feasible number suffices.

    Args:
        margin: as for `margin_power`.
        lost: as for `margin_power`; equal to `gained` for a model that did not change.
        gained: as for `margin_power`.
        power: the wanted power, 0..1.
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
    """Return the approximate number of cases that show that changes are within the margin (normal approximation).

    It is for cases with repeats or several strategies, whose changes are fractions. It is at least the number that
    the test needs if nothing changes at all. None if it is above a million.

    Args:
        margin: as for `margin_power`.
        mean: mean change, -1..1; 0 for a model that did not change.
        square: mean squared change, 0..1.
        power: as for `cases_to_show_margin`.
        alpha: as for `margin_power`.
    """
    apart = margin + mean
    if apart <= 0:
        return None
    sure, seen = normal_quantile(1 - alpha), normal_quantile(power)
    spread = math.sqrt(max(0.0, square - mean * mean))
    worst = 1 - margin
    # The test adds one lost case, which shifts the mean and increases the spread.
    root = (sure + seen) * spread
    cases = ((root + math.sqrt(root * root + 4 * apart * worst)) / (2 * apart)) ** 2
    least = math.log(alpha) / math.log(1 - margin)
    return None if cases > 1_000_000 else math.ceil(max(cases, least))


@lru_cache(maxsize=65536)
def _within(pairs: int, margin: float, lost: int, gained: int) -> float:
    return counted_p_value({-1.0: lost, 0.0: pairs - lost - gained, 1.0: gained}, -margin)
